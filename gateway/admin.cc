#include "gateway/admin.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "openssl/crypto.h"

namespace headgate::gateway {
namespace {

namespace http = boost::beast::http;

using Timer = asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor>;

constexpr std::chrono::seconds kIdle(30);
constexpr std::chrono::milliseconds kAcceptPause(100);

bool SameText(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view View(boost::beast::string_view text) { return {text.data(), text.size()}; }

}  // namespace

Admin::Admin(asio::io_context& io, const Snapshot& snapshot, const Exposition& exposition,
             std::function<bool()> ready)
    : io_(io),
      snapshot_(snapshot),
      exposition_(exposition),
      ready_(std::move(ready)),
      acceptor_(io) {}

absl::Status Admin::Listen(const config::Endpoint& at) {
  error_code error;
  const asio::ip::address address = asio::ip::make_address(at.host, error);
  const asio::ip::tcp::endpoint endpoint(address, at.port);
  if (!error) acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(64, error);
  if (error) {
    return absl::UnavailableError(absl::StrCat("server.admin: cannot listen on ", at.host, ":",
                                               at.port, ": ", error.message(),
                                               "; choose a free port or stop what uses it"));
  }
  local_port_ = acceptor_.local_endpoint().port();
  return absl::OkStatus();
}

void Admin::Start() { asio::co_spawn(io_, AcceptLoop(), asio::detached); }

void Admin::Close() {
  error_code ignored;
  acceptor_.close(ignored);
}

Awaitable<void> Admin::AcceptLoop() {
  for (;;) {
    auto [error, socket] = co_await acceptor_.async_accept(kAwait);
    if (error == asio::error::operation_aborted || !acceptor_.is_open()) co_return;
    if (error) {
      // Out of descriptors, usually: asking again at once would burn the thread.
      Timer pause(io_, kAcceptPause);
      co_await pause.async_wait(kAwait);
      continue;
    }
    asio::co_spawn(io_, Serve(TcpSocket(std::move(socket))), asio::detached);
  }
}

Awaitable<void> Admin::Serve(TcpSocket socket) {
  error_code error;
  socket.set_option(asio::ip::tcp::no_delay(true), error);
  const auto peer = socket.remote_endpoint(error);
  const bool loopback = !error && peer.address().is_loopback() &&
                        acceptor_.local_endpoint(error).address().is_loopback();
  boost::beast::flat_buffer buffer(64u << 10);
  Timer idle(io_);
  for (bool keep = !error; keep;) {
    // The parser itself is read into: the overload for messages ignores the body limit.
    http::request_parser<http::string_body> parser;
    parser.header_limit(16u << 10);
    parser.body_limit(64u << 10);
    idle.expires_after(kIdle);
    idle.async_wait([&socket](const error_code& aborted) {
      error_code ignored;
      if (!aborted) socket.close(ignored);
    });
    auto [read_error, size] = co_await http::async_read(socket, buffer, parser, kAwait);
    if (read_error) break;
    const auto& request = parser.get();
    Answer answer = Handle(View(request.method_string()), View(request.target()),
                           View(request[http::field::authorization]), loopback);
    http::response<http::string_body> response(
        http::int_to_status(static_cast<unsigned>(answer.status)), request.version());
    response.set(http::field::content_type, answer.content_type);
    response.set(http::field::cache_control, "no-store");
    response.keep_alive(request.keep_alive());
    if (request.method() != http::verb::head) response.body() = std::move(answer.body);
    response.prepare_payload();
    keep = response.keep_alive();
    auto [write_error, written] = co_await http::async_write(socket, response, kAwait);
    if (write_error) break;
  }
  idle.cancel();
  socket.close(error);
}

Admin::Answer Admin::Handle(std::string_view method, std::string_view target,
                            std::string_view authorization, bool loopback) const {
  const std::string_view path = target.substr(0, target.find('?'));
  const bool known =
      path == "/metrics" || path == "/healthz" || path == "/readyz" || path == "/status";
  if (!known) {
    return {404, "application/json",
            R"({"error":"there is GET /metrics, /healthz, /readyz and /status here"})"};
  }
  if (method != "GET" && method != "HEAD") {
    return {405, "application/json", R"({"error":"only GET and HEAD are answered here"})"};
  }
  if (path == "/metrics")
    return {200, "text/plain; version=0.0.4; charset=utf-8", exposition_.Text()};
  if (path == "/healthz") return {200, "application/json", R"({"status":"alive"})"};
  if (path == "/readyz") {
    return ready_() ? Answer{200, "application/json", R"({"status":"ready"})"}
                    : Answer{503, "application/json", R"({"status":"draining"})"};
  }
  const std::string& token = snapshot_.config.server.admin_token.Reveal();
  if (!loopback && (token.empty() || !SameText(authorization, "Bearer " + token))) {
    return {401, "application/json",
            R"({"error":"send Authorization: Bearer with the server.admin_token"})"};
  }
  const auto uptime =
      std::chrono::duration_cast<std::chrono::seconds>(SteadyClock::now() - started_);
  return {200, "application/json", StatusJson(snapshot_, ready_(), uptime)};
}

}  // namespace headgate::gateway

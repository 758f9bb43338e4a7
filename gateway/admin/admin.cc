#include "gateway/admin/admin.h"

#include <algorithm>
#include <array>
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
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "backends/net/media_type.h"
#include "gateway/http/page_guard.h"
#include "openssl/crypto.h"

namespace headgate::gateway {
namespace {

namespace http = boost::beast::http;
using Timer = asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor>;

constexpr std::chrono::seconds kIdle(30);
constexpr std::chrono::milliseconds kAcceptPause(100);
// How long a client whose body is refused may go on sending.
constexpr std::chrono::seconds kLinger(2);
// Of endpoints that make nothing of a body.
constexpr std::size_t kLongestBody = 64u << 10;
// A request to be explained. It is held in memory before anybody's token has been looked at.
constexpr std::size_t kLongestQuestion = 4u << 20;

bool SameText(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view View(boost::beast::string_view text) { return {text.data(), text.size()}; }

std::string_view PathOf(std::string_view target) { return target.substr(0, target.find('?')); }

void CloseAfter(std::chrono::seconds time, TcpSocket& socket, Timer& timer) {
  timer.expires_after(time);
  timer.async_wait([&socket](const error_code& aborted) {
    error_code ignored;
    if (!aborted) socket.close(ignored);
  });
}

// Reads what a refused client still sends, until it has gone or its time is over.
Awaitable<void> Discard(TcpSocket& socket, Timer& timer) {
  error_code error;
  socket.shutdown(asio::socket_base::shutdown_send, error);
  CloseAfter(kLinger, socket, timer);
  while (!error) {
    std::array<char, 4096> discarded;
    auto [read_error, size] = co_await socket.async_read_some(asio::buffer(discarded), kAwait);
    error = read_error;
  }
}

Admin::Answer Error(int status, std::string_view message) {
  return {status,
          "application/json",
          boost::json::serialize(boost::json::object{{"error", message}}),
          {}};
}

}  // namespace

Admin::Admin(asio::io_context& io, const Reloader& reloader, const Exposition& exposition,
             const LiveExplain& explain, std::function<bool()> ready,
             std::function<Reloader::Outcome()> reload)
    : io_(io),
      reloader_(reloader),
      exposition_(exposition),
      explain_(explain),
      ready_(std::move(ready)),
      reload_(std::move(reload)),
      acceptor_(io) {}

absl::Status Admin::Listen(const config::ListenAddress& at) {
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
    // The parser itself is read into: the overload for messages ignores the body limit. The limit
    // is the endpoint's, which the head names; of an announced body it has to be checked here.
    http::request_parser<http::string_body> parser;
    parser.header_limit(16u << 10);
    parser.body_limit(boost::none);
    CloseAfter(kIdle, socket, idle);
    auto [head_error, head_size] = co_await http::async_read_header(socket, buffer, parser, kAwait);
    if (head_error) break;
    const auto& request = parser.get();
    const std::string_view target = View(request.target());
    const Endpoint* const endpoint = Find(View(request.method_string()), PathOf(target));
    const std::size_t most = endpoint != nullptr ? endpoint->most_body : kLongestBody;
    parser.body_limit(most);
    bool too_large = parser.content_length().value_or(0) > most;
    if (!too_large) {
      auto [read_error, size] = co_await http::async_read(socket, buffer, parser, kAwait);
      too_large = read_error == http::error::body_limit;
      if (read_error && !too_large) break;
    }
    const Request asked{.method = View(request.method_string()),
                        .target = target,
                        .host = View(request[http::field::host]),
                        .content_type = View(request[http::field::content_type]),
                        .authorization = View(request[http::field::authorization]),
                        .body = request.body(),
                        .local_address = socket.local_endpoint(error).address().to_string(),
                        .loopback = loopback};
    Answer answer = too_large ? Error(413, "the body is too large") : Handle(asked);
    http::response<http::string_body> response(
        http::int_to_status(static_cast<unsigned>(answer.status)), request.version());
    response.set(http::field::content_type, answer.content_type);
    response.set(http::field::cache_control, "no-store");
    if (!answer.allow.empty()) response.set(http::field::allow, answer.allow);
    response.keep_alive(request.keep_alive() && !too_large);
    // HEAD is told the length of what GET would get.
    response.content_length(answer.body.size());
    if (request.method() != http::verb::head) response.body() = std::move(answer.body);
    keep = response.keep_alive();
    auto [write_error, written] = co_await http::async_write(socket, response, kAwait);
    if (write_error) break;
    if (too_large) {
      // Closing on what still comes would reset the connection and take the answer with it.
      co_await Discard(socket, idle);
    }
  }
  idle.cancel();
  socket.close(error);
}

const Admin::Endpoint* Admin::Find(std::string_view method, std::string_view path) {
  static constexpr std::array kTable = {
      Endpoint{"GET", "/metrics", true, kLongestBody, &Admin::Metrics},
      Endpoint{"GET", "/healthz", true, kLongestBody, &Admin::Alive},
      Endpoint{"GET", "/readyz", true, kLongestBody, &Admin::Ready},
      Endpoint{"GET", "/status", false, kLongestBody, &Admin::Status},
      Endpoint{"POST", "/reload", false, kLongestBody, &Admin::Reload},
      Endpoint{"POST", "/explain", false, kLongestQuestion, &Admin::Explain},
  };
  if (method == "HEAD") method = "GET";
  const auto found = std::find_if(kTable.begin(), kTable.end(), [&](const Endpoint& endpoint) {
    return endpoint.path == path && (method.empty() || endpoint.method == method);
  });
  return found == kTable.end() ? nullptr : &*found;
}

Admin::Answer Admin::Handle(const Request& request) const {
  const std::string_view path = PathOf(request.target);
  const Endpoint* const endpoint = Find(request.method, path);
  if (endpoint == nullptr) {
    const Endpoint* const other = Find({}, path);
    if (other == nullptr) {
      return Error(404,
                   "there is GET /metrics, /healthz, /readyz and /status here, and POST /reload "
                   "and /explain");
    }
    Answer answer = Error(405, "this is for " + std::string(other->method));
    answer.allow = other->method == "GET" ? "GET, HEAD" : other->method;
    return answer;
  }
  if (std::optional<Answer> refusal = Refusal(*endpoint, request)) return *std::move(refusal);
  return (this->*endpoint->answer)(request);
}

std::optional<Admin::Answer> Admin::Refusal(const Endpoint& endpoint,
                                            const Request& request) const {
  const std::string& token = reloader_.snapshot()->config->server.admin_token.Reveal();
  if (!endpoint.open && !request.loopback &&
      (token.empty() || !SameText(request.authorization, "Bearer " + token))) {
    return Error(401, "send Authorization: Bearer with the server.admin_token");
  }
  if (endpoint.open) return std::nullopt;
  const bool post = endpoint.method == "POST";
  const config::Server& server = reloader_.snapshot()->config->server;
  // A browser always sends a Host, and the name that an attacker points at 127.0.0.1 stays in it.
  const bool no_page = !post && request.host.empty();
  if (!no_page && !IsOurHost(request.host, server.admin_hosts, request.local_address)) {
    return Error(403,
                 "this Host is not one of ours; use the admin port's own address, or add the name "
                 "to server.admin_hosts");
  }
  if (post && !backends::IsMediaType(request.content_type, "application/json")) {
    return Error(415, "send Content-Type: application/json");
  }
  return std::nullopt;
}

Admin::Answer Admin::Explain(const Request& request) const {
  LiveExplain::Answer answer = explain_.Explain(request.body);
  return {answer.status, "application/json", std::move(answer.body), {}};
}

Admin::Answer Admin::Metrics(const Request&) const {
  return {200, "text/plain; version=0.0.4; charset=utf-8", exposition_.Text(), {}};
}

Admin::Answer Admin::Alive(const Request&) const {
  return {200, "application/json", R"({"status":"alive"})", {}};
}

Admin::Answer Admin::Ready(const Request&) const {
  if (ready_()) return {200, "application/json", R"({"status":"ready"})", {}};
  return {503, "application/json", R"({"status":"draining"})", {}};
}

Admin::Answer Admin::Status(const Request&) const {
  const auto uptime =
      std::chrono::duration_cast<std::chrono::seconds>(SteadyClock::now() - started_);
  return {200, "application/json", StatusJson(reloader_, ready_(), uptime), {}};
}

Admin::Answer Admin::Reload(const Request&) const {
  const Reloader::Outcome outcome = reload_();
  boost::json::object json{{"reloaded", outcome.successful}, {"generation", outcome.generation}};
  if (!outcome.successful) json["diagnostics"] = DiagnosticsJson(outcome.diagnostics);
  return {outcome.successful ? 200 : 422, "application/json", boost::json::serialize(json), {}};
}

}  // namespace headgate::gateway

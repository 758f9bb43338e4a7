#include "gateway/admin/server.h"

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/admin/guard.h"

namespace headgate::gateway {
namespace {

namespace http = boost::beast::http;
using Timer = asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor>;

constexpr std::chrono::seconds kIdle(30);
constexpr std::chrono::milliseconds kAcceptPause(100);
// How long a client whose body is refused may continue to send.
constexpr std::chrono::seconds kAdminLinger(2);
constexpr std::size_t kLongestHead = 16u << 10;

std::string_view View(boost::beast::string_view text) { return {text.data(), text.size()}; }

}  // namespace

// Shared with the timer's handler, which may be on its way when the connection ends.
struct AdminServer::Connection : std::enable_shared_from_this<Connection> {
  explicit Connection(TcpSocket accepted)
      : socket(std::move(accepted)), idle(socket.get_executor()), buffer(64u << 10) {}

  void CloseAfter(std::chrono::seconds time) {
    idle.expires_after(time);
    idle.async_wait([self = shared_from_this()](const error_code& aborted) {
      if (!aborted) self->Close();
    });
  }
  void Close() {
    error_code ignored;
    socket.close(ignored);
  }

  TcpSocket socket;
  Timer idle;
  boost::beast::flat_buffer buffer;
  std::string local_address;
  bool loopback = false;  // both ends
};

// One request. Reads into the parser itself, because the overload for messages ignores the body
// limit.
struct AdminServer::Asked {
  http::request_parser<http::string_body> parser;
  bool too_large = false;  // and its body unread
};

AdminServer::AdminServer(asio::io_context& io, const Reloader& reloader, AdminEndpoints endpoints)
    : io_(io), reloader_(reloader), endpoints_(std::move(endpoints)), acceptor_(io) {}

absl::Status AdminServer::Listen(const config::ListenAddress& at) {
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

void AdminServer::Start() { asio::co_spawn(io_, AcceptLoop(), asio::detached); }

Awaitable<void> AdminServer::AcceptLoop() {
  for (;;) {
    auto [error, socket] = co_await acceptor_.async_accept(kAwait);
    if (error == asio::error::operation_aborted || !acceptor_.is_open()) co_return;
    if (error) {
      // Usually the process is out of descriptors: trying again at once would keep the thread busy.
      Timer pause(io_, kAcceptPause);
      co_await pause.async_wait(kAwait);
      continue;
    }
    asio::co_spawn(io_, Serve(TcpSocket(std::move(socket))), asio::detached);
  }
}

Awaitable<void> AdminServer::Serve(TcpSocket socket) {
  error_code error;
  const auto shared = std::make_shared<Connection>(std::move(socket));
  Connection& connection = *shared;
  connection.socket.set_option(asio::ip::tcp::no_delay(true), error);
  const auto peer = connection.socket.remote_endpoint(error);
  connection.loopback = !error && peer.address().is_loopback() &&
                        acceptor_.local_endpoint(error).address().is_loopback();
  error_code ignored;
  connection.local_address = connection.socket.local_endpoint(ignored).address().to_string();
  for (bool keep = !error; keep;) {
    Asked asked;
    const bool whole = co_await Read(connection, asked);
    if (!whole) break;
    const Response response = ResponseTo(asked, Answer(connection, asked));
    keep = response.keep_alive();
    auto [write_error, written] = co_await http::async_write(connection.socket, response, kAwait);
    if (write_error) break;
    if (asked.too_large) {
      // Closing while bytes still come would reset the connection, and the answer would be lost.
      co_await Discard(connection);
    }
  }
  connection.idle.cancel();
  connection.Close();
}

// Reads what a refused client still sends, until the client has gone or its time is over.
Awaitable<void> AdminServer::Discard(Connection& connection) {
  error_code error;
  connection.socket.shutdown(asio::socket_base::shutdown_send, error);
  connection.CloseAfter(kAdminLinger);
  while (!error) {
    std::array<char, 4096> discarded;
    auto [read_error, size] =
        co_await connection.socket.async_read_some(asio::buffer(discarded), kAwait);
    error = read_error;
  }
}

// Returns false if the connection cannot be used any more. The limit of a body is the endpoint's,
// which the head names. The length of an announced body has to be checked here.
Awaitable<bool> AdminServer::Read(Connection& connection, Asked& asked) const {
  auto& parser = asked.parser;
  parser.header_limit(kLongestHead);
  parser.body_limit(boost::none);
  connection.CloseAfter(kIdle);
  auto [head_error, head_size] =
      co_await http::async_read_header(connection.socket, connection.buffer, parser, kAwait);
  if (head_error) co_return false;
  const AdminRequest head{.method = View(parser.get().method_string()),
                          .target = View(parser.get().target())};
  const AdminEndpoint* const endpoint = endpoints_.Find(head.method, head.path());
  const std::size_t most = endpoint != nullptr ? endpoint->most_body : kLongestAdminBody;
  parser.body_limit(most);
  asked.too_large = parser.content_length().value_or(0) > most;
  if (asked.too_large) co_return true;
  auto [body_error, body_size] =
      co_await http::async_read(connection.socket, connection.buffer, parser, kAwait);
  asked.too_large = body_error == http::error::body_limit;
  co_return !body_error || asked.too_large;
}

AdminAnswer AdminServer::Answer(const Connection& connection, const Asked& asked) const {
  if (asked.too_large) return AdminError(413, "the body is too large");
  const auto& message = asked.parser.get();
  const AdminRequest request{.method = View(message.method_string()),
                             .target = View(message.target()),
                             .host = View(message[http::field::host]),
                             .content_type = View(message[http::field::content_type]),
                             .authorization = View(message[http::field::authorization]),
                             .body = message.body()};
  const config::Server& server = reloader_.snapshot()->config->server;
  AdminVerdict verdict = Admit(endpoints_, request,
                               {.loopback = connection.loopback,
                                .address = connection.local_address,
                                .token = server.admin_token.Reveal(),
                                .hosts = server.admin_hosts});
  if (verdict.endpoint == nullptr) return std::move(verdict.refusal);
  return verdict.endpoint->answer(request);
}

AdminServer::Response AdminServer::ResponseTo(const Asked& asked, AdminAnswer answer) {
  const auto& request = asked.parser.get();
  Response response(http::int_to_status(static_cast<unsigned>(answer.status)), request.version());
  response.set(http::field::content_type, answer.content_type);
  response.set(http::field::cache_control, "no-store");
  if (!answer.allow.empty()) response.set(http::field::allow, answer.allow);
  response.keep_alive(request.keep_alive() && !asked.too_large);
  // HEAD gets the length of the answer to GET.
  response.content_length(answer.body.size());
  if (request.method() != http::verb::head) response.body() = std::move(answer.body);
  return response;
}

}  // namespace headgate::gateway

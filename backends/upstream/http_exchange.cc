#include "backends/upstream/http_exchange.h"

#include <algorithm>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/http/error.hpp>
#include <utility>

#include "absl/strings/str_cat.h"

namespace headgate::backends {
namespace {

namespace http = boost::beast::http;

bool IsLost(const error_code& error) {
  return error == asio::error::eof || error == asio::error::connection_reset ||
         error == asio::error::broken_pipe || error == http::error::end_of_stream ||
         error == http::error::partial_message || error == asio::error::not_connected ||
         error == asio::ssl::error::stream_truncated;  // TLS that ends without close_notify
}

}  // namespace

HttpExchange::HttpExchange(Executor executor, ConnectionPool& pool, const ExchangePlace& place)
    : executor_(std::move(executor)),
      pool_(pool),
      upstream_(place.upstream),
      replica_(place.replica),
      replica_number_(place.replica_number),
      timeouts_(place.timeouts),
      deadline_(place.deadline),
      upload_(executor_) {}

HttpExchange::~HttpExchange() = default;

Awaitable<bool> HttpExchange::Start(std::span<const asio::const_buffer> request, bool streamed) {
  for (bool may_reuse = true;; may_reuse = false) {
    if (may_reuse) connection_ = pool_.Take(replica_number_);
    reused_ = connection_ != nullptr;
    if (!reused_) {
      const bool connected = co_await Connect();
      if (!connected) co_return false;
    }
    if (streamed) {
      AwaitFirstToken(SteadyClock::now());
    } else {
      AwaitFirstByte(SteadyClock::now());
    }
    const error_code error = co_await Ask(request);
    if (!streamed && !aborted_) limit_ = TimePoint::max();
    const bool stray = IsStray(error);
    if (!error && !stray) co_return true;
    const bool lost = IsLost(error);
    if (reused_ && !aborted_ && (stray || (lost && !received_))) {
      // Closes with a reset: the backend must not serve what the kernel still holds of the request.
      connection_->stream.Reset();
      connection_.reset();
      sent_ = received_ = false;
      continue;
    }
    // A server that does not speak HTTP, or not as we do, will not change a moment later.
    error_.will_repeat =
        error.category() == http::make_error_code(http::error::bad_version).category() && !lost;
    co_return Fail(lost && !received_ ? AttemptResult::kReset : AttemptResult::kMalformed,
                   lost ? "the connection was closed before an answer came" : error.message());
  }
}

Awaitable<error_code> HttpExchange::Ask(std::span<const asio::const_buffer> request) {
  parser_.emplace();
  parser_->eager(false);
  early_ = false;
  large_ = asio::buffer_size(request) > Stream::kRecord;
  error_code error;
  const bool is_small_tls = !BeginToSend(request, error) && !error;
  if (is_small_tls) {
    error = co_await connection_->stream.WriteGathered(request);
  }
  if (aborted_) co_return asio::error::operation_aborted;
  const bool uploading = !upload_.is_done();
  sent_ = !error && !uploading;
  // An early error answer may be behind a failed write, so it is read.
  const error_code read_error = co_await ReadHead();
  if (uploading) {
    const bool stop = read_error || IsRefusal() || IsStray(read_error);
    if (stop) upload_.Stop();
    const error_code upload_error = co_await upload_.End();
    sent_ = !upload_error;
    if (upload_error != asio::error::operation_aborted) error = upload_error;
  }
  if (aborted_) co_return asio::error::operation_aborted;
  if (read_error && error && IsLost(read_error)) co_return error;
  co_return read_error;
}

bool HttpExchange::BeginToSend(std::span<const asio::const_buffer> request, error_code& error) {
  Stream& stream = connection_->stream;
  if (stream.is_tls() && !large_) return false;
  const std::size_t written = stream.TryWrite(request, error);
  if (error) return false;
  if (written < asio::buffer_size(request)) upload_.Begin(stream, request, written);
  return true;
}

// On a reused connection this is one system call per request, because bytes that were on their way
// when the request was written would look like its answer. On a new connection there cannot be such
// bytes, so the call is avoided for a request that fits into the first packets.
bool HttpExchange::IsUnsent() {
  if (!upload_.is_done()) return true;
  return (reused_ || large_) && connection_->stream.Unacknowledged() > 0;
}

// An answer that began before the request had left comes from a peer that had not read the request.
// Only a refusal of a large request can come so early. Servers send 408 on connections that are
// idle for too long, and it asks for the request again.
bool HttpExchange::IsStray(const error_code& error) const {
  if (!reused_ || !early_ || aborted_) return false;
  return error || !large_ || !IsRefusal() || parser_->head().status == 408;
}

Awaitable<bool> HttpExchange::Connect() {
  const Replica& replica = upstream_.replicas()[replica_];
  SetLimit(SteadyClock::now(), timeouts_.connect, AttemptResult::kConnectFailed);
  const bool connected = co_await ConnectSocket(replica);
  if (!connected) co_return false;
  if (replica.proxy) {
    const bool passed = co_await PassProxy(replica);
    if (!passed) co_return false;
  }
  if (replica.tls) {
    const error_code tls_error = co_await connection_->stream.HandshakeAsClient(
        *replica.tls, replica.host, pool_.TlsSession(replica_number_));
    if (tls_error || aborted_) {
      co_return Fail(AttemptResult::kTlsFailed,
                     connection_->stream.ExplainHandshake(tls_error, replica.host));
    }
  }
  co_return true;
}

Awaitable<bool> HttpExchange::ConnectSocket(const Replica& replica) {
  const ProxyAddress* const proxy = replica.proxy.get();
  const std::string& host = proxy != nullptr ? proxy->host : replica.host;
  const std::uint16_t port = proxy != nullptr ? proxy->port : replica.port;
  const Endpoints addresses = co_await Resolve(host, port);
  if (addresses.empty()) {
    co_return Fail(AttemptResult::kConnectFailed, proxy != nullptr
                                                      ? "the name of its proxy cannot be resolved"
                                                      : "its name cannot be resolved");
  }
  connection_ = std::make_unique<Connection>(TcpSocket(executor_));
  connector_ = std::make_unique<Connector>(executor_);
  const auto left = std::chrono::floor<std::chrono::milliseconds>(limit_ - SteadyClock::now());
  error_code error = co_await connector_->Connect(addresses, left, connection_->stream.socket());
  connector_.reset();
  if (!error && !aborted_) error = connection_->stream.Configure();
  if (!error && !aborted_) co_return true;
  co_return FailToConnect(replica, absl::StrCat(": ", error.message()));
}

Awaitable<bool> HttpExchange::PassProxy(const Replica& replica) {
  const std::string request = ConnectRequest(replica.host, replica.port, *replica.proxy);
  const TunnelResult tunnel = co_await OpenTunnel(connection_->stream, request);
  if (tunnel.open && !aborted_) co_return true;
  // A proxy that refuses does so again.
  error_.will_repeat = tunnel.status != 0;
  co_return FailToConnect(replica, absl::StrCat(" ", tunnel.reason));
}

// `what`: behind the name of a proxy. If the time for it has run out, that is what happened.
bool HttpExchange::FailToConnect(const Replica& replica, std::string what) {
  const bool late = aborted_ == AttemptResult::kConnectFailed;
  if (late) what = absl::StrCat(": nothing for ", timeouts_.connect.count(), " ms");
  if (late || !aborted_) {
    error_.detail = replica.proxy != nullptr ? absl::StrCat("the proxy ", replica.proxy->name, what)
                                             : what.substr(what.find_first_not_of(": "));
  }
  error_.result = aborted_.value_or(AttemptResult::kConnectFailed);
  connection_.reset();
  return false;
}

Awaitable<Endpoints> HttpExchange::Resolve(const std::string& host, std::uint16_t port) {
  Endpoints addresses;
  error_code error;
  const asio::ip::address literal = asio::ip::make_address(host, error);
  if (!error) {
    addresses.emplace_back(literal, port);
    co_return addresses;
  }
  resolver_ = std::make_unique<TcpResolver>(executor_);
  auto [resolve_error, results] =
      co_await resolver_->async_resolve(host, absl::StrCat(port), kAwait);
  resolver_.reset();
  if (resolve_error || aborted_) co_return addresses;
  for (const auto& result : results) addresses.push_back(result.endpoint());
  co_return InterleaveFamilies(addresses);
}

Awaitable<error_code> HttpExchange::ReadHead() {
  for (;;) {
    while (!parser_->is_header_done()) {
      if (const error_code error = co_await ReadOnce()) co_return error;
    }
    const int status = parser_->head().status;
    if (status >= 200) co_return error_code{};
    // Interim answers (100, 103) are not for the client: the gateway has sent its own 100.
    parser_.emplace();
    parser_->eager(false);
    if (const error_code error = Parse()) co_return error;
  }
}

Awaitable<bool> HttpExchange::ReadMore() {
  const error_code error = co_await ReadOnce();
  if (!error && !aborted_) co_return true;
  co_return Fail(IsLost(error) ? AttemptResult::kCut : AttemptResult::kMalformed,
                 IsLost(error) ? "the answer broke off" : error.message());
}

Awaitable<error_code> HttpExchange::ReadOnce() {
  Connection& c = *connection_;
  c.MakeRoom();
  auto [error, size] =
      co_await c.stream.ReadSome(asio::buffer(c.buffer.get() + c.end, c.capacity - c.end));
  if (aborted_) co_return asio::error::operation_aborted;
  if (error == asio::error::eof && parser_->is_header_done() && !parser_->is_done()) {
    error_code end;
    parser_->put_eof(end);  // an answer framed by the end of the connection is now whole
    co_return end;
  }
  if (error) co_return error;
  received_ = true;
  if (!parser_->got_some()) early_ = IsUnsent();
  c.end += size;
  co_return Parse();
}

error_code HttpExchange::Parse() {
  Connection& c = *connection_;
  error_code error;
  while (c.begin < c.end && !parser_->is_done()) {
    const std::size_t used =
        parser_->put(asio::const_buffer(c.buffer.get() + c.begin, c.end - c.begin), error);
    c.begin += used;
    if (error == http::error::need_more) return {};
    if (error) return error;
    if (parser_->is_header_done() && parser_->head().status < 200) return {};
  }
  return {};
}

void HttpExchange::Finish(TimePoint now) {
  limit_ = TimePoint::max();
  if (!connection_ || !complete() || aborted_) return;
  const bool reusable =
      parser_->head().keep_alive && connection_->begin == connection_->end && !early_;
  if (reusable) pool_.Give(replica_number_, std::move(connection_), now);
  // What the kernel still holds of a refused request is useless.
  if (early_ && IsRefusal()) connection_->stream.Reset();
  connection_.reset();
}

void HttpExchange::Abort(AttemptResult cause) {
  if (!aborted_) aborted_ = cause;
  limit_ = TimePoint::max();
  if (resolver_) resolver_->cancel();
  if (connector_) connector_->Abort();
  if (connection_) connection_->stream.Close();
}

void HttpExchange::Tick(TimePoint now) {
  // An attempt that began late may have had too little time, so its phase does not count.
  if (now >= deadline_) return Abort(AttemptResult::kTotalTimeout);
  if (now >= limit_) Abort(limit_cause_);
}

// The head of a whole answer comes with the answer. Without a limit the time until then says
// nothing about the replica.
void HttpExchange::AwaitFirstByte(TimePoint now) {
  limit_ = TimePoint::max();
  if (timeouts_.first_byte) {
    SetLimit(now, *timeouts_.first_byte, AttemptResult::kFirstByteTimeout);
  }
}

void HttpExchange::SetLimit(TimePoint now, std::chrono::milliseconds length, AttemptResult cause) {
  limit_ = now + length;
  limit_cause_ = cause;
}

bool HttpExchange::Fail(AttemptResult result, std::string_view detail) {
  error_.result = aborted_.value_or(result);
  if (!aborted_) error_.detail = detail;
  connection_.reset();
  return false;
}

}  // namespace headgate::backends

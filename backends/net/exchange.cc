#include "backends/net/exchange.h"

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
         error == asio::ssl::error::stream_truncated;  // TLS that ends without saying so
}

}  // namespace

Exchange::Exchange(Executor executor, ConnectionPool& pool, const Upstream& upstream,
                   std::size_t replica, std::size_t replica_number,
                   const config::Timeouts& timeouts, TimePoint deadline)
    : executor_(std::move(executor)),
      pool_(pool),
      upstream_(upstream),
      replica_(replica),
      replica_number_(replica_number),
      timeouts_(timeouts),
      deadline_(deadline) {}

Exchange::~Exchange() = default;

Awaitable<bool> Exchange::Start(std::span<const asio::const_buffer> request, bool streamed) {
  for (bool may_reuse = true;; may_reuse = false) {
    if (may_reuse) connection_ = pool_.Take(replica_number_);
    const bool reused = connection_ != nullptr;
    if (!reused) {
      const bool connected = co_await Connect();
      if (!connected) co_return false;
    }
    if (streamed) {
      AwaitFirstToken(SteadyClock::now());
    } else {
      // Its head comes with the whole answer: how long that takes says nothing about the replica.
      limit_ = TimePoint::max();
    }
    parser_.emplace();
    parser_->eager(false);
    error_code error = co_await connection_->stream.WriteGathered(request);
    if (!aborted_) {
      sent_ = !error;
      // An early error answer may stand behind a failed write: it is worth reading.
      const error_code read_error = co_await ReadHead();
      if (!read_error && !aborted_) co_return true;
      if (!error || !IsLost(read_error)) error = read_error;
    }
    if (reused && !received_ && !aborted_ && IsLost(error)) {
      connection_.reset();
      sent_ = false;
      continue;
    }
    const bool lost = IsLost(error);
    // A server that does not speak HTTP, or not as we do, will not speak otherwise a moment later.
    error_.will_repeat =
        error.category() == http::make_error_code(http::error::bad_version).category() && !lost;
    co_return Fail(lost && !received_ ? AttemptResult::kReset : AttemptResult::kMalformed,
                   lost ? "the connection was closed before an answer came" : error.message());
  }
}

Awaitable<bool> Exchange::Connect() {
  const Replica& replica = upstream_.replicas()[replica_];
  SetLimit(SteadyClock::now(), timeouts_.connect, AttemptResult::kConnectFailed);
  const Endpoints addresses = co_await Resolve(replica);
  if (addresses.empty()) co_return false;
  connection_ = std::make_unique<Connection>(TcpSocket(executor_));
  connector_ = std::make_unique<Connector>(executor_);
  const auto left = std::chrono::floor<std::chrono::milliseconds>(limit_ - SteadyClock::now());
  error_code error = co_await connector_->Connect(addresses, left, connection_->stream.socket());
  connector_.reset();
  if (!error && !aborted_) error = connection_->stream.Configure();
  if (error || aborted_) co_return Fail(AttemptResult::kConnectFailed, error.message());
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

Awaitable<Endpoints> Exchange::Resolve(const Replica& replica) {
  Endpoints addresses;
  error_code error;
  const asio::ip::address literal = asio::ip::make_address(replica.host, error);
  if (!error) {
    addresses.emplace_back(literal, replica.port);
    co_return addresses;
  }
  resolver_ = std::make_unique<TcpResolver>(executor_);
  auto [resolve_error, results] =
      co_await resolver_->async_resolve(replica.host, absl::StrCat(replica.port), kAwait);
  resolver_.reset();
  if (resolve_error || aborted_) {
    Fail(AttemptResult::kConnectFailed, "its name cannot be resolved");
    co_return addresses;
  }
  for (const auto& result : results) addresses.push_back(result.endpoint());
  co_return InterleaveFamilies(addresses);
}

Awaitable<error_code> Exchange::ReadHead() {
  for (;;) {
    while (!parser_->is_header_done()) {
      if (const error_code error = co_await ReadOnce()) co_return error;
    }
    const int status = parser_->head().status;
    if (status >= 200) co_return error_code{};
    // Interim answers (100, 103) are not for the client: it got its own 100 from the gateway.
    parser_.emplace();
    parser_->eager(false);
    if (const error_code error = Parse()) co_return error;
  }
}

Awaitable<bool> Exchange::ReadMore() {
  const error_code error = co_await ReadOnce();
  if (!error && !aborted_) co_return true;
  co_return Fail(IsLost(error) ? AttemptResult::kCut : AttemptResult::kMalformed,
                 IsLost(error) ? "the answer broke off" : error.message());
}

Awaitable<error_code> Exchange::ReadOnce() {
  Connection& c = *connection_;
  c.MakeRoom();
  auto [error, size] =
      co_await c.stream.ReadSome(asio::buffer(c.buffer.get() + c.end, c.capacity - c.end));
  if (aborted_) co_return asio::error::operation_aborted;
  if (error == asio::error::eof && parser_->is_header_done() && !parser_->is_done()) {
    error_code end;
    parser_->put_eof(end);  // an answer framed by the end of the connection is whole now
    co_return end;
  }
  if (error) co_return error;
  received_ = true;
  c.end += size;
  co_return Parse();
}

error_code Exchange::Parse() {
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

void Exchange::Finish(TimePoint now) {
  limit_ = TimePoint::max();
  if (!connection_ || !complete() || aborted_) return;
  const bool reusable = parser_->head().keep_alive && connection_->begin == connection_->end;
  if (reusable) pool_.Give(replica_number_, std::move(connection_), now);
  connection_.reset();
}

void Exchange::Abort(AttemptResult cause) {
  if (!aborted_) aborted_ = cause;
  limit_ = TimePoint::max();
  if (resolver_) resolver_->cancel();
  if (connector_) connector_->Abort();
  if (connection_) connection_->stream.Close();
}

void Exchange::Tick(TimePoint now) {
  // An attempt that began late may have had no fair share of the time, so its phase is no verdict.
  if (now >= deadline_) return Abort(AttemptResult::kTotalTimeout);
  if (now >= limit_) Abort(limit_cause_);
}

void Exchange::SetLimit(TimePoint now, std::chrono::milliseconds length, AttemptResult cause) {
  limit_ = now + length;
  limit_cause_ = cause;
}

bool Exchange::Fail(AttemptResult result, std::string_view detail) {
  error_.result = aborted_.value_or(result);
  if (!aborted_) error_.detail = detail;
  connection_.reset();
  return false;
}

}  // namespace headgate::backends

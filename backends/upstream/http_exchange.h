#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "backends/net/connection_pool.h"
#include "backends/net/connector.h"
#include "backends/net/response_parser.h"
#include "backends/net/types.h"
#include "backends/net/upload.h"
#include "backends/upstream/exchange.h"

namespace headgate::backends {

// An exchange over HTTP/1.1: connects or reuses a pooled connection, writes, reads.
//
// The answer is read while a large request is still being written. An answer that refuses the
// request ends the write, and any other answer is returned once the request has left. In two cases
// a pooled connection is replaced by a new connection, once and unseen. Either the other side had
// closed it before it answered a byte, or bytes came that answer something else (IsStray).
class HttpExchange final : public Exchange {
 public:
  HttpExchange(Executor executor, ConnectionPool& pool, const ExchangePlace& place);
  ~HttpExchange() override;
  HttpExchange(const HttpExchange&) = delete;
  HttpExchange& operator=(const HttpExchange&) = delete;

  Awaitable<bool> Start(std::span<const asio::const_buffer> request, bool streamed) override;
  Awaitable<bool> ReadMore() override;
  const ResponseHead& head() const override { return parser_->head(); }
  std::string& body() override { return parser_->body(); }
  bool complete() const override { return parser_ && parser_->is_done(); }
  const UpstreamError& error() const override { return error_; }
  bool sent() const override { return sent_ || received_; }
  void Finish(TimePoint now) override;
  std::size_t HeldBytes() const override {
    return (connection_ ? connection_->capacity : 0) + (parser_ ? parser_->body().capacity() : 0);
  }
  void Abort(AttemptResult cause) override;
  void Tick(TimePoint now) override;
  void AwaitFirstToken(TimePoint now) override {
    SetLimit(now, timeouts_.first_token, AttemptResult::kFirstTokenTimeout);
  }
  void Streaming(TimePoint now) override {
    SetLimit(now, timeouts_.between_tokens, AttemptResult::kStalled);
  }
  void Expect(TimePoint now, std::chrono::milliseconds length) override {
    SetLimit(now, length, AttemptResult::kCut);
  }
  void Pause() override { limit_ = TimePoint::max(); }

 private:
  Awaitable<bool> Connect();
  // Connects the socket to the replica, or to the proxy in front of it.
  Awaitable<bool> ConnectSocket(const Replica& replica);
  Awaitable<bool> PassProxy(const Replica& replica);
  // Returns the addresses of a host; none if it cannot be resolved.
  Awaitable<Endpoints> Resolve(const std::string& host, std::uint16_t port);
  // Sends the request and reads the head of its answer.
  Awaitable<error_code> Ask(std::span<const asio::const_buffer> request);
  // Writes what can be written without suspending, and leaves the rest to upload_. Returns false if
  // nothing was written: with `error`, or because the request is small and sent over TLS.
  bool BeginToSend(std::span<const asio::const_buffer> request, error_code& error);
  Awaitable<error_code> ReadHead();
  bool IsRefusal() const { return parser_->is_header_done() && parser_->head().status >= 400; }
  // Returns whether a part of the request has not reached the peer's system.
  bool IsUnsent();
  // Returns whether what came, an answer or `error`, belongs to another request than ours.
  bool IsStray(const error_code& error) const;
  Awaitable<error_code> ReadOnce();
  error_code Parse();
  void AwaitFirstByte(TimePoint now);
  void SetLimit(TimePoint now, std::chrono::milliseconds length, AttemptResult cause);
  bool Fail(AttemptResult result, std::string_view detail);
  bool FailToConnect(const Replica& replica, std::string what);

  const Executor executor_;
  ConnectionPool& pool_;
  const Upstream& upstream_;
  const std::size_t replica_;
  const std::size_t replica_number_;
  const config::Timeouts timeouts_;
  const TimePoint deadline_;

  std::unique_ptr<Connection> connection_;
  std::unique_ptr<TcpResolver> resolver_;  // while a name is looked up
  std::unique_ptr<Connector> connector_;   // while it connects
  Upload upload_;                          // of a large request
  std::optional<ResponseParser> parser_;
  UpstreamError error_;
  std::optional<AttemptResult> aborted_;
  TimePoint limit_ = TimePoint::max();
  AttemptResult limit_cause_ = AttemptResult::kConnectFailed;
  bool sent_ = false;
  bool received_ = false;
  bool reused_ = false;  // the connection came from the pool
  bool large_ = false;   // the request is large
  bool early_ = false;   // the answer began before the whole request had left
};

// Makes exchanges over the connections of one worker. Worker-bound.
class HttpExchanges final : public ExchangeFactory {
 public:
  // `pool` outlives the exchanges.
  HttpExchanges(Executor executor, ConnectionPool& pool)
      : executor_(std::move(executor)), pool_(pool) {}
  std::unique_ptr<Exchange> Make(const ExchangePlace& place) override {
    return std::make_unique<HttpExchange>(executor_, pool_, place);
  }

 private:
  const Executor executor_;
  ConnectionPool& pool_;
};

}  // namespace headgate::backends

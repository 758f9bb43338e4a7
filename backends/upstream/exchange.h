#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "backends/net/connection_pool.h"
#include "backends/net/connector.h"
#include "backends/net/response_parser.h"
#include "backends/net/types.h"
#include "backends/net/upload.h"
#include "backends/upstream/upstream.h"
#include "backends/upstream/upstream_error.h"

namespace headgate::backends {

// One HTTP/1.1 exchange with one replica: connect or reuse, send, read the answer piece by piece.
//
// It owns no timer. The worker's sweep calls Tick, which aborts the exchange when the phase it is
// in has lasted too long; the coroutine that awaits it then gets the real cause (a timeout, the
// client gone) instead of "operation aborted". Worker-bound.
class Exchange {
 public:
  // `replica_number`: process-wide, for the pool. `deadline`: the end of the whole request.
  Exchange(Executor executor, ConnectionPool& pool, const Upstream& upstream, std::size_t replica,
           std::size_t replica_number, const config::Timeouts& timeouts, TimePoint deadline);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // Sends `request` (head and body in as many pieces as they lie in; list and bytes must outlive
  // the call) and reads the answer's head and what came with it. false: error() says why.
  // `streamed`: the head of the answer is due within timeouts.first_token; that of a whole answer
  // comes when the answer does, and only the deadline bounds it. The answer is read while a large
  // request is still being written: one that refuses it ends the write, and any other is returned
  // once the request has left. A pooled connection that the other side had closed before it
  // answered a byte, or on which bytes came that answer something else (IsStray), is replaced by a
  // new one, once, unseen.
  Awaitable<bool> Start(std::span<const asio::const_buffer> request, bool streamed);

  // Reads more of the body into body(). false: error() says why.
  // REQUIRES: !complete().
  Awaitable<bool> ReadMore();

  const ResponseHead& head() const { return parser_->head(); }
  // Decoded body bytes since the caller last cleared it.
  std::string& body() { return parser_->body(); }
  bool complete() const { return parser_ && parser_->is_done(); }
  const UpstreamError& error() const { return error_; }
  // A whole request has left on this exchange, or was answered, so the backend may bill for it.
  bool sent() const { return sent_ || received_; }

  // The answer is whole: the connection goes back to the pool if it may be used again, which it may
  // not after an answer that came early.
  void Finish(TimePoint now);

  // Memory of the answer, in bytes.
  std::size_t HeldBytes() const {
    return (connection_ ? connection_->capacity : 0) + (parser_ ? parser_->body().capacity() : 0);
  }

  // Ends whatever is outstanding; the awaiting coroutine gets `cause`.
  void Abort(AttemptResult cause);

  // Time limits. A sign of life begins the wait for the first token anew; Streaming() starts the
  // limit between tokens; while Paused (the gateway waits for
  // a slow client) no silence is counted.
  void Tick(TimePoint now);
  void AwaitFirstToken(TimePoint now) {
    SetLimit(now, timeouts_.first_token, AttemptResult::kFirstTokenTimeout);
  }
  void Streaming(TimePoint now) {
    SetLimit(now, timeouts_.between_tokens, AttemptResult::kStalled);
  }
  // What is still to come has to come within `length`.
  void Expect(TimePoint now, std::chrono::milliseconds length) {
    SetLimit(now, length, AttemptResult::kCut);
  }
  void Pause() { limit_ = TimePoint::max(); }

 private:
  Awaitable<bool> Connect();
  // The addresses of a replica. Empty: error() says why.
  Awaitable<Endpoints> Resolve(const Replica& replica);
  // Sends the request and reads the head of its answer.
  Awaitable<error_code> Ask(std::span<const asio::const_buffer> request);
  // Writes without suspending what can be written so, and leaves the rest to upload_. Returns false
  // if nothing was written: with `error`, or because the request is a small one over TLS.
  bool BeginToSend(std::span<const asio::const_buffer> request, error_code& error);
  Awaitable<error_code> ReadHead();
  bool IsRefusal() const { return parser_->is_header_done() && parser_->head().status >= 400; }
  // Whether a part of the request has not reached the peer's system.
  bool IsUnsent();
  // Whether what came, an answer or `error`, answers another request than ours.
  bool IsStray(const error_code& error) const;
  Awaitable<error_code> ReadOnce();
  error_code Parse();
  void SetLimit(TimePoint now, std::chrono::milliseconds length, AttemptResult cause);
  bool Fail(AttemptResult result, std::string_view detail);

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
  bool reused_ = false;  // the connection comes from the pool
  bool large_ = false;   // the request
  bool early_ = false;   // the answer began before the whole request had left
};

}  // namespace headgate::backends

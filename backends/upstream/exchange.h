#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "backends/net/response_parser.h"
#include "backends/net/types.h"
#include "backends/upstream/upstream.h"
#include "backends/upstream/upstream_error.h"

namespace headgate::backends {

// One exchange with one replica: send a request, read the answer piece by piece.
//
// It owns no timer. The worker's sweep calls Tick, which aborts the exchange if its current phase
// has lasted too long. The coroutine that awaits it then gets the real cause (a timeout, the client
// gone) instead of "operation aborted". Worker-bound. HttpExchange is the implementation with
// sockets.
class Exchange {
 public:
  virtual ~Exchange() = default;

  // Sends `request` (head and body in as many pieces as they lie in; list and bytes must outlive
  // the call) and reads the answer's head and what came with it. Returns false on failure: error()
  // says why. `streamed`: the head of the answer is due within timeouts.first_token. The head of a
  // whole answer comes when the answer does, and is due within timeouts.first_byte if that is set.
  virtual Awaitable<bool> Start(std::span<const asio::const_buffer> request, bool streamed) = 0;

  // Reads more of the body into body(). Returns false on failure: error() says why.
  // REQUIRES: !complete().
  virtual Awaitable<bool> ReadMore() = 0;

  // REQUIRES: Start has returned true.
  virtual const ResponseHead& head() const = 0;
  // Decoded body bytes since the caller last cleared it.
  virtual std::string& body() = 0;
  virtual bool complete() const = 0;
  virtual const UpstreamError& error() const = 0;
  // Returns whether a whole request has left on this exchange, or was answered, so that the backend
  // may bill for it.
  virtual bool sent() const = 0;

  // Says that the answer has been read. The connection may serve the next exchange if the answer is
  // whole and nothing else prevents it.
  virtual void Finish(TimePoint now) = 0;

  // Returns the memory of the answer, in bytes.
  virtual std::size_t HeldBytes() const = 0;

  // Ends all outstanding operations; the awaiting coroutine gets `cause`.
  virtual void Abort(AttemptResult cause) = 0;

  // Time limits. AwaitFirstToken begins the wait for the first token, or, after a sign of life,
  // begins it again. Streaming begins the limit between tokens. Between Pause and the next of these
  // calls (the gateway waits for a slow client) silence is not counted.
  virtual void Tick(TimePoint now) = 0;
  virtual void AwaitFirstToken(TimePoint now) = 0;
  virtual void Streaming(TimePoint now) = 0;
  // The rest has to come within `length`.
  virtual void Expect(TimePoint now, std::chrono::milliseconds length) = 0;
  virtual void Pause() = 0;
};

// The replica of an exchange, and how long the exchange may take.
struct ExchangePlace {
  const Upstream& upstream;
  std::size_t replica = 0;
  std::size_t replica_number = 0;  // process-wide, for connection pools
  config::Timeouts timeouts;
  TimePoint deadline;  // the end of the whole request
};

// Makes exchanges; tests have their own factory. Worker-bound.
class ExchangeFactory {
 public:
  virtual ~ExchangeFactory() = default;
  virtual std::unique_ptr<Exchange> Make(const ExchangePlace& place) = 0;
};

}  // namespace headgate::backends

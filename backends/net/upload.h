#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "backends/net/stream.h"
#include "backends/net/types.h"

namespace headgate::backends {

// The part of a large request that the kernel did not take at once, written while the exchange
// already reads. A backend may refuse a request before it has read it, and then never read the rest
// (RFC 9112 section 9.5). And only an exchange that reads meanwhile can notice bytes that come
// before the request has left. Worker-bound.
class Upload {
 public:
  explicit Upload(Executor executor) : executor_(std::move(executor)) {}
  // REQUIRES: is_done(), or nothing runs on the executor any more.
  ~Upload() = default;
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;

  // Begins to write `pieces` without the first `written` bytes. The stream and the bytes must
  // outlive the write. REQUIRES: is_done().
  void Begin(Stream& stream, std::span<const asio::const_buffer> pieces, std::size_t written);

  // Returns whether nothing is being written. True before Begin, too.
  bool is_done() const { return !state_ || state_->done; }

  // Ends the write where it is. The stream can still be read, and must not be written to again.
  void Stop();

  // Waits for the end of the write that was begun last, and returns its error: operation_aborted
  // after Stop or if the stream was closed. REQUIRES: Begin was called.
  Awaitable<error_code> End();

 private:
  using Timer = asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor>;
  // Shared with the handler of the write, which keeps `rest` until the end.
  struct State {
    explicit State(const Executor& executor) : wake(executor) {}
    std::vector<asio::const_buffer> rest;
    asio::cancellation_signal stop;
    bool done = false;
    error_code error;
    Timer wake;  // cancelled when the write ends
  };

  const Executor executor_;
  std::shared_ptr<State> state_;
};

}  // namespace headgate::backends

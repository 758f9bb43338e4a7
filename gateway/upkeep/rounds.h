#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>

#include "backends/net/types.h"

namespace headgate::gateway {

// Calls a function in rounds. Bound to the thread of its io_context.
class Rounds {
 public:
  // `round` gets the time of the round. `pause` is the time from the end of a round to the next
  // one, more than 0.
  Rounds(asio::io_context& io, std::chrono::milliseconds pause,
         std::function<void(TimePoint)> round);

  // The first round comes after a pause. The rounds go on until the io_context stops.
  void Start();

 private:
  Awaitable<void> Loop();

  asio::io_context& io_;
  const std::chrono::milliseconds pause_;
  const std::function<void(TimePoint)> round_;
  asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor> timer_;
};

}  // namespace headgate::gateway

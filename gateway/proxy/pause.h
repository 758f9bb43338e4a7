#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <optional>
#include <utility>

#include "backends/net/types.h"

namespace headgate::gateway {

// A wait of a request between two attempts. Worker-bound.
class Pause {
 public:
  explicit Pause(Executor executor) : executor_(std::move(executor)) {}
  Pause(const Pause&) = delete;
  Pause& operator=(const Pause&) = delete;

  // Returns after `time`, or when End is called.
  Awaitable<void> For(std::chrono::milliseconds time) {
    timer_.emplace(executor_, time);
    co_await timer_->async_wait(kAwait);
    timer_.reset();
  }
  // Ends the wait that is running, if any.
  void End() {
    if (timer_) timer_->cancel();
  }

 private:
  using Timer = asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor>;

  const Executor executor_;
  std::optional<Timer> timer_;  // of the wait that is running
};

}  // namespace headgate::gateway

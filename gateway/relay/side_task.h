#pragma once

#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <utility>

#include "backends/net/types.h"

namespace headgate::gateway {

// One coroutine beside that of its owner, on the same executor. The owner waits for its end before
// it is destroyed, and sees to it that the end comes. Worker-bound.
class SideTask {
 public:
  explicit SideTask(Executor executor) : executor_(std::move(executor)) {}
  SideTask(const SideTask&) = delete;  // the coroutine points to it
  SideTask& operator=(const SideTask&) = delete;

  // Starts `work` with the next turn of the executor. REQUIRES: !running().
  void Start(Awaitable<void> work);
  bool running() const { return running_; }
  // Returns when the coroutine has ended; at once if none runs.
  Awaitable<void> Ended();

 private:
  using Timer = asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor>;

  const Executor executor_;
  std::optional<Timer> end_;  // cancelled when the coroutine ends
  bool running_ = false;
};

}  // namespace headgate::gateway

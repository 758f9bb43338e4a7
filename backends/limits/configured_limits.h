#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "backends/limits/sliding_minute.h"
#include "config/base/mutex.h"
#include "config/limits.h"

namespace headgate::backends {

// Keeps the `limits` of a backend: what its provider allows our account in a minute, and at once.
// Take is one step under a lock, so that workers together never exceed a limit. Shared by workers;
// thread-safe.
class ConfiguredLimits {
 public:
  using Clock = SlidingMinute::Clock;

  // Puts other limits in force, at start and after a reload. What was sent still counts.
  void Configure(const config::RateLimits& limits);

  // Returns until when a request of about so many tokens must not be sent, or `now`.
  Clock::time_point NotBefore(std::int64_t tokens, Clock::time_point now) const;
  // Takes a request of about so many tokens, input and output together, if the limits have room for
  // it now. Returns `now` if it was taken, else until when it has to wait; if as many run as may, a
  // few seconds.
  Clock::time_point Take(std::int64_t tokens, Clock::time_point now) EXCLUDES_LOCK(mutex_);
  // A request that was taken has ended.
  void End() { in_flight_.fetch_sub(1, std::memory_order_relaxed); }
  // Returns whether there is any limit.
  bool any() const {
    return most_requests_.load(std::memory_order_relaxed) != kNoLimit ||
           most_tokens_.load(std::memory_order_relaxed) != kNoLimit ||
           most_in_flight_.load(std::memory_order_relaxed) != kNoLimit;
  }
  // Takes back a request of `tokens` that was taken at `sent` and did not leave.
  void TakeBack(std::int64_t tokens, Clock::time_point sent);
  // Corrects the tokens of a request that was taken at `sent` by what it really took.
  void Correct(std::int64_t change, Clock::time_point sent);

 private:
  static constexpr std::int64_t kNoLimit = 0;
  std::atomic<std::int64_t> most_requests_{kNoLimit};
  std::atomic<std::int64_t> most_tokens_{kNoLimit};
  std::atomic<std::int64_t> most_in_flight_{kNoLimit};
  std::atomic<std::int64_t> in_flight_{0};
  Mutex mutex_;  // of Take
  SlidingMinute requests_;
  SlidingMinute tokens_;
};

}  // namespace headgate::backends

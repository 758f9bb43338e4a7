#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "backends/limits/sliding_minute.h"
#include "config/supply.h"

namespace headgate::backends {

// Keeps the `limits` of a backend: what its provider allows our account in a minute. Shared by
// workers; lock-free, thread-safe. Workers that ask at the same instant may together exceed a limit
// by what they then send.
class ConfiguredLimits {
 public:
  using Clock = SlidingMinute::Clock;

  // Puts other limits in force, at start and after a reload. What was sent still counts.
  void Configure(const config::ProviderLimits& limits);

  // Returns until when a request of about so many tokens must not be sent, or `now`.
  Clock::time_point NotBefore(std::int64_t tokens, Clock::time_point now) const;
  // Returns whether there is any limit.
  bool any() const {
    return most_requests_.load(std::memory_order_relaxed) != kNoLimit ||
           most_tokens_.load(std::memory_order_relaxed) != kNoLimit;
  }
  // Notes that a request was sent, of about so many tokens, input and output together.
  void Sent(std::int64_t tokens, Clock::time_point now);
  // Takes back a request of `tokens` that was noted as sent at `sent` and did not leave.
  void TakeBack(std::int64_t tokens, Clock::time_point sent);
  // Corrects the tokens of a request that was sent at `sent` by what it really took.
  void Correct(std::int64_t change, Clock::time_point sent);

 private:
  static constexpr std::int64_t kNoLimit = 0;
  std::atomic<std::int64_t> most_requests_{kNoLimit};
  std::atomic<std::int64_t> most_tokens_{kNoLimit};
  SlidingMinute requests_;
  SlidingMinute tokens_;
};

}  // namespace headgate::backends

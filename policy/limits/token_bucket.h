#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace headgate::policy {

// A limit in a minute, as a token bucket: full at first, refilled evenly, and it holds what a
// minute refills. OpenAI and Anthropic limit their clients in this way, so that clients know it. In
// one minute it permits at most twice its limit, when a full bucket is emptied and then refilled.
//
// The state is one number, the time at which the bucket would be full again (the generic cell rate
// algorithm, ITU-T I.371). So taking is one compare-and-swap, and threads together never take more
// than there is. Shared by workers; lock-free, thread-safe. Amounts are >= 0.
class TokenBucket {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::nanoseconds kMinute = std::chrono::minutes(1);

  // Sets what a minute refills; 0: no limit. What was taken from the bucket still counts.
  void SetLimit(std::int64_t limit, Clock::time_point now);
  std::int64_t limit() const { return limit_.load(std::memory_order_relaxed); }

  // Takes `amount` if there is so much. Always true without a limit.
  bool Take(std::int64_t amount, Clock::time_point now);
  // Puts back what was taken and not used.
  void GiveBack(std::int64_t amount);
  // Takes more than there may be: it was used already.
  void TakeMore(std::int64_t amount, Clock::time_point now);

  // Returns how long it takes until `amount` can be taken, if nothing else is; 0 without a limit.
  // More than the limit can never be taken: then the time is longer than any bucket is empty.
  std::chrono::nanoseconds WaitFor(std::int64_t amount, Clock::time_point now) const;
  // Returns how much could be taken now. REQUIRES: there is a limit.
  std::int64_t Remaining(Clock::time_point now) const;
  // Returns the time until it is full, if nothing is taken.
  std::chrono::nanoseconds UntilFull(Clock::time_point now) const;

 private:
  std::atomic<std::int64_t> limit_{0};
  std::atomic<std::int64_t> full_at_{0};  // nanoseconds of the steady clock
};

}  // namespace headgate::policy

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "backends/limits/rate_limit_fields.h"

namespace headgate::backends {

// What the latest answers of one target said of our account's limits, and until when the target
// must not be asked. A limit is taken to fill up evenly until its reset, because the providers that
// send these fields use token buckets. At most kLongest of a reset is believed.
//
// Shared by workers; lock-free, thread-safe. Two answers at the same instant may mix their figures.
// Requests that the provider had not counted when it answered are not in the figures, so a limit
// can still be hit by what is under way.
class HeardLimits {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::minutes kLongest{10};

  struct Amount {
    std::int64_t input = 0;   // tokens, estimated
    std::int64_t output = 0;  // tokens, estimated
  };

  // `wall`: the time of day, for resets that are given as one.
  void Heard(const RateLimitFields& fields, Clock::time_point now,
             std::chrono::system_clock::time_point wall);
  // Notes that a request was sent.
  void Sent(const Amount& amount);
  // Takes back a request that was noted as sent and did not leave.
  void TakeBack(const Amount& amount);
  // Returns until when a request must not be sent, or `now`.
  Clock::time_point NotBefore(const Amount& amount, Clock::time_point now) const;
  // Returns whether any answer has said anything.
  bool any() const { return any_.load(std::memory_order_relaxed); }

 private:
  struct Window {
    std::atomic<std::int64_t> remaining{0};
    std::atomic<std::int64_t> most{0};  // the limit; 0: not known
    std::atomic<std::int64_t> missing{
        0};  // limit - remaining when heard; 0: the limit is not known
    std::atomic<Clock::rep> heard_at{0};
    std::atomic<Clock::rep> full_at{0};  // 0: nothing heard

    void Hear(const RateLimitWindow& said, Clock::time_point now,
              std::chrono::system_clock::time_point wall);
    void Use(std::int64_t amount);  // negative: takes back
    Clock::time_point NotBefore(std::int64_t amount, Clock::time_point now) const;
  };
  void Use(std::int64_t requests, const Amount& amount);

  Window requests_;
  Window tokens_;
  Window input_tokens_;
  Window output_tokens_;
  std::atomic<bool> any_{false};
};

}  // namespace headgate::backends

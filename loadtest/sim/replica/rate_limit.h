// The limits of a provider: requests and tokens per minute, each a bucket that refills evenly. Time
// is an argument. *worker-bound*
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "loadtest/sim/base/clock.h"

namespace headgate::loadtest::sim {

// `requests=N,tokens=N,window=D`: zero means no limit, and the window is a minute by default.
struct RateLimitOptions {
  std::int64_t requests = 0;
  std::int64_t tokens = 0;
  Nanoseconds window = std::chrono::minutes(1);
};

// Returns nullopt for a text of another form, or one that limits nothing.
std::optional<RateLimitOptions> ParseRateLimit(std::string_view text);

// One bucket, full at first. A full bucket refills within `window`.
class RateBucket {
 public:
  RateBucket(std::int64_t limit, Nanoseconds window);

  struct State {
    std::int64_t limit = 0;
    std::int64_t remaining = 0;
    Nanoseconds reset{0};  // until the bucket is full
  };

  // Whether the bucket has a limit.
  bool Limits() const { return limit_ > 0; }
  // Returns how long the caller must wait until the bucket has `amount`: zero if it has it. An
  // amount above the limit waits for a full bucket.
  Nanoseconds Wait(std::int64_t amount, TimePoint now);
  // Takes `amount`. The bucket may fall below zero.
  void Take(std::int64_t amount, TimePoint now);
  State Now(TimePoint now);

 private:
  void Refill(TimePoint now);

  std::int64_t limit_;
  Nanoseconds window_;
  double level_;
  std::optional<TimePoint> filled_;
};

class RateLimits {
 public:
  explicit RateLimits(const RateLimitOptions& options)
      : requests_(options.requests, options.window), tokens_(options.tokens, options.window) {}

  bool Limits() const { return requests_.Limits() || tokens_.Limits(); }
  // Takes one request of `tokens` tokens. Returns zero if it is allowed; otherwise it takes nothing
  // and returns the time after which it would be.
  Nanoseconds Admit(std::int64_t tokens, TimePoint now);

  RateBucket& requests() { return requests_; }
  RateBucket& tokens() { return tokens_; }

 private:
  RateBucket requests_;
  RateBucket tokens_;
};

}  // namespace headgate::loadtest::sim

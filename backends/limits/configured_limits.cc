#include "backends/limits/configured_limits.h"

#include <algorithm>

namespace headgate::backends {
namespace {

// Nobody knows when a request that runs will end. Longer than a request waits for a limit.
constexpr std::chrono::seconds kWaitForOthers(3);

}  // namespace

void ConfiguredLimits::Configure(const config::RateLimits& limits) {
  most_requests_.store(limits.requests_per_minute.value_or(kNoLimit), std::memory_order_relaxed);
  most_tokens_.store(limits.tokens_per_minute.value_or(kNoLimit), std::memory_order_relaxed);
  most_in_flight_.store(limits.in_flight.value_or(kNoLimit), std::memory_order_relaxed);
}

ConfiguredLimits::Clock::time_point ConfiguredLimits::NotBefore(std::int64_t tokens,
                                                                Clock::time_point now) const {
  Clock::time_point free = now;
  const std::int64_t requests = most_requests_.load(std::memory_order_relaxed);
  const std::int64_t most_tokens = most_tokens_.load(std::memory_order_relaxed);
  if (requests != kNoLimit) free = std::max(free, requests_.WhenFits(1, requests, now));
  if (most_tokens != kNoLimit) free = std::max(free, tokens_.WhenFits(tokens, most_tokens, now));
  return free;
}

ConfiguredLimits::Clock::time_point ConfiguredLimits::Take(std::int64_t tokens,
                                                           Clock::time_point now) {
  const MutexLock lock(mutex_);
  const std::int64_t most = most_in_flight_.load(std::memory_order_relaxed);
  if (most != kNoLimit && in_flight_.load(std::memory_order_relaxed) >= most) {
    return now + kWaitForOthers;
  }
  const Clock::time_point free = NotBefore(tokens, now);
  if (free > now) return free;
  in_flight_.fetch_add(1, std::memory_order_relaxed);
  if (most_requests_.load(std::memory_order_relaxed) != kNoLimit) requests_.Add(1, now);
  if (most_tokens_.load(std::memory_order_relaxed) != kNoLimit) tokens_.Add(tokens, now);
  return now;
}

void ConfiguredLimits::TakeBack(std::int64_t tokens, Clock::time_point sent) {
  if (most_requests_.load(std::memory_order_relaxed) != kNoLimit) requests_.Correct(-1, sent);
  Correct(-tokens, sent);
}

void ConfiguredLimits::Correct(std::int64_t change, Clock::time_point sent) {
  if (most_tokens_.load(std::memory_order_relaxed) != kNoLimit) tokens_.Correct(change, sent);
}

}  // namespace headgate::backends

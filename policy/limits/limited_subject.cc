#include "policy/limits/limited_subject.h"

namespace headgate::policy {

void LimitedSubject::SetLimits(const config::RateLimits& limits,
                               TokenBucket::Clock::time_point now) {
  requests.SetLimit(limits.requests_per_minute.value_or(0), now);
  tokens.SetLimit(limits.tokens_per_minute.value_or(0), now);
  most_in_flight_.store(limits.in_flight.value_or(0), std::memory_order_relaxed);
}

bool LimitedSubject::BeginRequest() {
  const std::int64_t most = most_in_flight();
  std::int64_t running = in_flight_.load(std::memory_order_relaxed);
  do {
    if (most != 0 && running >= most) return false;
  } while (!in_flight_.compare_exchange_weak(running, running + 1, std::memory_order_relaxed));
  return true;
}

}  // namespace headgate::policy

#include "gateway/failover/retry_budget.h"

#include <algorithm>
#include <chrono>

namespace headgate::gateway {

bool RetryBudget::Take(TimePoint now) {
  if (last_ == TimePoint{}) last_ = now;
  if (now > last_) {
    // What requests have added counts first: both together may not exceed the larger.
    const double by_time = kPerSecond * std::chrono::duration<double>(now - last_).count();
    const double missing = std::max(by_time - earned_, 0.0);
    earned_ = std::max(earned_ - by_time, 0.0);
    if (tokens_ < kPerSecond) tokens_ = std::min(kPerSecond, tokens_ + missing);
    last_ = now;
  }
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

}  // namespace headgate::gateway

#include "gateway/attempt/retry_budget.h"

#include <algorithm>
#include <chrono>

namespace headgate::gateway {

bool RetryBudget::Take(TimePoint now) {
  if (last_ != TimePoint{} && now > last_) {
    const double seconds = std::chrono::duration<double>(now - last_).count();
    // The floor fills up to one second's worth only, however long the idle time was.
    if (tokens_ < 3) tokens_ = std::min(3.0, tokens_ + 3 * seconds);
  }
  last_ = now;
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

}  // namespace headgate::gateway

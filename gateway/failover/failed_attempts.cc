#include "gateway/failover/failed_attempts.h"

#include <algorithm>

namespace headgate::gateway {

using backends::AttemptResult;

void FailedAttempts::Add(const backends::UpstreamError& error) {
  ++count_;
  switch (error.result) {
    case AttemptResult::kNoCredit:
    case AttemptResult::kRejected:
    case AttemptResult::kStatus4xx:
      ++hopeless_;
      ++permanent_;
      return;
    case AttemptResult::kMalformed:
      ++permanent_;
      return;
    case AttemptResult::kStatus429:
      ++rate_limited_;
      break;
    default:
      break;
  }
  if (!error.retry_after) {
    some_did_not_say_ = true;
  } else {
    least_ = std::min(least_.value_or(*error.retry_after), *error.retry_after);
  }
}

std::optional<int> FailedAttempts::SecondsToWait(int usual) const {
  if (AllPermanent()) return std::nullopt;
  if (!least_ && AllRateLimited()) return std::nullopt;
  if (!least_) return usual;
  const int least = static_cast<int>(std::chrono::ceil<std::chrono::seconds>(*least_).count());
  return some_did_not_say_ && !AllRateLimited() ? std::min(least, usual) : least;
}

}  // namespace headgate::gateway

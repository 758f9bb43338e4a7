#pragma once

#include <chrono>

#include "gateway/attempt/attempt_failure.h"

namespace headgate::gateway {

// A backend's Retry-After of up to this is waited for where no other target is as good.
inline constexpr std::chrono::milliseconds kLongestRetryAfter{2000};

// The target that has failed, among the targets of its request.
struct RetryPlace {
  bool other_replica = false;  // it has one that has not failed
  bool preferred = false;      // the route would rather wait for it than take the next target
  bool last = false;           // no other target is left
};
// Returns whether the target may be asked again. Pure.
bool MayRetry(const AttemptFailure& failure, const RetryPlace& place);

}  // namespace headgate::gateway

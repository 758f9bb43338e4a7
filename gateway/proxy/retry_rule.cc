#include "gateway/proxy/retry_rule.h"

namespace headgate::gateway {
namespace {

using backends::AttemptResult;
using std::chrono::milliseconds;

constexpr int kUnauthorized = 401;
constexpr int kForbidden = 403;

// Nothing came for as long as the configuration permits.
bool IsSilence(AttemptResult result) {
  return result == AttemptResult::kFirstTokenTimeout ||
         result == AttemptResult::kFirstByteTimeout || result == AttemptResult::kStalled;
}

// Waiting is for targets that are better than the next one, or that have no next one.
bool MayWaitFor(milliseconds time, const RetryPlace& place) {
  if (time > kLongestRetryAfter) return false;
  return time.count() == 0 || place.preferred || place.last;
}

}  // namespace

bool MayRetry(const AttemptFailure& failure, const RetryPlace& place) {
  const backends::UpstreamError& error = failure.error;
  // The failure may have ejected the last replica, and then nothing may accompany the probe.
  if (error.will_repeat || !failure.target_usable) return false;
  // The client has waited long already, so another target is the better choice if there is one.
  if (IsSilence(error.result)) return place.other_replica && place.last;
  switch (error.result) {
    case AttemptResult::kStatus429:
      // If the backend does not say when to come back, retrying on the same account makes it worse.
      return error.retry_after && MayWaitFor(*error.retry_after, place);
    case AttemptResult::kConnectFailed:
    case AttemptResult::kTlsFailed:
      // They eject the replica at once, so only another replica of the target can help.
      return place.other_replica;
    case AttemptResult::kRejected:
      // A replica that rejects (it serves another model) will reject again, and all of them have
      // the same key.
      return place.other_replica && error.status != kUnauthorized && error.status != kForbidden;
    default:
      return !error.retry_after || MayWaitFor(*error.retry_after, place);
  }
}

}  // namespace headgate::gateway

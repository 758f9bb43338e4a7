#pragma once

#include <cstddef>
#include <optional>

#include "backends/net/types.h"
#include "backends/upstream/upstream_error.h"
#include "gateway/slots/queue_end.h"

namespace headgate::gateway {

// Why an attempt failed, as far as it matters for the next attempt.
struct AttemptFailure {
  backends::UpstreamError error;
  bool context_too_long = false;
  // The request has files, which not every backend reads, and the refusal may be about them.
  bool documents_refused = false;
  // Nothing was sent: the request cannot be said in the backend's protocol.
  bool untranslatable = false;
  // Nothing was sent: no replica of the target may be asked now. `held_back`: its slow start left
  // the request to another target, but it may be asked if there is no other.
  bool passed_over = false;
  bool held_back = false;
  // Nothing was sent: the limits of the target's provider are reached until then.
  std::optional<TimePoint> limited_until = {};
  // Nothing was sent: all slots of the target stayed busy, until another target took the request or
  // its time was over. It may be asked if there is no other.
  bool full = false;
  // The target that takes the request instead, by its place in the plan: it is asked next, and paid
  // for if it fails mostly (RetryBudget). Nullopt: the next one.
  std::optional<std::size_t> leaves_for = {};
  // Nothing was sent: too many requests wait for the target's slots, or the predicted wait is
  // longer than the request may take. `error` is a 429.
  bool queue_full = false;
  // How the wait for a slot ended: of queue_full, and of `full` if its time was over. The
  // retry_after of `error` is the predicted wait, and its detail says how the wait ended.
  std::optional<QueueEnd> queue_end = {};
  // After the failure some replica of the target may still be asked. Set by the request.
  bool target_usable = true;
  // The request had stream_options and was refused because of them.
  bool stream_options_refused = false;
};

// Returns whether the backend refused only what the gateway had added, so that this is no failure
// and no retry. `asked_without`: the target has been asked without stream_options.
inline bool RefusesOptions(const AttemptFailure& failure, bool asked_without) {
  return failure.error.result == backends::AttemptResult::kStatus4xx &&
         failure.stream_options_refused && !asked_without;
}

// Returns whether every other target would refuse the request as well.
inline bool IsFinalRefusal(const AttemptFailure& failure, bool asked_without) {
  return failure.error.result == backends::AttemptResult::kStatus4xx && !failure.untranslatable &&
         !failure.context_too_long && !failure.documents_refused &&
         !RefusesOptions(failure, asked_without);
}

}  // namespace headgate::gateway

#pragma once

#include <cstddef>
#include <cstdint>

#include "backends/protocols/values/answer_usage.h"
#include "backends/upstream/upstream_error.h"
#include "config/base/money.h"
#include "gateway/accounting/request_account.h"
#include "gateway/attempt/outgoing_request.h"
#include "gateway/permits/attempt_permit.h"
#include "routing/decide/learned.h"

namespace headgate::gateway {

// What is known of an attempt when it has ended.
struct EndedAttempt {
  backends::AttemptResult result = backends::AttemptResult::kOk;
  const backends::AnswerUsage& usage;  // as reported
  std::int64_t output_seen = 0;        // tokens, estimated
  bool heard_to_the_end = true;        // false: usage may have grown after the last report
  bool sent = true;                    // the request has left
  bool excused = false;                // see HealthReportOf
  NanoUsd rent = 0;                    // of the slot
};

// Adds the entry of an attempt that begins at `now`, and returns its number.
std::size_t OpenEntry(RequestAccount& account, std::size_t target, TimePoint now);

// Ends the wait for the first token of an attempt that has ended at `now`.
void EndWait(backends::AttemptResult result, TimePoint now, routing::WaitingStream& waiting);

// Returns whether the time of the whole request was over before the target can have shown that it
// works (HadTimeToAnswer). REQUIRES: entry.target, .started, .ended and .result are set.
bool BeganLate(const AttemptAccount& entry, const OutgoingRequest& request,
               const RequestAccount& account, std::int64_t output_seen);

// Books an attempt in `entry`, its entry in the account, and updates what is learned of its target.
// Returns what it has used of its permit. REQUIRES: entry.target, .started and .ended are set.
UsedPermit BookAttempt(const EndedAttempt& ended, const OutgoingRequest& request,
                       const RequestAccount& account, AttemptAccount& entry);

}  // namespace headgate::gateway

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "backends/protocols/values/answer_usage.h"
#include "backends/protocols/values/stream_end.h"
#include "backends/upstream/upstream_error.h"
#include "config/base/money.h"
#include "gateway/accounting/refusal_verdict.h"
#include "policy/money/cost.h"
#include "routing/policy/policy.h"

namespace headgate::gateway {

// What the end of an attempt means for the books, for the health of the replica, and for what is
// learned of the target. All functions are pure. docs/operations.md, "When things fail", has the
// same as a table.

// How a stream ended, as far as it can be known.
struct StreamOutcome {
  bool client_gone = false;
  backends::StreamEnd end;                                           // by its protocol
  bool complete = false;                                             // the body ended as HTTP says
  backends::AttemptResult exchange = backends::AttemptResult::kCut;  // of an incomplete stream
};
// Returns how a stream ended. Some servers leave out the event that closes a stream: if each answer
// has finished and the body is complete, nothing is missing. If an answer has no end, the stream is
// incomplete: kCut.
backends::AttemptResult ResultOf(const StreamOutcome& stream);

// What the replica's health is told about an attempt.
enum class HealthReport : std::uint8_t {
  kNothing,
  kSucceeded,      // it served the model
  kAnswered,       // it answered, and the answer says nothing about the model
  kModelRejected,  // it answered that it does not serve the model, to us
  kFailed,         // several of these in a row eject it
  kDead,           // one of these ejects it
};
// Returns what the replica is told. `excused`: the end says nothing about the backend, because a
// drain ended the attempt, or because HadTimeToAnswer is false. The loser of a race may be slower
// than `hedge.after` and well: what is silent is found by the requests that are not hedged.
HealthReport HealthReportOf(backends::AttemptResult result, Blame blame, bool excused);

// Returns whether the attempt counts as a failure in the error rate of its target, or nullopt if it
// does not count at all. A refusal that is the caller's mistake counts as an answer, because the
// target works.
std::optional<bool> FailureToLearn(backends::AttemptResult result, bool excused);

// An attempt that ended because the time of its whole request was over (kTotalTimeout).
struct TimeOver {
  std::chrono::nanoseconds ran{0};    // the attempt itself
  std::chrono::nanoseconds usual{0};  // until its first sign of life at this target; 0: not known
  std::chrono::nanoseconds total{0};  // `timeouts.total`
  std::int64_t output_seen = 0;       // tokens
};
// Returns whether a target that works would have shown it by then. An attempt that began late,
// because its request had waited, or that was sending tokens until it was cut, says nothing about
// its replica. Without this, an overload would eject replicas that serve all their slots.
bool HadTimeToAnswer(const TimeOver& over);

// What is learned from the time that an attempt waited for its first token, if no token came.
enum class WaitLesson : std::uint8_t {
  kNothing,
  kAnswered,  // the answer came whole
  kGivenUp,   // it would have come later than this: a lower bound
};
WaitLesson WaitLessonOf(backends::AttemptResult result);

// Returns whether a backend that never said what it charged is assumed to have charged. `sent`: the
// whole request has left, or was answered. `output_seen`: tokens.
bool WasWorkedOn(backends::AttemptResult result, bool sent, std::int64_t output_seen);

// What an attempt is booked from.
struct BillingFacts {
  backends::AttemptResult result = backends::AttemptResult::kOk;
  bool sent = true;
  bool generates = true;            // false: embeddings
  bool free = false;                // nobody charges for tokens: a count of tokens
  bool heard_to_the_end = true;     // false: usage may have grown after the last report
  std::int64_t output_seen = 0;     // tokens, estimated
  std::int64_t input_estimate = 0;  // tokens
  float cached_share = 0;           // of the input: what usually comes from a cache, 0..1
  std::int64_t most_output = 0;     // most tokens that the client allows
  NanoUsd rent = 0;                 // of the slot: the cost of a self-hosted target
  std::int64_t ended_unix = 0;      // when it ended: seconds since 1970
};
struct Bill {
  policy::Usage usage;
  policy::UsageStatus status = policy::UsageStatus::kExact;
  policy::ServiceTier tier = policy::ServiceTier::kStandard;
  NanoUsd cost = 0;
  bool learned = false;       // it may be learned from (BookedUsage)
  bool exact_tokens = false;  // whatever is known of the price
};
// Returns what the attempt is booked as. The tier is that of the answer. If the price of that tier
// is not known, the standard price is booked as an estimate. So is an answer with other charges.
Bill BillOf(const BillingFacts& facts, const backends::AnswerUsage& reported,
            const routing::Target& target);

}  // namespace headgate::gateway

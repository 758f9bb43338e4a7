#pragma once

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

// What the end of an attempt means: for the books, for the health of the replica, for what is
// learned of the target. All pure; docs/operations.md, "When things fail", is the same as a table.

// How a stream ended, as far as it can be known.
struct StreamOutcome {
  bool client_gone = false;
  backends::StreamEnd end;                                           // by its protocol
  bool complete = false;                                             // the body ended as HTTP says
  backends::AttemptResult exchange = backends::AttemptResult::kCut;  // of one that is not complete
};
// Some servers leave out what closes a stream. With each answer finished and the body complete
// nothing is missing; with one that has no end the answer is half an answer: kCut.
backends::AttemptResult ResultOf(const StreamOutcome& stream);

// What the replica is told about itself.
enum class HealthReport : std::uint8_t {
  kNothing,
  kSucceeded,      // it served the model
  kAnswered,       // it answered, and the answer says nothing about the model
  kModelRejected,  // it answered that it does not serve the model, to us
  kFailed,         // several of these in a row eject it
  kDead,           // one of these ejects it
};
// `cut`: the attempt was ended by a drain, which is nobody's fault.
HealthReport HealthReportOf(backends::AttemptResult result, Blame blame, bool cut);

// Whether the attempt counts as a failure in the error rate of its target; nullopt: it does not
// count at all. A caller's mistake is an answer: the target is as good as ever.
std::optional<bool> FailureToLearn(backends::AttemptResult result, bool cut);

// What is learned from the time that an attempt waited for its first token, where none came.
enum class WaitLesson : std::uint8_t {
  kNothing,
  kAnswered,  // the answer came whole
  kGivenUp,   // it would have come later than this: a lower bound
};
WaitLesson WaitLessonOf(backends::AttemptResult result);

// Whether a backend that never said what it charged is taken to have charged. `sent`: the whole
// request has left, or was answered. `output_seen`: tokens.
bool WasWorkedOn(backends::AttemptResult result, bool sent, std::int64_t output_seen);

// What an attempt is booked from.
struct BillingFacts {
  backends::AttemptResult result = backends::AttemptResult::kOk;
  bool sent = true;
  bool generates = true;            // false: embeddings
  bool heard_to_the_end = true;     // false: the usage may have grown after what was heard
  std::int64_t output_seen = 0;     // tokens, estimated
  std::int64_t input_estimate = 0;  // tokens
  std::int64_t most_output = 0;     // tokens that the client asked for at most
  NanoUsd rent = 0;                 // of the slot; self-hosted targets cost it
};
struct Bill {
  policy::Usage usage;
  policy::UsageStatus status = policy::UsageStatus::kExact;
  policy::ServiceTier tier = policy::ServiceTier::kStandard;
  NanoUsd cost = 0;
  bool learned = false;  // both sides are the backend's, good to learn a target's habits from
};
Bill BillOf(const BillingFacts& facts, const backends::AnswerUsage& reported,
            const routing::Target& target);

}  // namespace headgate::gateway

#include "gateway/attempt/outcome.h"

#include <algorithm>

#include "gateway/accounting/reported_usage.h"

namespace headgate::gateway {

using backends::AttemptResult;

AttemptResult ResultOf(const StreamOutcome& stream) {
  if (stream.client_gone) return AttemptResult::kClientGone;
  if (stream.end.error) return AttemptResult::kErrorEvent;
  if (stream.end.malformed) return AttemptResult::kMalformed;
  if (stream.end.closed) return AttemptResult::kOk;
  if (!stream.complete) return stream.exchange;
  return stream.end.finished ? AttemptResult::kOk : AttemptResult::kCut;
}

HealthReport HealthReportOf(AttemptResult result, Blame blame, bool excused) {
  switch (result) {
    case AttemptResult::kOk:
      return HealthReport::kSucceeded;
    case AttemptResult::kStatus4xx:  // a caller's mistake never ejects: the replica did answer
      return HealthReport::kAnswered;
    case AttemptResult::kRejected:
    case AttemptResult::kNoCredit:
      if (blame == Blame::kReplica) return HealthReport::kFailed;
      return blame == Blame::kModel ? HealthReport::kModelRejected : HealthReport::kAnswered;
    case AttemptResult::kConnectFailed:
    case AttemptResult::kTlsFailed:
    case AttemptResult::kFirstTokenTimeout:
      return HealthReport::kDead;
    case AttemptResult::kClientGone:
    case AttemptResult::kHedgeLost:
    case AttemptResult::kMovedAside:
    case AttemptResult::kStatus429:  // full, not broken
      return HealthReport::kNothing;
    default:
      return excused ? HealthReport::kNothing : HealthReport::kFailed;
  }
}

std::optional<bool> FailureToLearn(AttemptResult result, bool excused) {
  if (excused) return std::nullopt;
  switch (result) {
    case AttemptResult::kClientGone:
    case AttemptResult::kHedgeLost:
    case AttemptResult::kMovedAside:
      return std::nullopt;
    default:
      break;
  }
  return result != AttemptResult::kOk && result != AttemptResult::kStatus4xx;
}

bool HadTimeToAnswer(const TimeOver& over) {
  if (over.output_seen > 0) return false;
  if (over.usual.count() > 0) return over.ran >= 2 * over.usual;
  return over.ran >= over.total / 2;
}

WaitLesson WaitLessonOf(AttemptResult result) {
  switch (result) {
    case AttemptResult::kFirstTokenTimeout:
    case AttemptResult::kFirstByteTimeout:
    case AttemptResult::kTotalTimeout:
    case AttemptResult::kClientGone:
    case AttemptResult::kHedgeLost:
    case AttemptResult::kMovedAside:
      return WaitLesson::kGivenUp;
    case AttemptResult::kOk:
      return WaitLesson::kAnswered;
    default:
      return WaitLesson::kNothing;
  }
}

// A refusal, and a request that did not reach the backend, cost nothing. Providers do not bill a
// 5xx. If we stopped waiting for an answer, or it broke off, the backend was working on it, also
// before its first byte.
bool WasWorkedOn(AttemptResult result, bool sent, std::int64_t output_seen) {
  switch (result) {
    case AttemptResult::kConnectFailed:
    case AttemptResult::kTlsFailed:
    case AttemptResult::kStatus4xx:
    case AttemptResult::kStatus429:
    case AttemptResult::kStatus5xx:
    case AttemptResult::kRejected:
    case AttemptResult::kNoCredit:
      return false;
    case AttemptResult::kErrorEvent:
      return output_seen > 0;
    default:
      return sent;
  }
}

Bill BillOf(const BillingFacts& facts, const backends::AnswerUsage& reported,
            const routing::Target& target) {
  if (facts.free) {
    return {.usage = {},
            .cost = target.hosting == config::Hosting::kSelfHosted ? facts.rent : 0,
            .exact_tokens = true};
  }
  UsageEstimate estimate;
  const bool worked = WasWorkedOn(facts.result, facts.sent, facts.output_seen);
  if (worked) {
    estimate = {.input = facts.input_estimate,
                .cached_input = CachedPartOf(facts.input_estimate, facts.cached_share),
                .output = std::min(facts.output_seen, facts.most_output)};
  }
  const bool plausible = reported.tokens && IsPlausible(*reported.tokens, target.context);
  const BookedUsage booked =
      BookUsage(plausible ? reported.tokens : std::nullopt, estimate, facts.generates);
  // No tokens is then what it cost, and no guess.
  const bool untouched = !worked && !reported.tokens;
  const bool exact = untouched || (booked.exact && facts.heard_to_the_end);
  const AnsweredTier answered = TierOf(reported);
  Bill bill{.usage = booked.usage,
            .status = exact ? policy::UsageStatus::kExact : policy::UsageStatus::kEstimated,
            .tier = answered.tier,
            .cost = 0,
            .learned = booked.learned,
            .exact_tokens = exact};
  if (target.hosting == config::Hosting::kSelfHosted) {
    bill.cost = facts.rent;
  } else if (target.prices) {
    bill.cost = policy::CostOf(*target.prices, bill.usage, bill.tier, facts.ended_unix);
    const bool charged_apart = plausible && reported.tokens->other_charges;
    if (charged_apart || !answered.known ||
        !policy::HasTier(*target.prices, bill.tier, facts.ended_unix)) {
      bill.status = policy::UsageStatus::kEstimated;
    }
  } else if (!untouched) {
    bill.status = policy::UsageStatus::kUnpriced;
  }
  return bill;
}

}  // namespace headgate::gateway

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "gateway/cli/plan/plan_question.h"
#include "gateway/cli/plan/traffic/observed_traffic.h"
#include "policy/plan/break_even.h"
#include "policy/plan/verdict.h"

namespace headgate::gateway {

struct PlanReport;

// What can be said if the throughput was observed at replicas that were not full: it is the least
// that they can do. The observed throughput over the share of the slots that were held is the most,
// because tokens never grow faster than the requests at once. All functions are pure.

// Reads --busy, or works out how busy `replicas` were in the span of the throughput: the rent that
// was booked there is that of the slots that were held. Leaves `question.busy` absent if nothing
// was booked.
absl::Status ObserveBusy(const PlanFlags& flags, const ObservedThroughput& seen,
                         std::int64_t replicas, PlanQuestion& question);

// From this share of held slots on, in millionths, replicas count as full.
inline constexpr std::int64_t kBusyEnough = 700'000;

struct PlanBounds {
  std::int64_t most = 0;                            // tokens an hour of one replica
  policy::Verdict verdict = policy::Verdict::kTie;  // with so many
  policy::MonthCosts costs;
  policy::BreakEven break_even;
  std::optional<std::int64_t> pays;  // policy::ThroughputThatPays
};
// The case with the most that replicas can do; nullopt if its throughput is not such a least one.
std::optional<policy::PlanCase> CaseOfMost(const PlanQuestion& question);
std::optional<PlanBounds> BoundsOf(const PlanQuestion& question);

// Whether the answer is another one at the bounds, so that nothing can be said.
bool IsUndecided(const PlanReport& report);

// REQUIRES: IsUndecided.
std::string UndecidedHeadline(const PlanReport& report);
std::string UndecidedReason(const PlanReport& report);
// What the figures of break-even are worth. REQUIRES: report.bounds.
std::string BoundsSentence(const PlanReport& report);

}  // namespace headgate::gateway

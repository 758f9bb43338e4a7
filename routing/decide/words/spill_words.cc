#include "routing/decide/words/spill_words.h"

#include <cmath>
#include <optional>

#include "config/base/text.h"
#include "routing/decide/estimates.h"
#include "routing/decide/spill.h"

namespace headgate::routing {
namespace {

using config::Concat;
using config::DurationText;
using When = config::Spill::When;

std::string PredictedWaitText(const Candidate& candidate) {
  return Concat("predicted wait ", std::llround(candidate.predicted_wait_ms), " ms");
}

// Where a request goes that would come too late at `plan[position]`.
std::string WhereItGoes(const CompiledPolicy& policy, const DecisionInput& input,
                        const Decision& decision, std::size_t position) {
  const auto next = FirstInTime(policy, input, decision, position + 1);
  if (!next) return "it would be refused with 429 queue_full";
  return Concat("goes to ", policy.targets()[decision.plan[*next].target].name);
}

}  // namespace

std::string SpillRule(const config::Spill& spill) {
  if (spill.when == When::kNever) return "never";
  if (spill.limit.count() == 0) return "at once";
  return Concat(spill.when == When::kAfter ? "after " : "when_wait_over ",
                DurationText(spill.limit));
}

std::string WhySpilled(const CompiledPolicy& policy, const DecisionInput& input,
                       const Decision& decision, std::size_t target) {
  const config::Spill& spill = policy.routes()[decision.route].spill;
  const Candidate& candidate = input.candidates[target];
  switch (SpillAt(spill, policy.targets()[target], candidate, input.slo_ttft_ms)) {
    case SpillReason::kNone:
      break;
    case SpillReason::kNoFreeSlot:
      return "no slot is free, and the route spills at once";
    case SpillReason::kOverLimit:
      return Concat(PredictedWaitText(candidate), " is over when_wait_over ",
                    DurationText(spill.limit));
    case SpillReason::kOverDeadline:
      return Concat(PredictedWaitText(candidate), " is over x-slo-ttft-ms ", *input.slo_ttft_ms);
  }
  return {};
}

std::string QueueWords(const CompiledPolicy& policy, const DecisionInput& input,
                       const Decision& decision, std::size_t position) {
  const PlannedTarget& planned = decision.plan[position];
  const Candidate& candidate = input.candidates[planned.target];
  if (!QueueOf(policy.targets()[planned.target]) || !planned.available) return {};
  const config::Spill& spill = policy.routes()[decision.route].spill;
  const std::string looks =
      MayLeave(policy, decision, position)
          ? Concat("; looks every ", LookAgainAfter(spill).count(), " ms whether one has room")
          : std::string();
  const std::string why = WhySpilled(policy, input, decision, planned.target);
  if (planned.spilled) return Concat("spills: ", why);
  if (ComesTooLateAt(policy, input, decision, position)) {
    const config::Milliseconds total = TotalTime(policy, decision);
    const auto answer = std::chrono::round<std::chrono::milliseconds>(TimeForAnswer(
        UsualAnswerAt(policy.targets()[planned.target], candidate, SizeOf(input)), total));
    const bool alone = candidate.predicted_wait_ms > static_cast<float>(total.count());
    return Concat(
        PredictedWaitText(candidate),
        alone ? std::string(" is") : Concat(" and ", answer.count(), " ms for the answer are"),
        " longer than timeouts.total ", DurationText(total), ": ",
        WhereItGoes(policy, input, decision, position));
  }
  if (!why.empty()) return Concat(why, ", but no other target is up and less full", looks);
  if (HasFreeSlot(candidate)) return {};
  if (const auto next = NextAfterWait(policy, input, decision, position)) {
    const Target& target = policy.targets()[decision.plan[*next].target];
    return Concat("waits up to ", spill.limit.count(), " ms, then goes to ", target.name,
                  QueueOf(target) ? " if that has room" : "");
  }
  const std::string waits = Concat("waits for a slot, ", PredictedWaitText(candidate));
  if (spill.when == When::kNever) return Concat(waits, "; the route never spills");
  if (looks.empty()) return Concat(waits, "; no target is left to spill to");
  return Concat(waits, "; no other target has room now", looks);
}

}  // namespace headgate::routing

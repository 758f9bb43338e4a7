#include "routing/decide/spill.h"

#include <algorithm>

#include "routing/decide/estimates.h"

namespace headgate::routing {
namespace {

// The target that would come first if nothing spilled. REQUIRES: a target is up.
const PlannedTarget& Intended(const DecisionInput& input, const Decision& decision) {
  if (input.conversation_target) {
    for (const PlannedTarget& planned : decision.plan) {
      if (planned.target == *input.conversation_target && planned.available) return planned;
    }
  }
  return decision.plan.front();
}

}  // namespace

SpillReason SpillAt(const config::Spill& spill, const Target& target, const Candidate& candidate,
                    std::optional<std::uint32_t> slo_ttft_ms) {
  using When = config::Spill::When;
  if (target.hosting != config::Hosting::kSelfHosted || spill.when == When::kNever) {
    return SpillReason::kNone;
  }
  const auto limit = static_cast<double>(spill.limit.count());
  if (limit <= 0) return HasFreeSlot(candidate) ? SpillReason::kNone : SpillReason::kNoFreeSlot;
  if (spill.when == When::kAfter) return SpillReason::kNone;
  const auto wait = static_cast<double>(candidate.predicted_wait_ms);
  if (wait > limit) return SpillReason::kOverLimit;
  return slo_ttft_ms && wait > *slo_ttft_ms ? SpillReason::kOverDeadline : SpillReason::kNone;
}

void SpillFull(const CompiledPolicy& policy, const config::Spill& spill, const DecisionInput& input,
               Decision& decision) {
  std::vector<PlannedTarget>& plan = decision.plan;
  const auto usable = std::find_if(plan.begin(), plan.end(),
                                   [](const PlannedTarget& planned) { return !planned.available; });
  bool any = false;
  bool all = true;
  for (auto planned = plan.begin(); planned != usable; ++planned) {
    planned->spilled =
        SpillAt(spill, policy.targets()[planned->target], input.candidates[planned->target],
                input.slo_ttft_ms) != SpillReason::kNone;
    any |= planned->spilled;
    all &= planned->spilled;
  }
  if (!any) return;
  if (all) {
    for (auto planned = plan.begin(); planned != usable; ++planned) planned->spilled = false;
    return;
  }
  const PlannedTarget& intended = Intended(input, decision);
  if (intended.spilled) decision.spilled_from = intended.target;
  // std::stable_partition may allocate. Plans are short, and few of them spill.
  auto place = plan.begin();
  for (auto planned = plan.begin(); planned != usable; ++planned) {
    if (planned->spilled) continue;
    std::rotate(place, planned, planned + 1);
    ++place;
  }
}

std::optional<std::size_t> NextAfterWait(const CompiledPolicy& policy, const config::Spill& spill,
                                         const Decision& decision, std::size_t position) {
  const std::vector<PlannedTarget>& plan = decision.plan;
  const bool waits = spill.when == config::Spill::When::kAfter && position + 1 < plan.size() &&
                     plan[position].available && plan[position + 1].available;
  const config::Hosting hosting = policy.targets()[plan[position].target].hosting;
  if (!waits || hosting != config::Hosting::kSelfHosted) return std::nullopt;
  return plan[position + 1].target;
}

}  // namespace headgate::routing

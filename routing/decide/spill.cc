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

// The queues that take the requests of others.
class TakingQueues {
 public:
  void Add(std::optional<std::size_t> queue) {
    several_ |= any_ && !IsSameQueue(queue, first_);
    if (!any_) first_ = queue;
    any_ = true;
  }
  // Returns whether one of them is another queue than `queue`.
  bool AnyBut(std::optional<std::size_t> queue) const {
    return several_ || (any_ && !IsSameQueue(queue, first_));
  }

 private:
  bool any_ = false;
  bool several_ = false;  // different ones
  std::optional<std::size_t> first_;
};

// Returns the first place behind `position` of a target that is up, has another queue than `queue`,
// and for which `fits(planned)` holds.
template <typename Fits>
std::optional<std::size_t> NextElsewhere(const CompiledPolicy& policy, const Decision& decision,
                                         std::size_t position, Fits fits) {
  const std::vector<PlannedTarget>& plan = decision.plan;
  const std::optional<std::size_t> queue = QueueOf(policy.targets()[plan[position].target]);
  const bool waits = queue && plan[position].available &&
                     policy.routes()[decision.route].spill.when != config::Spill::When::kNever;
  for (std::size_t i = position + 1; waits && i < plan.size(); ++i) {
    const bool elsewhere =
        plan[i].available && !IsSameQueue(queue, QueueOf(policy.targets()[plan[i].target]));
    if (elsewhere && fits(plan[i])) return i;
  }
  return std::nullopt;
}

}  // namespace

SpillReason SpillAt(const config::Spill& spill, const Target& target, const Candidate& candidate,
                    std::optional<std::uint32_t> slo_ttft_ms) {
  using When = config::Spill::When;
  if (!QueueOf(target) || spill.when == When::kNever) return SpillReason::kNone;
  const auto limit = static_cast<double>(spill.limit.count());
  if (limit <= 0) return HasFreeSlot(candidate) ? SpillReason::kNone : SpillReason::kNoFreeSlot;
  if (spill.when == When::kAfter) return SpillReason::kNone;
  const auto wait = static_cast<double>(candidate.predicted_wait_ms);
  if (wait > limit) return SpillReason::kOverLimit;
  return slo_ttft_ms && wait > *slo_ttft_ms ? SpillReason::kOverDeadline : SpillReason::kNone;
}

bool TakesSpilled(const config::Spill& spill, const Target& target, const Candidate& candidate,
                  std::optional<std::uint32_t> slo_ttft_ms) {
  if (!QueueOf(target)) return true;
  return SpillAt(spill, target, candidate, slo_ttft_ms) == SpillReason::kNone &&
         static_cast<double>(candidate.predicted_wait_ms) <=
             static_cast<double>(spill.limit.count());
}

void SpillFull(const CompiledPolicy& policy, const config::Spill& spill, const DecisionInput& input,
               Decision& decision) {
  std::vector<PlannedTarget>& plan = decision.plan;
  const auto usable = std::find_if(plan.begin(), plan.end(),
                                   [](const PlannedTarget& planned) { return !planned.available; });
  TakingQueues taking;
  for (auto planned = plan.begin(); planned != usable; ++planned) {
    const Target& target = policy.targets()[planned->target];
    planned->spilled = SpillAt(spill, target, input.candidates[planned->target],
                               input.slo_ttft_ms) != SpillReason::kNone;
    if (!planned->spilled) taking.Add(QueueOf(target));
  }
  bool any = false;
  for (auto planned = plan.begin(); planned != usable; ++planned) {
    planned->spilled &= taking.AnyBut(QueueOf(policy.targets()[planned->target]));
    any |= planned->spilled;
  }
  if (!any) return;
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

config::Milliseconds TotalTime(const CompiledPolicy& policy, const Decision& decision) {
  return policy.routes()[decision.route].total[decision.plan.front().target];
}

bool ComesTooLateAt(const CompiledPolicy& policy, const DecisionInput& input,
                    const Decision& decision, std::size_t position,
                    std::chrono::nanoseconds waited) {
  const PlannedTarget& planned = decision.plan[position];
  const Candidate& candidate = input.candidates[planned.target];
  if (!planned.available || !QueueOf(policy.targets()[planned.target])) return false;
  if (HasFreeSlot(candidate)) return false;
  constexpr float kLongest = 1e12F;  // fits into nanoseconds
  using MillisecondsAsFloat = std::chrono::duration<float, std::milli>;
  const auto wait = std::chrono::duration_cast<std::chrono::nanoseconds>(
      MillisecondsAsFloat(std::min(candidate.predicted_wait_ms, kLongest)));
  const std::chrono::nanoseconds left = TotalTime(policy, decision) - waited;
  const std::chrono::nanoseconds usual =
      UsualAnswerAt(policy.targets()[planned.target], candidate, SizeOf(input));
  return ComesTooLate(policy.BandOf(input.classification.request_class),
                      {.wait = wait, .firm = candidate.firm_wait},
                      left - TimeForAnswer(usual, left));
}

std::optional<std::size_t> FirstInTime(const CompiledPolicy& policy, const DecisionInput& input,
                                       const Decision& decision, std::size_t position,
                                       std::chrono::nanoseconds waited) {
  for (std::size_t i = position; i < decision.plan.size(); ++i) {
    const bool in_time = !ComesTooLateAt(policy, input, decision, i, waited);
    if (decision.plan[i].available && in_time) return i;
  }
  return std::nullopt;
}

bool MayLeave(const CompiledPolicy& policy, const Decision& decision, std::size_t position) {
  return NextElsewhere(policy, decision, position, [](const PlannedTarget&) { return true; })
      .has_value();
}

std::optional<std::size_t> NextAfterWait(const CompiledPolicy& policy, const DecisionInput& input,
                                         const Decision& decision, std::size_t position) {
  const config::Spill& spill = policy.routes()[decision.route].spill;
  return NextElsewhere(policy, decision, position, [&](const PlannedTarget& planned) {
    return TakesSpilled(spill, policy.targets()[planned.target], input.candidates[planned.target],
                        input.slo_ttft_ms);
  });
}

}  // namespace headgate::routing

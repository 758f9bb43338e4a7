#include "routing/replay/replayed_queue.h"

#include <chrono>
#include <cmath>
#include <optional>

#include "routing/decide/spill.h"

namespace headgate::routing {

ReplayedWait WaitPredicted(const CompiledPolicy& policy, const DecisionInput& input,
                           const Decision& decision) {
  const config::Spill& spill = policy.routes()[decision.route].spill;
  const auto limit = static_cast<float>(spill.limit.count());
  const auto predicted_ms = [&](std::size_t place) {
    const std::size_t target = decision.plan[place].target;
    return QueueOf(policy.targets()[target]) ? input.candidates[target].predicted_wait_ms : 0.0f;
  };
  ReplayedWait wait;
  while (true) {
    const std::chrono::microseconds waited(wait.us);
    const bool too_late = ComesTooLateAt(policy, input, decision, wait.place, waited);
    if (!too_late && predicted_ms(wait.place) <= limit) break;
    const std::optional<std::size_t> next =
        too_late ? FirstInTime(policy, input, decision, wait.place + 1, waited)
                 : NextAfterWait(policy, input, decision, wait.place);
    if (!next) break;
    wait.place = *next;
    if (!too_late) wait.us += std::chrono::microseconds(spill.limit).count();
  }
  wait.us += std::llround(static_cast<double>(predicted_ms(wait.place)) * 1000);
  return wait;
}

bool HasSameSpill(const RecordedRequest& record, const config::Spill& spill) {
  const std::optional<std::vector<config::Spill>>& spills = record.policy->spills;
  if (!spills || record.route >= spills->size()) return false;
  const config::Spill& recorded = (*spills)[record.route];
  const bool never = spill.when == config::Spill::When::kNever;
  return recorded.when == spill.when && (never || recorded.limit == spill.limit);
}

void ChangeSlots(int slots, Candidate& candidate) {
  const bool was_full = candidate.slots > 0 && candidate.in_flight >= candidate.slots;
  candidate.slots = slots;
  if (was_full && candidate.in_flight < slots) candidate.predicted_wait_ms = 0;
}

}  // namespace headgate::routing

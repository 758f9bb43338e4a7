#include "routing/replay/replayed_queue.h"

#include <optional>

#include "routing/decide/spill.h"

namespace headgate::routing {

std::size_t PlaceAfterWaits(const CompiledPolicy& policy, const DecisionInput& input,
                            const Decision& decision) {
  const config::Spill& spill = policy.routes()[decision.route].spill;
  const auto limit = static_cast<float>(spill.limit.count());
  std::size_t place = 0;
  while (input.candidates[decision.plan[place].target].predicted_wait_ms > limit) {
    const std::optional<std::size_t> next = NextAfterWait(policy, input, decision, place);
    if (!next) break;
    place = *next;
  }
  return place;
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

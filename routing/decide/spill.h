#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "config/config.h"
#include "routing/decide/decision.h"
#include "routing/policy/policy.h"

namespace headgate::routing {

// Leaving a full self-hosted target for another target of the plan: what a route's `spill` decides
// before a request waits, and while it waits. A target with the same queue (QueueOf) is no way out.
// Pure; allocates nothing.

// Why the queue of a target is too long for a request.
enum class SpillReason : std::uint8_t {
  kNone,
  kNoFreeSlot,    // and the route spills at once (a limit of 0)
  kOverLimit,     // the predicted wait is over `when_wait_over`
  kOverDeadline,  // the predicted wait is over the request's x-slo-ttft-ms
};

// The rule for one target. Only self-hosted targets have queues. `never`, and `after` with a time
// above 0, never spill here: their requests wait first.
SpillReason SpillAt(const config::Spill& spill, const Target& target, const Candidate& candidate,
                    std::optional<std::uint32_t> slo_ttft_ms);

// Whether a target takes a request that leaves another queue: it has no queue, or its own queue is
// short enough. The request would not spill there, and its predicted wait is within the limit.
bool TakesSpilled(const config::Spill& spill, const Target& target, const Candidate& candidate,
                  std::optional<std::uint32_t> slo_ttft_ms);

// Moves the targets that spill behind those that are up and do not, and marks both in `decision`
// (PlannedTarget::spilled, Decision::spilled_from). Each group keeps its order. A target spills
// only if another queue, or a paid API, is up and does not spill: otherwise there is nowhere to go.
// REQUIRES: the plan is ranked, and no target is marked yet.
void SpillFull(const CompiledPolicy& policy, const config::Spill& spill, const DecisionInput& input,
               Decision& decision);

// --- before a request waits ----------------------------------------------------------------------

// How long a request would wait for a slot. `firm`: the prediction rests on enough to refuse a
// request by it.
struct PredictedWait {
  std::chrono::nanoseconds wait{0};
  bool firm = false;
};

// What of the rest of timeouts.total is kept for the answer: what one usually takes, and at most
// half. A slot that comes later would be taken in vain.
constexpr std::chrono::nanoseconds TimeForAnswer(std::chrono::nanoseconds usual,
                                                 std::chrono::nanoseconds left) {
  return usual < left / 2 ? usual : left / 2;
}

// Whether a request does not wait because it would get its slot too late: the predicted wait is
// longer than `left` of its timeouts.total, without the TimeForAnswer. Batch waits, because its
// time does not run meanwhile.
constexpr bool ComesTooLate(config::Band band, const PredictedWait& predicted,
                            std::chrono::nanoseconds left) {
  return band != config::Band::kBatch && predicted.firm && predicted.wait > left;
}

// Whether a request that has already waited for `waited` elsewhere would come too late at
// `plan[position]`. False if the target is down, if it has no queue, or if a slot is free.
bool ComesTooLateAt(const CompiledPolicy& policy, const DecisionInput& input,
                    const Decision& decision, std::size_t position,
                    std::chrono::nanoseconds waited = {});

// The time that a request of the decision may take in all: timeouts.total of its first target.
// REQUIRES: the decision has a plan.
config::Milliseconds TotalTime(const CompiledPolicy& policy, const Decision& decision);

// The first place from `position` on where the request would not come too late. Nullopt: there is
// none, and it is refused.
std::optional<std::size_t> FirstInTime(const CompiledPolicy& policy, const DecisionInput& input,
                                       const Decision& decision, std::size_t position,
                                       std::chrono::nanoseconds waited = {});

// --- while a request waits -----------------------------------------------------------------------

// How long a request waits before it looks whether another target takes it: the time of `after` or
// `when_wait_over`. If none does, it keeps its place and looks again after LookAgainAfter.
constexpr config::Milliseconds LookAgainAfter(const config::Spill& spill) {
  constexpr config::Milliseconds kLeast{50};
  return std::max(spill.limit, kLeast);
}

// Whether a request may leave the queue of `plan[position]` when its time is over: the target has a
// queue, the route spills, and a target with another queue is up. Targets before `position` are
// taken to be asked already: a plan is asked in its order.
bool MayLeave(const CompiledPolicy& policy, const Decision& decision, std::size_t position);

// The place in the plan of the target to which a request goes then: the first of these targets that
// takes it by what `input` knows of their queues. Nullopt: none does, and the request stays.
std::optional<std::size_t> NextAfterWait(const CompiledPolicy& policy, const DecisionInput& input,
                                         const Decision& decision, std::size_t position);

}  // namespace headgate::routing

#pragma once

#include <cstdint>
#include <optional>

#include "config/config.h"
#include "routing/decide/decision.h"
#include "routing/policy/policy.h"

namespace headgate::routing {

// Leaving a full self-hosted target for the next target of the plan: the part of a route's `spill`
// that is decided before a request waits. Pure; allocates nothing.

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

// Moves the targets that spill behind those that are up and do not, and marks both in `decision`
// (PlannedTarget::spilled, Decision::spilled_from). Each group keeps its order. If every target
// that is up would spill, none does: there is nowhere to go. REQUIRES: the plan is ranked, and no
// target is marked yet.
void SpillFull(const CompiledPolicy& policy, const config::Spill& spill, const DecisionInput& input,
               Decision& decision);

// The target whose turn comes after the time of `spill: {after: …}` in the queue of
// `plan[position]`. Nullopt: the request does not leave this queue, because the target has none,
// the route does not spill so, or no target is left that is up.
std::optional<std::size_t> NextAfterWait(const CompiledPolicy& policy, const config::Spill& spill,
                                         const Decision& decision, std::size_t position);

}  // namespace headgate::routing

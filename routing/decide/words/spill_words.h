#pragma once

#include <cstddef>
#include <string>

#include "config/config.h"
#include "routing/decide/decision.h"
#include "routing/policy/policy.h"

namespace headgate::routing {

// What a request meets at a full self-hosted target, in words for people. Pure.

// The rule of a route: "after 2s", "at once", "when_wait_over 500ms" or "never".
std::string SpillRule(const config::Spill& spill);

// Why a target spills: for example "predicted wait 800 ms is over when_wait_over 500ms". Empty if
// it does not spill by the rule of the decision's route.
std::string WhySpilled(const CompiledPolicy& policy, const DecisionInput& input,
                       const Decision& decision, std::size_t target);

// What happens in the queue of `decision.plan[position]`: it spills and why, or the request does
// not wait because it would come too late, or how long it waits and where it goes then. Empty if a
// request would begin there at once, if the target is down, or if it has no queue. REQUIRES: the
// decision has a plan.
std::string QueueWords(const CompiledPolicy& policy, const DecisionInput& input,
                       const Decision& decision, std::size_t position);

}  // namespace headgate::routing

#pragma once

#include <cstddef>

#include "routing/decide/decision.h"
#include "routing/policy/policy.h"
#include "routing/replay/recorded.h"

namespace headgate::routing {

// The queues that a request leaves after its decision, in a replay. Pure.

// The place in the plan where the request is sent: while the predicted wait is longer than the
// route lets it wait, it goes to the next target that takes it (NextAfterWait). It stays where none
// does. REQUIRES: the decision has a plan.
std::size_t PlaceAfterWaits(const CompiledPolicy& policy, const DecisionInput& input,
                            const Decision& decision);

// Whether the record shows what a request would do in the queue of the recorded first target on a
// route with this rule: the recorded route had the same rule.
bool HasSameSpill(const RecordedRequest& record, const config::Spill& spill);

// Gives a candidate another number of slots. Its requests in flight stay, and so does its predicted
// wait, unless the wait was for slots and some are free now.
void ChangeSlots(int slots, Candidate& candidate);

}  // namespace headgate::routing

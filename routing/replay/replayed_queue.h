#pragma once

#include <cstddef>
#include <cstdint>

#include "routing/decide/decision.h"
#include "routing/policy/policy.h"
#include "routing/replay/recorded.h"

namespace headgate::routing {

// The queues that a request leaves after its decision, in a replay. Pure.

struct ReplayedWait {
  std::size_t place = 0;  // in the plan, where the request is sent
  std::int64_t us = 0;    // in the queues on the way and in the last one
};

// Where the request is sent, and how long it waits before: while the predicted wait is longer than
// the route lets it wait, it waits that long and goes to the next target that takes it
// (NextAfterWait). Where its time would be over before it gets a slot it does not wait, and goes to
// the next target at once (ComesTooLateAt). It stays where none is left, for the predicted wait.
// REQUIRES: the decision has a plan.
ReplayedWait WaitPredicted(const CompiledPolicy& policy, const DecisionInput& input,
                           const Decision& decision);

// Whether the record shows what a request would do in the queue of the recorded first target on a
// route with this rule: the recorded route had the same rule.
bool HasSameSpill(const RecordedRequest& record, const config::Spill& spill);

// Gives a candidate another number of slots. Its requests in flight stay, and so does its predicted
// wait, unless the wait was for slots and some are free now.
void ChangeSlots(int slots, Candidate& candidate);

}  // namespace headgate::routing

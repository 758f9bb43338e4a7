#pragma once

#include <string>

#include "config/config.h"
#include "routing/decide/decision.h"
#include "routing/policy/policy.h"

namespace headgate::routing {

// Why a route has no target for a request, in words. Made for a refusal only, so it may allocate.
// Holds nothing that the client wrote: names and figures of the configuration, and counts. Pure.
//
// REQUIRES of both: the outcome of `decision` is kNoTarget; `config` is what `policy` was compiled
// from.

// For those who run the gateway, with what was required, who requires it, and how many targets miss
// it: "needs images, which no target of route clinic supports".
std::string WhyNoTarget(const config::Config& config, const CompiledPolicy& policy,
                        const DecisionInput& input, const Decision& decision);

// For any client: a sentence without the name of a route, target, team or key, and without what a
// policy requires but its kind: "No model is available for this request: it needs images."
std::string WhyNoTargetInGeneral(const CompiledPolicy& policy, const DecisionInput& input,
                                 const Decision& decision);

}  // namespace headgate::routing

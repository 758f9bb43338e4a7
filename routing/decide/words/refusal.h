#pragma once

#include <string>

#include "config/config.h"
#include "routing/decide/decision.h"
#include "routing/policy/policy.h"

namespace headgate::routing {

// Explains in words why a route has no target for a request. Only refusals call it, so it may
// allocate. The words contain names and figures of the configuration and counts, but nothing that
// the client wrote. Pure.
//
// REQUIRES of both: the outcome of `decision` is kNoTarget; `config` is what `policy` was compiled
// from.

// For operators: what was required, who requires it, and how many targets lack it. For example
// "needs images, which no target of route clinic supports".
std::string WhyNoTarget(const config::Config& config, const CompiledPolicy& policy,
                        const DecisionInput& input, const Decision& decision);

// For clients: a sentence that names no route, target, team or key, and of requirements only their
// kind. For example "No model is available for this request: it needs images."
std::string WhyNoTargetInGeneral(const CompiledPolicy& policy, const DecisionInput& input,
                                 const Decision& decision);

}  // namespace headgate::routing

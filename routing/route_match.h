#pragma once

#include <cstdint>

#include "routing/decision.h"
#include "routing/policy.h"

namespace headgate::routing {

// Whether all that the route's `when` says holds for the request. Pure; allocates nothing.
bool Matches(const CompiledPolicy& policy, const CompiledRoute& route, const DecisionInput& input,
             std::int64_t input_tokens);

}  // namespace headgate::routing

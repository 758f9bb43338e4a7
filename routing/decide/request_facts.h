#pragma once

#include <string_view>

#include "routing/classify/signals.h"
#include "routing/decide/decision.h"
#include "routing/policy/policy.h"

namespace headgate::routing {

// Fills in what a request says about itself, and the facts that its key and metadata give. `input`
// keeps its classification, seed, time, session and candidates. Headers are added afterwards. Pure;
// allocates nothing once `input` has room.
void FillRequest(const CompiledPolicy& policy, const Signals& signals,
                 std::optional<std::size_t> key, DecisionInput& input);

// Compares one value of the header `name` (lower case) with the patterns that look at it. Repeated
// headers and members of a list are added one by one: a pattern matches if it matches any of them,
// so that no second value hides the first.
void AddHeader(const CompiledPolicy& policy, std::string_view name, std::string_view value,
               DecisionInput& input);

}  // namespace headgate::routing

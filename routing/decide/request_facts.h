#pragma once

#include <string_view>

#include "routing/classify/signals.h"
#include "routing/decide/decision.h"
#include "routing/policy/policy.h"

namespace headgate::routing {

// Fills in what a request says about itself, and the facts of its key and metadata. `input` keeps
// its classification, seed, time, conversation target and candidates. AddHeader adds the headers
// afterwards. Pure; allocates nothing once `input` has room.
void FillRequest(const CompiledPolicy& policy, const Signals& signals,
                 std::optional<std::size_t> key, DecisionInput& input);

// Compares one value of the header `name` (lower case) with the patterns for it. Call it for each
// repetition of a header and each member of a list: a pattern matches if it matches any of them, so
// that a second value cannot hide the first.
void AddHeader(const CompiledPolicy& policy, std::string_view name, std::string_view value,
               DecisionInput& input);

}  // namespace headgate::routing

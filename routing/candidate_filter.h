#pragma once

#include <cstdint>
#include <string_view>

#include "config/config.h"
#include "routing/decision.h"
#include "routing/policy.h"

namespace headgate::routing {

// Whether the key may use `model`.
bool IsAllowed(const DecisionInput& input, std::string_view model);

// The first hard filter that excludes the target, or kNone: the key's models, the endpoint, the
// route's `require`, the context window for `input_tokens`. Load and health exclude nothing. Pure;
// allocates nothing.
Drop HardFilter(const CompiledPolicy& policy, const Target& target, const config::Require& require,
                const DecisionInput& input, std::int64_t input_tokens);

}  // namespace headgate::routing

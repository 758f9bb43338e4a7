#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "routing/decision.h"
#include "routing/policy.h"

namespace headgate::routing {

// The first route of which all that `when` says holds for the request. Pure; allocates nothing.
std::optional<std::size_t> FindRoute(const CompiledPolicy& policy, const DecisionInput& input,
                                     std::int64_t input_tokens);

}  // namespace headgate::routing

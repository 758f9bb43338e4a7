#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "routing/decide/decision.h"
#include "routing/policy/policy.h"

namespace headgate::routing {

// The request as conditions see it. The result points to `input.facts`.
ConditionInput ConditionInputOf(const DecisionInput& input, std::int64_t input_tokens);

struct RouteMatch {
  std::optional<std::size_t> route;
  bool undecided = false;  // an earlier route, or this one, depends on an unknown fact
};

// The first route whose `when` holds. Pure; allocates nothing.
RouteMatch FindRoute(const CompiledPolicy& policy, const DecisionInput& input,
                     std::int64_t input_tokens);

}  // namespace headgate::routing

#pragma once

#include <cstdint>
#include <string_view>

#include "routing/decide/decision.h"
#include "routing/policy/policy.h"

namespace headgate::routing {

// Whether the key may use `model`.
bool IsAllowed(const CompiledPolicy& policy, const DecisionInput& input, std::string_view model);

// The first hard filter that excludes the target, or kNone. In this order: the key's models, the
// endpoint, with what cannot be translated to it, the `require` of key, team and route (without
// what `relax_level` drops) with the route's `unpriced: reject`, what the request uses, the context
// window for `input_tokens`, and last the live windows in these `require`s. A target that live
// windows drop may pass at another moment. Load and health exclude a target only through `require`.
// Pure; allocates nothing.
Drop HardFilter(const CompiledPolicy& policy, std::size_t index, const CompiledRequire& route,
                RelaxLevel relax_level, const DecisionInput& input, std::int64_t input_tokens);

// What the route requires and this target does not meet now: bits of RelaxedRequirement. REQUIRES:
// the target meets what is never relaxed (hosting, labels, license). Pure; allocates nothing.
std::uint8_t RelaxedAt(const CompiledRequire& route, std::size_t target,
                       const Candidate& candidate);

// A live window with fewer samples than this in 10 minutes is ignored.
inline constexpr std::uint32_t kLiveSamples = 20;

}  // namespace headgate::routing

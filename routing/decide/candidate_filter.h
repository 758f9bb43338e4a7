#pragma once

#include <cstdint>
#include <string_view>

#include "routing/decide/decision.h"
#include "routing/policy/policy.h"

namespace headgate::routing {

// Whether the key may use `model`.
bool IsAllowed(const CompiledPolicy& policy, const DecisionInput& input, std::string_view model);

// The first hard filter that excludes the target, or kNone: the key's models, the endpoint, the
// `require` of key, team and route (as far as `relaxed` leaves it), what the request uses, the
// context window for `input_tokens`, and last what of these `require`s looks at live windows: a
// target that is dropped by one of them would do at another moment. Load and health exclude nothing
// but by `require`. Pure; allocates nothing.
Drop HardFilter(const CompiledPolicy& policy, std::size_t index, const CompiledRequire& route,
                Relaxed relaxed, const DecisionInput& input, std::int64_t input_tokens);

// What the route requires and this target, now, does not meet: bits of LetGo. REQUIRES: it meets
// what is never let go of. Pure; allocates nothing.
std::uint8_t LetGoFor(const CompiledRequire& route, std::size_t target, const Candidate& candidate);

// Under so many samples in 10 minutes a live window says nothing.
inline constexpr std::uint32_t kLiveSamples = 20;

}  // namespace headgate::routing

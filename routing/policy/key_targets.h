#pragma once

#include <cstddef>
#include <optional>

#include "routing/policy/policy.h"

namespace headgate::routing {

// Returns whether requests of the key may ever go to the target: its models name it, and the
// requirements of the key and its team do not drop it. Live windows are ignored, because they
// change by the minute. Without a key every target may be used. `key` and `target` are indices into
// the policy's. Pure.
bool MayUse(const CompiledPolicy& policy, std::optional<std::size_t> key, std::size_t target);

}  // namespace headgate::routing

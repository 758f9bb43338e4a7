#pragma once

#include <vector>

#include "config/config.h"
#include "config/found_warning.h"
#include "routing/policy.h"

namespace headgate::routing {

// What is allowed but probably not meant: a route that can never match, a `require` that no target
// meets, a target that nobody gets to, a paid model without a price, a fallback that leaves a
// region that somebody requires, a residency rule that hangs on a header which clients may leave
// out. Each with its stable name and what to write instead, in the order of lines. Pure; not for
// the hot path: a second at most, after which less is found.
std::vector<config::FoundWarning> Smells(const config::Config& config,
                                         const CompiledPolicy& policy);

}  // namespace headgate::routing

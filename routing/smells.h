#pragma once

#include <vector>

#include "config/config.h"
#include "config/load.h"
#include "routing/policy.h"

namespace headgate::routing {

// What is allowed but probably not meant: a route that can never match or never has a target, a
// target that no route uses, a paid model without a price, a fallback that leaves a region that
// somebody requires, a residency rule that hangs on a header which clients may leave out. Each as a
// diagnostic with what to write instead. Pure; not for the hot path.
std::vector<config::Diagnostic> Smells(const config::Config& config, const CompiledPolicy& policy);

}  // namespace headgate::routing

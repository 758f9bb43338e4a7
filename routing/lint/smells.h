#pragma once

#include <vector>

#include "config/checks/found_warning.h"
#include "config/config.h"
#include "routing/policy/policy.h"

namespace headgate::routing {

// What is allowed but probably not meant, one of config::WarningKind each, with what to write
// instead, in the order of lines; what the operator has switched off is still among it
// (config::SiftWarnings). Pure; not for the hot path: a second at most, after which less is found.
std::vector<config::FoundWarning> LintPolicy(const config::Config& config,
                                             const CompiledPolicy& policy);

}  // namespace headgate::routing

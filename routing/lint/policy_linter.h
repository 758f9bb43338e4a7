#pragma once

#include <vector>

#include "config/checks/found_warning.h"
#include "config/config.h"
#include "routing/policy/policy.h"

namespace headgate::routing {

// Finds what is allowed but probably not meant: warnings with what to write instead, in the order
// of lines. Warnings that the operator has switched off are among them (config::SiftWarnings).
// Pure. Not for the hot path: takes at most about a second, after which it finds less.
std::vector<config::FoundWarning> LintPolicy(const config::Config& config,
                                             const CompiledPolicy& policy);

}  // namespace headgate::routing

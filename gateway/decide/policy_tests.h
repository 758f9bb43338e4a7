#pragma once

#include <cstddef>
#include <vector>

#include "config/config.h"
#include "config/load.h"
#include "routing/policy/policy.h"

namespace headgate::gateway {

// Runs the `tests:` of a configuration through the code that decides for the daemon. Returns a
// diagnostic on the line of the test for each difference from what it expects. Thread-safe.
std::vector<config::Diagnostic> RunPolicyTests(const config::Config& config,
                                               const routing::CompiledPolicy& policy);

}  // namespace headgate::gateway

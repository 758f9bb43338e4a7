#pragma once

#include <cstddef>
#include <vector>

#include "config/config.h"
#include "config/load.h"
#include "routing/policy/policy.h"

namespace headgate::gateway {

// Runs the `tests:` of a configuration through the code that decides for the daemon: what differs
// from what a test expects comes back as a diagnostic on the test's line. Pure but for reading;
// thread-safe.
std::vector<config::Diagnostic> RunPolicyTests(const config::Config& config,
                                               const routing::CompiledPolicy& policy);

}  // namespace headgate::gateway

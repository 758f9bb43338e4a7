#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "config/config.h"
#include "routing/policy/policy.h"

namespace headgate::routing {

// Resolves every name of a configuration: what CompiledPolicy::Compile does. Not for the hot path;
// thread-safe.
absl::StatusOr<std::shared_ptr<const CompiledPolicy>> CompilePolicy(const config::Config& config);

}  // namespace headgate::routing

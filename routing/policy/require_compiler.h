#pragma once

#include "config/config.h"
#include "routing/policy/policy.h"

namespace headgate::routing {

// Checks a `require` against every target of `policy`. `config` has the rows of models and
// backends. Pure; not for the hot path.
CompiledRequire CompileRequire(const config::Require& require, const config::Config& config,
                               const CompiledPolicy& policy);

}  // namespace headgate::routing

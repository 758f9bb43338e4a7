#pragma once

#include "config/config.h"
#include "routing/policy/policy.h"

namespace headgate::routing {

// A `require` decided for every target of `policy`; `config` has the models' and backends' rows.
// Pure; not for the hot path.
CompiledRequire CompileRequire(const config::Require& require, const config::Config& config,
                               const CompiledPolicy& policy);

}  // namespace headgate::routing

#pragma once

#include "routing/lint/base/lint_context.h"

namespace headgate::routing {

// Entries of `allow_warnings` of routes, keys, teams and backends that switch off nothing.
void LintAllowances(LintContext& context);

}  // namespace headgate::routing

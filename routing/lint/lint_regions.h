#pragma once

#include "routing/lint/base/lint_context.h"

namespace headgate::routing {

// Requests that leave a region which another route requires for them. What a key or team requires
// holds on every route, so it needs no warning.
void LintRegions(LintContext& context);

}  // namespace headgate::routing

#pragma once

#include "routing/lint/base/lint_context.h"

namespace headgate::routing {

// Keys of routes about failures that have no effect: a resume that no target can carry out, a hedge
// that begins too late, and keys that are read but not carried out.
void LintFailover(LintContext& context);

}  // namespace headgate::routing

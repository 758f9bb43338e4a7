#pragma once

#include "routing/lint/base/lint_context.h"

namespace headgate::routing {

// Routes that keep requests on certain backends, which a client can bypass by leaving out or adding
// a header or metadata entry.
void LintResidency(LintContext& context);

}  // namespace headgate::routing

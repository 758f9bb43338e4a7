#pragma once

#include "routing/lint/base/lint_context.h"

namespace headgate::routing {

// Targets that nothing uses, and paid targets without a price.
void LintTargets(LintContext& context);

// Targets that a ranking by quality puts last only because the catalogue has no score for them.
void LintScores(LintContext& context);

// Routes that name an endpoint which none of their targets serves.
void LintEndpoints(LintContext& context);

}  // namespace headgate::routing

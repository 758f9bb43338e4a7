#pragma once

#include "routing/lint/base/lint_context.h"

namespace headgate::routing {

// Budgets whose limit is less than one call can cost, and budgets that change nothing, or refuse
// everything, when they are spent.
void LintBudgets(LintContext& context);

// Entries of `teams` that no key belongs to.
void LintTeams(LintContext& context);

}  // namespace headgate::routing

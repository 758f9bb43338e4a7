#pragma once

#include "routing/lint/base/lint_context.h"

namespace headgate::routing {

// Routes whose `require` no target of theirs meets.
void LintUnmetRoutes(LintContext& context);

// Teams and keys whose requirements no target meets.
void LintUnmetClients(LintContext& context);

// Routes that refuse every request of a key, because the requirements and models of the key and its
// team drop all targets of the route. A key that is refused everywhere is not among them
// (LintUnmetClients).
void LintConflicts(LintContext& context);

}  // namespace headgate::routing

#pragma once

#include "routing/lint/base/lint_context.h"

namespace headgate::routing {

// Routes that no request can reach.
void LintUnreachableRoutes(LintContext& context);

// Requests that no route matches.
void LintUnroutedRequests(LintContext& context);

}  // namespace headgate::routing

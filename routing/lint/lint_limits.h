#pragma once

#include "routing/lint/base/lint_context.h"

namespace headgate::routing {

// Limits that keep slow or failing targets and drop the others.
void LintBackwardLimits(LintContext& context);

// Routes for latency_critical streams whose backends may be silent for long before the next target
// is tried.
void LintFirstTokens(LintContext& context);

// Routes for latency_critical streams that hold their answers.
void LintHeldAnswers(LintContext& context);

// Policy tests without a key where every request has one.
void LintKeylessTests(LintContext& context);

}  // namespace headgate::routing

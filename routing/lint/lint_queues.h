#pragma once

#include "routing/lint/base/lint_context.h"

namespace headgate::routing {

// Keys about full backends that have no effect: a spill without another backend to spill to, a
// preemption without anything to move aside or to make room for, and a share of the only team.
void LintQueues(LintContext& context);

}  // namespace headgate::routing

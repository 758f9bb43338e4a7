#pragma once

#include "routing/lint/base/lint_context.h"

namespace headgate::routing {

// Keys about full backends that have no effect: a spill without another backend to spill to, or
// after the request is over; a preemption without anything to move aside or to make room for; a
// floor of one slot; slots for which there are too few tokens; a share of the only team, or of
// requests without teams; a wait for a paid API in a policy test.
void LintQueues(LintContext& context);

}  // namespace headgate::routing

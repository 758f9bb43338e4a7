#pragma once

#include <string_view>

#include "config/config.h"
#include "gateway/decide/dry_run.h"
#include "routing/policy/policy.h"

namespace headgate::gateway {

// Applies the budgets of a policy test, with what it says is spent, to the plan of its request.
// Returns the code of the refusal if its key is stopped or budgets leave nothing; else an empty
// text. A constant. Pure.
std::string_view ApplyBudgets(const config::Config& config, const routing::CompiledPolicy& policy,
                              const config::PolicyTest& test, DryRunResult& result);

}  // namespace headgate::gateway

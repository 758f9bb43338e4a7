#pragma once

#include <cstdint>
#include <vector>

#include "gateway/snapshot/snapshot.h"
#include "gateway/upkeep/budget_alert.h"

namespace headgate::gateway {

// What the control thread does for budgets. Times are in milliseconds since 1970. All functions are
// for one thread.

// Tells the operator's log, once for each day or month of a budget and again if its limit has
// changed, that a share of `warn_at` or all of it is spent, and that it refuses requests. Returns
// what it has told. A budget that waits for what the ledger has of it is looked at later.
std::vector<BudgetAlert> WarnOfBudgets(const policy::BudgetTable& budgets, std::int64_t now);

// Remembers beside the ledger that the operator was told, so that a restart does not tell it again.
// Waits for the disk.
void NoteTold(const config::Config& config, const BudgetAlert& alert);

}  // namespace headgate::gateway

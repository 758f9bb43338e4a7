#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "policy/budgets/budget_table.h"

namespace headgate::policy {

// Adds what the ledger in `folder` has of the windows of `now` (milliseconds since 1970) to budgets
// that begin with this process, or with a reload. The ledger adds up hours of UTC: where a day
// begins within one, all of that hour counts. Also notes what the operator was told of these
// windows (told_shares.h). Reads the disk. For the thread that reloads.
absl::Status RestoreBudgets(const BudgetTable& table, const std::string& folder, std::int64_t now);

}  // namespace headgate::policy

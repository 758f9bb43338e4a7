#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "gateway/snapshot/snapshot.h"

namespace headgate::gateway {

// What the control thread does for budgets. Times are in milliseconds since 1970. Both functions
// are for one thread.

// Adds to budgets that are new, at a start or a reload, what the ledger has of their present
// windows. Reads the disk. An error's message names the file.
absl::Status RestoreSpentBudgets(const Snapshot& snapshot, std::int64_t now);

// Tells the operator, once for each day or month of a budget, that a share of `warn_at` or all of
// it is spent.
void WarnOfBudgets(const Snapshot& snapshot, std::int64_t now);

}  // namespace headgate::gateway

#pragma once

#include "config/config.h"
#include "config/reader/read_context.h"

namespace headgate::config {

// Budgets: they have a ledger and differ, and their scopes exist. With `server.state` and without
// `ledger`, budgets get a ledger with its defaults. Stateless.
void CheckBudgets(ReadContext& context, Config& config);

}  // namespace headgate::config

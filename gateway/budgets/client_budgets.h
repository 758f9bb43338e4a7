#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "config/config.h"
#include "policy/budgets/budget_table.h"
#include "policy/limits/limit_table.h"

namespace headgate::gateway {

// Whose budgets and limits a client asks for, and when.
struct ClientBudgetsQuestion {
  const config::Config& config;
  const policy::BudgetTable& budgets;
  const policy::LimitTable& limits;
  std::optional<std::size_t> key;  // into the configured keys
  std::int64_t time = 0;           // milliseconds since 1970
  policy::LimitTable::Clock::time_point now{};
};

// Returns the answer of GET /v1/budgets: the limits of the key and its team, and the budgets that
// count its requests, with what is left. It has no other names than those of the key, its team and
// models. Pure, but for what workers take meanwhile.
std::string ClientBudgetsJson(const ClientBudgetsQuestion& question);

}  // namespace headgate::gateway

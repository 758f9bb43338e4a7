#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config/base/money.h"
#include "config/limits.h"
#include "policy/budgets/budget_window.h"

namespace headgate::gateway {

// What the operator is told of a budget. Plain values; all functions are pure.

struct BudgetAlert {
  config::Budget budget;
  std::int64_t share = 0;  // that is reached: of Budget::warn_at, or all; millionths
  NanoUsd spent = 0;
  policy::BudgetBounds window;
  std::int64_t time = 0;  // when it was found, in milliseconds since 1970

  bool IsSpent() const { return share >= 1'000'000; }
};

// "80%", "12.5%".
std::string ShareText(const BudgetAlert& alert);

// Returns the JSON that a webhook gets. Its `text` is what chat programs show; docs/limits.md lists
// the members. `instance`: which gateway says it.
std::string AlertJson(const BudgetAlert& alert, std::string_view instance);

}  // namespace headgate::gateway

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config/base/money.h"
#include "config/limits.h"
#include "policy/budgets/budget_window.h"

namespace headgate::gateway {

// What the operator is told of a budget. Plain values; all functions are pure.

// kRefuses: requests are refused before everything is spent, or because nothing is left that a
// spent budget allows.
enum class BudgetEvent : std::uint8_t { kNearlySpent, kSpent, kRefuses };

struct BudgetAlert {
  BudgetEvent event = BudgetEvent::kNearlySpent;
  config::Budget budget;
  // That is reached: of Budget::warn_at, or all; of kRefuses what is spent. Millionths.
  std::int64_t share = 0;
  NanoUsd spent = 0;
  NanoUsd most = 0;        // of kRefuses: what the first refused request could have cost
  policy::ToldShare told;  // all that the operator has been told, this included
  policy::BudgetBounds window;
  std::int64_t time = 0;  // when it was found, in milliseconds since 1970
};

// "80%", "12.5%".
std::string ShareText(const BudgetAlert& alert);

// "budget_nearly_spent", "budget_spent", "budget_refuses".
std::string_view EventName(BudgetEvent event);

// Returns the JSON that a webhook gets. Its `text` is what chat programs show; docs/limits.md lists
// the members. `instance`: which gateway says it.
std::string AlertJson(const BudgetAlert& alert, std::string_view instance);

}  // namespace headgate::gateway

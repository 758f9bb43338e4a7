#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "config/base/money.h"
#include "policy/budgets/budget_window.h"

namespace headgate::policy {

// Why a budget has no room for a call: its sums at that moment. A plain value; amounts are >= 0.
struct BudgetRefusal {
  std::size_t budget = 0;  // index into BudgetTable::entries
  NanoUsd limit = 0;
  NanoUsd most = 0;  // that the call may cost
  NanoUsd spent = 0;
  NanoUsd reserved = 0;    // by calls that run
  std::int64_t calls = 0;  // that run
  BudgetBounds window;

  // Only calls that run are in the way, so that waiting for them may help.
  bool Waits() const { return most <= limit - spent; }
  // Not even the whole limit has room for the call.
  bool Never() const { return most > limit; }
  NanoUsd Left() const { return std::max<NanoUsd>(limit - spent, 0); }
  NanoUsd Free() const { return std::max<NanoUsd>(limit - spent - reserved, 0); }
};

}  // namespace headgate::policy

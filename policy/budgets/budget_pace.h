#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "config/base/money.h"
#include "policy/budgets/budget_window.h"

namespace headgate::policy {

// The moment for which a forecast is made.
struct PaceMoment {
  std::int64_t now = 0;
  NanoUsd spent = 0;  // in the window until now
};

// Returns what will be spent at the end of the window, if spending goes on at its present pace:
// what is spent, and for the rest of the window the average of the last days that are complete (at
// least three, at most seven). With fewer days it is the average of the window so far, from one day
// on; before that nullopt. `marks` are in the order of time, and in the window. Pure.
std::optional<NanoUsd> ForecastSpend(const BudgetBounds& window,
                                     const std::vector<SpentMark>& marks, const PaceMoment& moment);

}  // namespace headgate::policy

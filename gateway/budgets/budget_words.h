#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/base/money.h"
#include "config/limits.h"
#include "policy/budgets/budget_refusal.h"

namespace headgate::gateway {

// What people are told of budgets. All functions are pure.

enum class Rounding : std::uint8_t { kDown, kUp, kExact };

// "$401.20", "$0.0213": cents, and below a dollar the first three digits that count; kExact: all
// that there are. At least two decimals and at most nine. `amount` is >= 0.
std::string PeopleUsd(NanoUsd amount, Rounding rounding);

// "Budget team=search", "The budget of all requests".
std::string TitleOf(const config::Budget& budget);

// "2026-12-01T00:00+01:00": a time in the budget's zone. `time`: milliseconds since 1970.
std::string ZoneTime(const config::Budget& budget, std::int64_t time);

// What else may be said of a refusal.
struct RefusalHints {
  bool less_output_helps = false;           // a call with less output has room
  std::vector<std::string> still_answered;  // self-hosted models, and `auto`, that may be asked
};

// Why a request is refused, with figures, and what to do: for the client, and for `explain`.
std::string RefusalText(const config::Budget& budget, const policy::BudgetRefusal& refusal,
                        const RefusalHints& hints);

}  // namespace headgate::gateway

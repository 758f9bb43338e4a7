#pragma once

#include <boost/json/array.hpp>
#include <cstdint>

#include "gateway/metrics/registry.h"
#include "gateway/upkeep/webhook.h"
#include "policy/budgets/budget_table.h"

namespace headgate::gateway {

// Appends what is spent and reserved of each budget in the day or month of `now` (milliseconds
// since 1970).
void AddBudgetFamilies(const policy::BudgetTable& budgets, std::int64_t now,
                       FamilySet::Families& families);

// Appends how many alerts of budgets the webhook got, or did not get.
void AddWebhookFamily(const Webhook::Totals& totals, FamilySet::Families& families);

// The same as AddBudgetFamilies for /status, in exact dollars.
boost::json::array BudgetsJson(const policy::BudgetTable& budgets, std::int64_t now);

}  // namespace headgate::gateway

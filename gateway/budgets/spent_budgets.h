#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "policy/budgets/budget_table.h"
#include "routing/decide/decision.h"
#include "routing/policy/policy.h"

namespace headgate::gateway {

// Which budgets count, for whom, and when.
struct BudgetQuestion {
  const routing::CompiledPolicy& policy;
  const policy::BudgetTable& budgets;
  std::optional<std::size_t> key;
  std::size_t route = 0;
  std::int64_t time = 0;  // milliseconds since 1970
};

// Changes a plan, a list of routing::PlannedTarget, as spent budgets say: `cheapest` puts the
// targets in the order of their expected costs, those without a known price last.
// `self_hosted_only` removes paid APIs. Returns why nothing is left.
// Budgets that reject change no plan: they are asked before each call. Pure, but for what workers
// spend meanwhile.
template <typename Plan>
std::optional<policy::BudgetRefusal> PlanUnderBudgets(const BudgetQuestion& question, Plan& plan) {
  const policy::BudgetTable& budgets = question.budgets;
  const auto rank = [](const routing::PlannedTarget& planned) {
    return std::pair(planned.cost_basis == routing::CostBasis::kUnpriced, planned.expected_cost);
  };
  for (std::size_t i = 0; i < budgets.entries().size(); ++i) {
    const policy::BudgetTable::Entry& entry = budgets.entries()[i];
    const config::WhenSpent when = entry.budget.when_spent;
    if (when == config::WhenSpent::kReject) continue;
    if (!budgets.AppliesTo(i, question.key, question.route)) continue;
    if (!entry.IsSpent(question.time)) continue;
    if (when == config::WhenSpent::kCheapest) {
      std::stable_sort(plan.begin(), plan.end(),
                       [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
      continue;
    }
    const auto is_paid = [&](const routing::PlannedTarget& planned) {
      return budgets.Counts(i, planned.target) &&
             question.policy.targets()[planned.target].hosting == config::Hosting::kPaidApi;
    };
    plan.erase(std::remove_if(plan.begin(), plan.end(), is_paid), plan.end());
    if (plan.empty()) return budgets.Shortage(i, 1, question.time);
  }
  return std::nullopt;
}

}  // namespace headgate::gateway

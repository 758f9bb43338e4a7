#include "gateway/limits/budget_rules.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "gateway/limits/limit_answers.h"
#include "policy/budgets/budget_table.h"

namespace headgate::gateway {
namespace {

// A target without a known price comes last.
bool IsCheaper(const routing::PlannedTarget& a, const routing::PlannedTarget& b) {
  const auto rank = [](const routing::PlannedTarget& planned) {
    return std::pair(planned.cost_basis == routing::CostBasis::kUnpriced, planned.expected_cost);
  };
  return rank(a) < rank(b);
}

}  // namespace

std::optional<ClientError> ApplySpentBudgets(const RequestAccount& account, RequestPlan& plan) {
  const Snapshot& snapshot = *account.snapshot;
  const policy::BudgetTable& budgets = *snapshot.budgets;
  for (std::size_t i = 0; i < budgets.entries().size(); ++i) {
    const policy::BudgetTable::Entry& entry = budgets.entries()[i];
    const config::WhenSpent when = entry.budget.when_spent;
    if (when == config::WhenSpent::kReject) continue;
    if (!budgets.AppliesTo(i, account.key, *account.route)) continue;
    if (!entry.IsSpent(account.ledger.started)) continue;
    if (when == config::WhenSpent::kCheapest) {
      std::stable_sort(plan.begin(), plan.end(), IsCheaper);
      continue;
    }
    const auto is_paid = [&](const routing::PlannedTarget& planned) {
      return budgets.Counts(i, planned.target) &&
             snapshot.policy->targets()[planned.target].hosting == config::Hosting::kPaidApi;
    };
    plan.erase(std::remove_if(plan.begin(), plan.end(), is_paid), plan.end());
    if (plan.empty()) return BudgetError(entry.name);
  }
  return std::nullopt;
}

}  // namespace headgate::gateway

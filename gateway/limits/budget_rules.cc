#include "gateway/limits/budget_rules.h"

#include <cstddef>

#include "gateway/limits/limit_answers.h"
#include "gateway/snapshot/spent_budgets.h"

namespace headgate::gateway {

std::optional<ClientError> ApplySpentBudgets(const RequestAccount& account, RequestPlan& plan) {
  const Snapshot& snapshot = *account.snapshot;
  const BudgetQuestion question{
      .key = account.key, .route = *account.route, .time = account.ledger.started};
  const std::optional<std::size_t> refuses = PlanUnderBudgets(snapshot, question, plan);
  if (!refuses) return std::nullopt;
  return BudgetError(snapshot.budgets->entries()[*refuses].name);
}

}  // namespace headgate::gateway

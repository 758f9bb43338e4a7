#include "gateway/permits/attempt_permit.h"

#include "policy/budgets/budget_table.h"

namespace headgate::gateway {

AttemptPermit::Verdict AttemptPermit::Take(const RequestAccount& account,
                                           const IntendedCall& call) {
  Verdict verdict;
  const policy::BudgetTable& budgets = *account.snapshot->budgets;
  if (!budgets.empty() && call.size.endpoint != routing::Endpoint::kCountTokens) {
    verdict.budget = budgets.Reserve({.key = account.key,
                                      .route = *account.route,
                                      .target = call.target,
                                      .most = MostCost(CostQuestionOf(account), call),
                                      .time = account.ledger.started},
                                     budget);
    if (verdict.budget) return verdict;
  }
  verdict.limited_until = quota.Take(account, call.target, call.size);
  verdict.taken = !verdict.limited_until;
  if (!verdict.taken) budget.Settle(0);
  return verdict;
}

}  // namespace headgate::gateway

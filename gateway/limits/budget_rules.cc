#include "gateway/limits/budget_rules.h"

#include "gateway/limits/limit_answers.h"
#include "gateway/permits/attempt_permit.h"

namespace headgate::gateway {
namespace {

// Answers with a refusal. If the budget has no room left for the request, and not only because of
// calls that run, the operator is told.
ClientError Refuse(const RequestAccount& account, const policy::BudgetRefusal& refusal,
                   const RefusalHints& hints) {
  const policy::BudgetTable::Entry& entry = account.snapshot->budgets->entries()[refusal.budget];
  if (!refusal.Waits()) entry.spend->NoteRefused(account.ledger.started, refusal.most);
  return BudgetError(entry.budget, refusal, hints);
}

}  // namespace

BudgetQuestion BudgetQuestionOf(const RequestAccount& account) {
  return {.policy = *account.snapshot->policy,
          .budgets = *account.snapshot->budgets,
          .key = account.key,
          .route = *account.route,
          .time = account.ledger.started};
}

std::optional<ClientError> ApplySpentBudgets(const RequestAccount& account, RequestPlan& plan) {
  const BudgetQuestion question = BudgetQuestionOf(account);
  const std::optional<policy::BudgetRefusal> refusal = PlanUnderBudgets(question, plan);
  if (!refusal) return std::nullopt;
  return Refuse(account, *refusal, HintsOf(question, question.policy.Resolve(account.model)));
}

void BudgetRefusalToTell::Note(const RequestAccount& account, const IntendedCall& call,
                               const policy::BudgetRefusal& refusal) {
  if (refusal_ && !IsBetterTold(refusal, *refusal_)) return;
  refusal_ = refusal;
  hints_ = HintsOf(CostQuestionOf(account), call, refusal);
}

ClientError BudgetRefusalToTell::Tell(const RequestAccount& account) const {
  return Refuse(account, *refusal_, hints_);
}

}  // namespace headgate::gateway

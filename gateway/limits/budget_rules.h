#pragma once

#include <optional>

#include "gateway/accounting/request_account.h"
#include "gateway/budgets/budget_forecast.h"
#include "gateway/http/answer.h"
#include "gateway/plan/request_plan.h"

namespace headgate::gateway {

// Returns which budgets count for a request. REQUIRES: account.route, account.ledger.started.
BudgetQuestion BudgetQuestionOf(const RequestAccount& account);

// Changes a plan as spent budgets of the request say (PlanUnderBudgets). Returns a refusal if
// nothing is left.
// REQUIRES: as BudgetQuestionOf.
std::optional<ClientError> ApplySpentBudgets(const RequestAccount& account, RequestPlan& plan);

// A refusal that a budget may have caused; the client is told if nothing else is left to try.
class BudgetRefusalToTell {
 public:
  // Notes that a budget has rejected `call`.
  void Note(const RequestAccount& account, const IntendedCall& call,
            const policy::BudgetRefusal& refusal);
  bool empty() const { return !refusal_; }
  // Returns the answer, and counts the refused request at its budget. REQUIRES: !empty().
  ClientError Tell(const RequestAccount& account) const;

 private:
  std::optional<policy::BudgetRefusal> refusal_;
  RefusalHints hints_;
};

}  // namespace headgate::gateway

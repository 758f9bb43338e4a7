#pragma once

#include <optional>

#include "gateway/accounting/request_account.h"
#include "gateway/http/answer.h"
#include "gateway/plan/request_plan.h"

namespace headgate::gateway {

// Changes a plan as spent budgets of the request say (PlanUnderBudgets). Returns a refusal if
// nothing is left.
// REQUIRES: account.route, account.ledger.started.
std::optional<ClientError> ApplySpentBudgets(const RequestAccount& account, RequestPlan& plan);

}  // namespace headgate::gateway

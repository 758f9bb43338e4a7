#pragma once

#include <cstdint>
#include <optional>

#include "backends/net/types.h"
#include "config/base/money.h"
#include "gateway/accounting/request_account.h"
#include "gateway/budgets/most_cost.h"
#include "gateway/permits/quota_use.h"
#include "policy/budgets/budget_hold.h"
#include "policy/budgets/budget_refusal.h"

namespace headgate::gateway {

// Returns by what the calls of a request are priced. REQUIRES: account.route.
inline CostQuestion CostQuestionOf(const RequestAccount& account) {
  return {.config = *account.snapshot->config,
          .policy = *account.snapshot->policy,
          .route = *account.route,
          .unix_seconds = account.unix_seconds};
}

// What an attempt has used, when it has ended.
struct UsedPermit {
  bool sent = false;                        // the request has left
  std::optional<std::int64_t> tokens = {};  // input and output; nullopt: not known exactly
  NanoUsd cost = 0;
};

// What one attempt has taken before it is sent. Gives it back at its end, unless it was settled.
// Move-only; worker-bound.
struct AttemptPermit {
  QuotaUse quota;
  policy::BudgetHold budget;

  struct Verdict {
    bool taken = false;
    std::optional<TimePoint> limited_until = {};       // by its provider's limits
    std::optional<policy::BudgetRefusal> budget = {};  // why a budget rejects it
  };
  // Reserves the most that the attempt may cost, and takes from the limits of its provider: both,
  // or nothing. Counting tokens costs nothing. REQUIRES: nothing is taken; `account` has its route
  // and, if there are budgets, the time at which they were asked first (LedgerPlace).
  Verdict Take(const RequestAccount& account, const IntendedCall& call);
  // Replaces what was taken by what was used.
  void Settle(const UsedPermit& used) {
    quota.Settle(used.tokens, used.sent);
    budget.Settle(used.cost);
  }
};

}  // namespace headgate::gateway

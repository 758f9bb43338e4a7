#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "gateway/budgets/budget_words.h"
#include "gateway/budgets/most_cost.h"
#include "gateway/budgets/spent_budgets.h"
#include "policy/budgets/budget_refusal.h"
#include "routing/decide/decision.h"

namespace headgate::gateway {

// Returns the targets of a policy as budgets look at them. Pure.
std::vector<policy::BudgetTarget> BudgetTargetsOf(const config::Config& config,
                                                  const routing::CompiledPolicy& policy);

// A decided request whose calls are not sent: for `explain` and policy tests.
struct ForecastRequest {
  const routing::DecisionInput& input;
  const std::vector<routing::PlannedTarget>& plan;
  const HiddenUse& hidden;
  std::size_t body_bytes = 0;
};

// What budgets make of a request.
struct BudgetForecast {
  // A target that has no room in a budget.
  struct PassedOver {
    std::size_t target = 0;  // index into CompiledPolicy::targets
    policy::BudgetRefusal refusal;
  };

  std::vector<routing::PlannedTarget> plan;  // as spent budgets have changed it
  std::vector<PassedOver> passed_over;       // of it, in its order
  // Why the request would be refused; nullopt: a target is left.
  std::optional<policy::BudgetRefusal> refusal;
  RefusalHints hints;  // of the refusal
};

// Returns what budgets make of the request now. The body is taken to be sent as it came, with the
// maximum of output that a budget assumes. Reserves nothing. Pure, but for what workers spend
// meanwhile.
BudgetForecast ForecastOf(const config::Config& config, const BudgetQuestion& question,
                          const ForecastRequest& request);

// Returns the smallest maximum of output that budgets assume for a request without one; nullopt: it
// needs none. `plan`: a list of routing::PlannedTarget. Text completions get at most what OpenAI's
// API gives them. Pure.
template <typename Plan>
std::optional<std::int64_t> AssumedOutputOf(const BudgetQuestion& question,
                                            routing::Endpoint endpoint, const Plan& plan) {
  // What OpenAI's completions have without a maximum (API reference, 2026-11).
  constexpr std::int64_t kUsualCompletion = 16;
  if (!routing::Generates(endpoint)) return std::nullopt;
  std::optional<std::int64_t> most;
  for (const routing::PlannedTarget& planned : plan) {
    const std::optional<std::int64_t> assumed = question.budgets.AssumedOutput(
        {.key = question.key, .route = question.route, .target = planned.target});
    if (assumed) most = std::min(most.value_or(*assumed), *assumed);
  }
  if (most && endpoint == routing::Endpoint::kCompletions) most = std::min(*most, kUsualCompletion);
  return most;
}

// Returns whether a client is told of `refusal` instead of one at an earlier target: one that ends
// sooner counts more, and first of all one that only calls which run cause. Pure.
bool IsBetterTold(const policy::BudgetRefusal& refusal, const policy::BudgetRefusal& than);

// Returns what to say of a refusal of `call`. Pure.
RefusalHints HintsOf(const CostQuestion& cost, const IntendedCall& call,
                     const policy::BudgetRefusal& refusal);
// Returns what to say if `self_hosted_only` has left nothing. Pure.
RefusalHints HintsOf(const BudgetQuestion& question, const routing::ModelRequest& asked);

}  // namespace headgate::gateway

#include "gateway/budgets/budget_forecast.h"

#include <algorithm>
#include <tuple>

#include "routing/policy/key_targets.h"

namespace headgate::gateway {
namespace {

constexpr std::int64_t kMsPerSecond = 1000;

using config::Hosting;

bool IsServedAtHome(const BudgetQuestion& question, std::size_t target) {
  return question.policy.targets()[target].hosting == Hosting::kSelfHosted &&
         routing::MayUse(question.policy, question.key, target);
}

// Returns whether every route has a self-hosted target for the key: then `auto` finds one.
bool AllRoutesServeAtHome(const BudgetQuestion& question) {
  const auto& routes = question.policy.routes();
  return std::all_of(routes.begin(), routes.end(), [&](const routing::CompiledRoute& route) {
    return std::any_of(route.targets.begin(), route.targets.end(),
                       [&](std::size_t target) { return IsServedAtHome(question, target); });
  });
}

}  // namespace

std::vector<policy::BudgetTarget> BudgetTargetsOf(const config::Config& config,
                                                  const routing::CompiledPolicy& policy) {
  std::vector<policy::BudgetTarget> targets;
  for (const routing::Target& target : policy.targets()) {
    targets.push_back({.backend = config.backends[target.backend].name,
                       .model = target.model,
                       .hosting = target.hosting});
  }
  return targets;
}

bool IsBetterTold(const policy::BudgetRefusal& refusal, const policy::BudgetRefusal& than) {
  const auto rank = [](const policy::BudgetRefusal& one) {
    return std::tuple(!one.Waits(), one.Never(), one.window.end);
  };
  return rank(refusal) <= rank(than);
}

RefusalHints HintsOf(const CostQuestion& cost, const IntendedCall& call,
                     const policy::BudgetRefusal& refusal) {
  const bool paid = cost.policy.targets()[call.target].hosting == Hosting::kPaidApi;
  return {.less_output_helps = paid && MostCostOfInput(cost, call) < refusal.Left(),
          .still_answered = {}};
}

RefusalHints HintsOf(const BudgetQuestion& question, const routing::ModelRequest& asked) {
  RefusalHints hints;
  std::vector<std::string>& models = hints.still_answered;
  for (std::size_t i = 0; i < question.policy.targets().size(); ++i) {
    if (!IsServedAtHome(question, i)) continue;
    const std::string& model = question.policy.targets()[i].model;
    if (std::find(models.begin(), models.end(), model) == models.end()) models.push_back(model);
  }
  const bool named = asked.kind != routing::ModelRequest::Kind::kAuto;
  if (!models.empty() && named && AllRoutesServeAtHome(question)) models.emplace_back("or auto");
  return hints;
}

BudgetForecast ForecastOf(const config::Config& config, const BudgetQuestion& question,
                          const ForecastRequest& request) {
  const routing::DecisionInput& input = request.input;
  BudgetForecast forecast;
  forecast.plan = request.plan;
  if (forecast.plan.empty()) return forecast;
  forecast.refusal = PlanUnderBudgets(question, forecast.plan);
  if (forecast.refusal) {
    forecast.hints = HintsOf(question, input.model);
    return forecast;
  }
  routing::RequestSize size = routing::SizeOf(input);
  if (!size.max_tokens) size.max_tokens = AssumedOutputOf(question, size.endpoint, forecast.plan);
  const CostQuestion cost{.config = config,
                          .policy = question.policy,
                          .route = question.route,
                          .unix_seconds = question.time / kMsPerSecond};
  for (const routing::PlannedTarget& planned : forecast.plan) {
    const IntendedCall call{.target = planned.target,
                            .size = size,
                            .body_bytes = request.body_bytes,
                            .hidden = request.hidden};
    const std::optional<policy::BudgetRefusal> refusal =
        question.budgets.RefusalOf({.key = question.key,
                                    .route = question.route,
                                    .target = planned.target,
                                    .most = MostCost(cost, call),
                                    .time = question.time});
    if (!refusal) continue;
    forecast.passed_over.push_back({planned.target, *refusal});
    if (forecast.refusal && !IsBetterTold(*refusal, *forecast.refusal)) continue;
    forecast.refusal = refusal;
    forecast.hints = HintsOf(cost, call, *refusal);
  }
  if (forecast.passed_over.size() < forecast.plan.size()) forecast.refusal.reset();
  return forecast;
}

}  // namespace headgate::gateway

#include "gateway/decide/test_budgets.h"

#include <algorithm>
#include <cstdint>

#include "gateway/budgets/budget_forecast.h"
#include "policy/budgets/budget_table.h"

namespace headgate::gateway {
namespace {

constexpr std::int64_t kTestSecond = 1000;  // milliseconds

bool IsPassedOver(const BudgetForecast& forecast, std::size_t target) {
  return std::any_of(forecast.passed_over.begin(), forecast.passed_over.end(),
                     [&](const BudgetForecast::PassedOver& one) { return one.target == target; });
}

}  // namespace

std::string_view ApplyBudgets(const config::Config& config, const routing::CompiledPolicy& policy,
                              const config::PolicyTest& test, DryRunResult& result) {
  if (result.input.key) {
    const config::Stop stop = config::StopOf(config, config.keys[*result.input.key]);
    if (stop != config::Stop::kNone) return config::kStopNames[static_cast<std::size_t>(stop)];
  }
  if (config.budgets.empty() || result.decision.outcome != routing::Outcome::kPlanned) return {};
  const policy::BudgetTable budgets(config, BudgetTargetsOf(config, policy), nullptr);
  const std::int64_t time = result.input.unix_seconds * kTestSecond;
  for (const policy::BudgetTable::Entry& entry : budgets.entries()) {
    const auto spent = test.spent.find(entry.name);
    if (spent != test.spent.end()) entry.spend->At(time).Settle(0, spent->second);
  }
  BudgetForecast forecast = ForecastOf(config,
                                       {.policy = policy,
                                        .budgets = budgets,
                                        .key = result.input.key,
                                        .route = result.decision.route,
                                        .time = time},
                                       {.input = result.input,
                                        .plan = result.decision.plan,
                                        .hidden = result.hidden,
                                        .body_bytes = test.request.size()});
  if (forecast.refusal) return config::kInsufficientQuota;
  std::erase_if(forecast.plan, [&](const routing::PlannedTarget& planned) {
    return IsPassedOver(forecast, planned.target);
  });
  result.decision.plan = std::move(forecast.plan);
  return {};
}

}  // namespace headgate::gateway

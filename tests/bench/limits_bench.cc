// What limits and budgets cost a request: key, team and route are limited in all ways, and three
// budgets apply.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>

#include "config/config.h"
#include "policy/budgets/budget_table.h"
#include "policy/budgets/worst_cost.h"
#include "policy/limits/limit_table.h"

namespace headgate::policy {
namespace {

config::Config LimitedCompany() {
  config::RateLimits limits;
  limits.requests_per_minute = 100'000'000;
  limits.tokens_per_minute = 1'000'000'000'000;
  limits.in_flight = 1'000'000;
  config::Config config;
  config::Key& key = config.keys.emplace_back();
  key.name = "web";
  key.team = "search";
  key.limits = limits;
  config.teams.emplace_back().name = "search";
  config.teams.back().limits = limits;
  config.routes.emplace_back().name = "chat";
  config.routes.back().limits = limits;
  for (const config::BudgetScope& scope :
       {config::BudgetScope{}, config::BudgetScope{.team = "search"},
        config::BudgetScope{.key = "web"}}) {
    config::Budget& budget = config.budgets.emplace_back();
    budget.scope = scope;
    budget.limit = 1'000'000'000'000'000;
  }
  return config;
}

const LimitTable& SharedLimits() {
  static const LimitTable table(LimitedCompany(), nullptr, LimitTable::Clock::now());
  return table;
}

const BudgetTable& SharedBudgets() {
  static const BudgetTable table(LimitedCompany(),
                                 {{"openai", "gpt-4.1", config::Hosting::kPaidApi}}, nullptr);
  return table;
}

void BM_Limits(benchmark::State& state) {
  const LimitTable& table = SharedLimits();
  for (auto _ : state) {
    const auto now = LimitTable::Clock::now();
    LimitHold hold;
    if (hold.Take(table.Of(0, 0), 700, now)) state.SkipWithError("refused");
    benchmark::DoNotOptimize(hold.Requests(now));
    benchmark::DoNotOptimize(hold.Tokens(now));
    hold.Settle(650, now);
  }
}
BENCHMARK(BM_Limits)->Threads(1)->Threads(2);

void BM_Budgets(benchmark::State& state) {
  const BudgetTable& table = SharedBudgets();
  config::Prices prices;
  prices.standard.input = 2'000'000'000;
  prices.standard.output = 8'000'000'000;
  constexpr std::int64_t kNoon = 1'795'957'200'000;
  for (auto _ : state) {
    BudgetHold hold;
    const NanoUsd most = WorstCost(prices, {.input = 900, .output = 500}, kNoon / 1000);
    if (table.Reserve({.key = 0, .route = 0, .target = 0, .most = most, .time = kNoon}, hold)) {
      state.SkipWithError("refused");
    }
    hold.Settle(most / 2);
  }
}
BENCHMARK(BM_Budgets)->Threads(1)->Threads(2);

}  // namespace
}  // namespace headgate::policy

BENCHMARK_MAIN();

#pragma once

#include <utility>
#include <vector>

#include "config/config.h"
#include "policy/budgets/budget_table.h"
#include "tests/policy/ledger/ledger_fixture.h"

namespace headgate::policy {

inline constexpr NanoUsd kDollar = 1'000'000'000;

// Keys: 0 web and 1 app of team search, 2 shop of team shop. Routes: 0 chat, 1 batch. Targets: 0
// gpt-4.1@openai, 1 qwen@gpu.
inline config::Config CompanyWith(std::vector<config::Budget> budgets) {
  config::Config config;
  for (const auto& [name, team] :
       {std::pair("web", "search"), std::pair("app", "search"), std::pair("shop", "shop")}) {
    config::Key& key = config.keys.emplace_back();
    key.name = name;
    key.team = team;
  }
  for (const char* const name : {"chat", "batch"}) config.routes.emplace_back().name = name;
  config.budgets = std::move(budgets);
  return config;
}

inline std::vector<BudgetTarget> Targets() {
  return {{"openai", "gpt-4.1", config::Hosting::kPaidApi},
          {"gpu", "qwen", config::Hosting::kSelfHosted}};
}

inline BudgetTable TableOf(std::vector<config::Budget> budgets,
                           const BudgetTable* previous = nullptr) {
  return {CompanyWith(std::move(budgets)), Targets(), previous};
}

inline config::Budget For(config::BudgetScope scope, NanoUsd limit) {
  config::Budget budget;
  budget.scope = std::move(scope);
  budget.limit = limit;
  return budget;
}

}  // namespace headgate::policy

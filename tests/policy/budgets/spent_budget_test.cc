// When a budget is spent, and what calls reserve that may cost any amount.
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "config/config.h"
#include "policy/budgets/budget_table.h"

namespace headgate::policy {
namespace {

constexpr NanoUsd kUsd = 1'000'000'000;
constexpr std::int64_t kMidday = 1'795'694'400'000;  // 2026-11-26T12:00Z, in milliseconds

// One budget of all spend, over one route and one paid target.
BudgetTable TableWith(NanoUsd limit, config::WhenSpent when) {
  config::Config config;
  config.routes.emplace_back().name = "all";
  config::Budget& budget = config.budgets.emplace_back();
  budget.limit = limit;
  budget.when_spent = when;
  return {config, {{"openai", "gpt-4.1", config::Hosting::kPaidApi}}, nullptr};
}

BudgetCall CallFor(NanoUsd most) { return {.key = {}, .most = most, .time = kMidday}; }

// One call that may cost any amount has spent nothing yet.
TEST(SpentBudget, a_soft_budget_is_spent_by_what_is_spent) {
  const BudgetTable table = TableWith(kUsd, config::WhenSpent::kCheapest);
  const BudgetTable::Entry& entry = table.entries()[0];
  BudgetHold hold;
  EXPECT_FALSE(table.Reserve(CallFor(std::numeric_limits<NanoUsd>::max()), hold));
  EXPECT_EQ(hold.amount(), kUsd) << "a call reserves at most the limit";
  EXPECT_FALSE(entry.IsSpent(kMidday));
  hold.Settle(kUsd - 1);
  EXPECT_FALSE(entry.IsSpent(kMidday));
  BudgetHold next;
  EXPECT_FALSE(table.Reserve(CallFor(5), next));
  next.Settle(1);
  EXPECT_TRUE(entry.IsSpent(kMidday));
  EXPECT_EQ(entry.spend->At(kMidday).committed(), kUsd);
}

// What runs may take all of a budget that rejects, so it is spent for everybody else.
TEST(SpentBudget, a_rejecting_budget_is_spent_by_what_is_reserved) {
  const BudgetTable table = TableWith(kUsd, config::WhenSpent::kReject);
  BudgetHold hold;
  EXPECT_FALSE(table.Reserve(CallFor(kUsd), hold));
  EXPECT_TRUE(table.entries()[0].IsSpent(kMidday));
  hold.Settle(0);
  EXPECT_FALSE(table.entries()[0].IsSpent(kMidday));
}

// The highest limit is 10^18 nano-dollars, a ninth of the range.
TEST(SpentBudget, many_reservations_never_make_a_sum_negative) {
  const BudgetTable table = TableWith(1'000'000'000 * kUsd, config::WhenSpent::kSelfHostedOnly);
  const BudgetWindow& window = table.entries()[0].spend->At(kMidday);
  {
    std::vector<BudgetHold> holds(20);
    NanoUsd before = 0;
    for (BudgetHold& hold : holds) {
      EXPECT_FALSE(table.Reserve(CallFor(std::numeric_limits<NanoUsd>::max()), hold));
      EXPECT_GE(window.committed(), before);
      before = window.committed();
    }
    holds.front().Settle(7 * kUsd);
    EXPECT_GT(window.committed(), 0);
  }
  EXPECT_EQ(window.spent(), 7 * kUsd);
  EXPECT_EQ(window.committed(), 7 * kUsd) << "each hold gives back what it has taken";
}

}  // namespace
}  // namespace headgate::policy

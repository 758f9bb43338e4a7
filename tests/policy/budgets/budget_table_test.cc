#include "policy/budgets/budget_table.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "config/config.h"
#include "tests/policy/budgets/budget_fixture.h"

namespace headgate::policy {
namespace {

using config::BudgetPeriod;

BudgetCall CallOf(std::size_t key, NanoUsd most, std::size_t target = 0, std::size_t route = 0) {
  return {.key = key, .route = route, .target = target, .most = most, .time = kNoon};
}

// Returns the budget that rejects a call.
std::optional<std::size_t> Rejecting(const std::optional<BudgetRefusal>& refusal) {
  if (!refusal) return std::nullopt;
  return refusal->budget;
}

TEST(BudgetTable, spent_and_reserved_never_exceed_the_limit) {
  const BudgetTable table = TableOf({For({.team = "search"}, 10 * kDollar)});
  std::vector<BudgetHold> holds(10);
  for (BudgetHold& hold : holds) EXPECT_FALSE(table.Reserve(CallOf(0, kDollar), hold));
  BudgetHold one_more;
  EXPECT_EQ(Rejecting(table.Reserve(CallOf(1, 1), one_more)), 0u);
  holds[0].Settle(kDollar / 4);
  EXPECT_FALSE(table.Reserve(CallOf(1, kDollar / 2), one_more));
  const BudgetWindow& window = table.entries()[0].spend->At(kNoon);
  EXPECT_EQ(window.spent(), kDollar / 4);
  EXPECT_EQ(window.committed(), 9 * kDollar + kDollar / 4 + kDollar / 2);
  holds.clear();  // calls that cost nothing
  EXPECT_EQ(window.committed(), kDollar / 4 + kDollar / 2);
}

TEST(BudgetTable, applies_to_what_its_scope_names) {
  struct Case {
    config::BudgetScope scope;
    BudgetCall call;
    bool applies;
  };
  const BudgetCall web = CallOf(0, 1);
  const BudgetCall own = CallOf(0, 1, 1);
  BudgetCall nobody = CallOf(0, 1);
  nobody.key.reset();
  const std::vector<Case> cases = {
      {{}, web, true},
      {{}, nobody, true},
      {{}, own, false},  // it counts what is paid
      {{.team = "search"}, web, true},
      {{.team = "search"}, nobody, false},
      {{.team = "shop"}, web, false},
      {{.key = "web"}, web, true},
      {{.key = "app"}, web, false},
      {{.route = "chat"}, web, true},
      {{.route = "batch"}, web, false},
      {{.backend = "openai"}, web, true},
      {{.backend = "gpu"}, web, false},
      {{.model = "gpt-4.1"}, web, true},
      {{.team = "search", .model = "qwen"}, web, false},
      {{.team = "search", .route = "chat", .backend = "openai"}, web, true},
  };
  for (const Case& one : cases) {
    const BudgetTable table = TableOf({For(one.scope, kDollar)});
    BudgetHold hold;
    EXPECT_FALSE(table.Reserve(one.call, hold));
    EXPECT_EQ(hold.amount() > 0, one.applies) << table.entries()[0].name;
  }
}

TEST(BudgetTable, counts_rent_if_it_counts_all) {
  config::Budget budget = For({}, kDollar);
  budget.counts = config::BudgetCounts::kAll;
  const BudgetTable table = TableOf({budget});
  BudgetHold hold;
  EXPECT_FALSE(table.Reserve(CallOf(0, kDollar, 1), hold));
  BudgetHold other;
  EXPECT_TRUE(table.Reserve(CallOf(0, 1, 0), other));
}

TEST(BudgetTable, reserves_in_all_budgets_or_in_none) {
  const BudgetTable table = TableOf({For({}, 100 * kDollar), For({.team = "search"}, 10 * kDollar),
                                     For({.key = "web"}, 3 * kDollar)});
  BudgetHold hold;
  EXPECT_EQ(Rejecting(table.Reserve(CallOf(0, 4 * kDollar), hold)), 2u);
  for (const BudgetTable::Entry& entry : table.entries()) {
    EXPECT_EQ(entry.spend->At(kNoon).committed(), 0);
  }
  EXPECT_FALSE(table.Reserve(CallOf(0, 3 * kDollar), hold));
  EXPECT_EQ(hold.amount(), 3 * kDollar);
}

TEST(BudgetTable, a_refusal_has_the_sums_of_its_budget) {
  const BudgetTable table = TableOf({For({.team = "search"}, 10 * kDollar)});
  BudgetHold running;
  BudgetHold other;
  EXPECT_FALSE(table.Reserve(CallOf(0, 4 * kDollar), running));
  EXPECT_FALSE(table.Reserve(CallOf(1, 3 * kDollar), other));
  BudgetHold hold;
  const std::optional<BudgetRefusal> waits = table.Reserve(CallOf(0, 5 * kDollar), hold);
  ASSERT_TRUE(waits);
  EXPECT_TRUE(waits->Waits());
  EXPECT_EQ(waits->Free(), 3 * kDollar);
  EXPECT_EQ(waits->reserved, 7 * kDollar);
  EXPECT_EQ(waits->calls, 2);
  running.Settle(6 * kDollar);
  const std::optional<BudgetRefusal> spent = table.Reserve(CallOf(0, 5 * kDollar), hold);
  ASSERT_TRUE(spent);
  EXPECT_FALSE(spent->Waits());
  EXPECT_FALSE(spent->Never());
  EXPECT_EQ(spent->Left(), 4 * kDollar);
  EXPECT_EQ(spent->calls, 1);
  EXPECT_TRUE(table.RefusalOf(CallOf(0, 11 * kDollar))->Never());
  EXPECT_FALSE(table.RefusalOf(CallOf(0, kDollar)));
  EXPECT_EQ(table.entries()[0].spend->At(kNoon).committed(), 9 * kDollar);
}

TEST(BudgetTable, the_budget_that_rejects_for_the_longest_time_is_named) {
  config::Budget daily = For({}, 2 * kDollar);
  daily.per = BudgetPeriod::kDay;
  const BudgetTable table =
      TableOf({For({.key = "web"}, 10 * kDollar), daily, For({.team = "search"}, 3 * kDollar)});
  table.entries()[0].spend->At(kNoon).ReserveAnyway(10 * kDollar);
  EXPECT_EQ(Rejecting(table.RefusalOf(CallOf(0, kDollar))), 0u) << "the others have room";
  table.entries()[1].spend->At(kNoon).Settle(0, 2 * kDollar);
  EXPECT_EQ(Rejecting(table.RefusalOf(CallOf(0, kDollar))), 1u) << "only calls that run";
  table.entries()[2].spend->At(kNoon).Settle(0, 3 * kDollar);
  EXPECT_EQ(Rejecting(table.RefusalOf(CallOf(0, kDollar))), 2u) << "a month is longer";
  EXPECT_EQ(Rejecting(table.RefusalOf(CallOf(0, 4 * kDollar))), 1u) << "neither ever has room";
}

TEST(BudgetTable, budgets_may_differ_in_when_spent_alone) {
  config::Budget soft = For({.team = "search"}, 4 * kDollar);
  soft.when_spent = config::WhenSpent::kSelfHostedOnly;
  const config::Budget hard = For({.team = "search"}, 5 * kDollar);
  const BudgetTable first = TableOf({hard});
  BudgetHold hold;
  EXPECT_FALSE(first.Reserve(CallOf(0, kDollar), hold));
  const BudgetTable both = TableOf({soft, hard}, &first);
  EXPECT_EQ(both.entries()[1].spend, first.entries()[0].spend);
  EXPECT_NE(both.entries()[0].spend, first.entries()[0].spend);
  const BudgetTable swapped = TableOf({hard, soft}, &both);
  EXPECT_EQ(swapped.entries()[0].spend, both.entries()[1].spend);
  EXPECT_EQ(swapped.entries()[1].spend, both.entries()[0].spend);
  const BudgetTable softened = TableOf({soft}, &first);
  EXPECT_EQ(softened.entries()[0].spend, first.entries()[0].spend);
}

TEST(BudgetTable, any_number_of_budgets_may_apply) {
  const BudgetTable table =
      TableOf({For({}, kDollar), For({.team = "search"}, kDollar), For({.key = "web"}, kDollar),
               For({.route = "chat"}, kDollar), For({.backend = "openai"}, kDollar),
               For({.model = "gpt-4.1"}, kDollar)});
  BudgetHold hold;
  EXPECT_FALSE(table.Reserve(CallOf(0, kDollar), hold));
  BudgetHold moved = std::move(hold);
  moved.Settle(7);
  for (const BudgetTable::Entry& entry : table.entries()) {
    EXPECT_EQ(entry.spend->At(kNoon).committed(), 7) << entry.name;
  }
}

TEST(BudgetTable, only_rejecting_budgets_refuse) {
  for (const config::WhenSpent when :
       {config::WhenSpent::kCheapest, config::WhenSpent::kSelfHostedOnly}) {
    config::Budget budget = For({}, kDollar);
    budget.when_spent = when;
    const BudgetTable table = TableOf({budget});
    EXPECT_FALSE(table.entries()[0].IsSpent(kNoon));
    BudgetHold hold;
    EXPECT_FALSE(table.Reserve(CallOf(0, 2 * kDollar), hold));
    EXPECT_FALSE(table.AssumedOutput(CallOf(0, 0)));
  }
}

TEST(BudgetTable, a_call_belongs_to_the_window_that_admitted_it) {
  config::Budget daily = For({}, kDollar);
  daily.per = BudgetPeriod::kDay;
  const BudgetTable table = TableOf({daily});
  BudgetHold hold;
  EXPECT_FALSE(table.Reserve(CallOf(0, kDollar), hold));
  BudgetCall tomorrow = CallOf(0, kDollar);
  tomorrow.time += kMsPerDay;
  BudgetHold next;
  EXPECT_FALSE(table.Reserve(tomorrow, next));
  hold.Settle(kDollar / 2);
  BudgetSpend& spend = *table.entries()[0].spend;
  EXPECT_EQ(spend.At(kNoon).committed(), kDollar / 2);
  EXPECT_EQ(spend.At(tomorrow.time).committed(), kDollar);
  EXPECT_EQ(spend.At(kNoon).spent(), kDollar / 2);  // a clock that jumps back finds it
}

TEST(BudgetTable, a_reload_keeps_what_was_spent) {
  const BudgetTable first = TableOf({For({.team = "search"}, kDollar)});
  BudgetHold hold;
  EXPECT_FALSE(first.Reserve(CallOf(0, kDollar), hold));
  config::Budget raised = For({.team = "search"}, 3 * kDollar);
  raised.warn_at = {500'000};
  config::Budget other_zone = raised;
  other_zone.zone = "Asia/Tokyo";
  const BudgetTable second = TableOf({raised, For({}, kDollar)}, &first);
  const BudgetTable third = TableOf({other_zone}, &first);
  EXPECT_EQ(second.entries()[0].spend->At(kNoon).committed(), kDollar);
  EXPECT_EQ(second.entries()[1].spend->At(kNoon).committed(), 0);
  EXPECT_EQ(third.entries()[0].spend->At(kNoon).committed(), 0);
}

TEST(BudgetTable, the_smallest_assumed_output_counts) {
  config::Budget small = For({.team = "search"}, kDollar);
  small.assume_output = 1000;
  const BudgetTable table = TableOf({For({}, kDollar), small});
  EXPECT_EQ(table.AssumedOutput(CallOf(0, 0)), 1000);
  EXPECT_FALSE(table.AssumedOutput(CallOf(0, 0, 1))) << "it costs the budget nothing";
  EXPECT_EQ(table.AssumedOutput(CallOf(2, 0)), config::kAssumedOutput);
}

TEST(BudgetTable, threads_together_pass_exactly_what_fits) {
  constexpr int kThreads = 8;
  const BudgetTable table = TableOf({For({}, 20 * kDollar), For({.team = "search"}, 10 * kDollar)});
  std::atomic<int> passed{0};
  std::atomic<int> exceeded{0};
  std::vector<std::vector<BudgetHold>> holds(kThreads);
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (std::vector<BudgetHold>& own : holds) {
    threads.emplace_back([&] {
      for (int i = 0; i < 125; ++i) {
        BudgetHold hold;
        if (!table.Reserve(CallOf(0, kDollar), hold)) {
          ++passed;
          own.push_back(std::move(hold));
        }
        for (const BudgetTable::Entry& entry : table.entries()) {
          if (entry.spend->At(kNoon).committed() > entry.budget.limit) ++exceeded;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(passed, 10);
  EXPECT_EQ(exceeded, 0);
}

}  // namespace
}  // namespace headgate::policy

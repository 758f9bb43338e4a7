#include "policy/budgets/budget_table.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "config/config.h"
#include "policy/budgets/restore_budgets.h"
#include "policy/budgets/told_shares.h"
#include "policy/ledger/ledger_store.h"
#include "tests/policy/ledger/ledger_fixture.h"

namespace headgate::policy {
namespace {

using config::BudgetPeriod;

constexpr NanoUsd kDollar = 1'000'000'000;

// Keys: 0 web and 1 app of team search, 2 shop of team shop. Routes: 0 chat, 1 batch. Targets: 0
// gpt-4.1@openai, 1 qwen@gpu.
config::Config CompanyWith(std::vector<config::Budget> budgets) {
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

std::vector<BudgetTarget> Targets() {
  return {{"openai", "gpt-4.1", config::Hosting::kPaidApi},
          {"gpu", "qwen", config::Hosting::kSelfHosted}};
}

BudgetTable TableOf(std::vector<config::Budget> budgets, const BudgetTable* previous = nullptr) {
  return {CompanyWith(std::move(budgets)), Targets(), previous};
}

config::Budget For(config::BudgetScope scope, NanoUsd limit) {
  config::Budget budget;
  budget.scope = std::move(scope);
  budget.limit = limit;
  return budget;
}

BudgetCall CallOf(std::size_t key, NanoUsd most, std::size_t target = 0, std::size_t route = 0) {
  return {.key = key, .route = route, .target = target, .most = most, .time = kNoon};
}

TEST(BudgetTable, spent_and_reserved_never_exceed_the_limit) {
  const BudgetTable table = TableOf({For({.team = "search"}, 10 * kDollar)});
  std::vector<BudgetHold> holds(10);
  for (BudgetHold& hold : holds) EXPECT_FALSE(table.Reserve(CallOf(0, kDollar), hold));
  BudgetHold one_more;
  EXPECT_EQ(table.Reserve(CallOf(1, 1), one_more), 0u);
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
  EXPECT_EQ(table.Reserve(CallOf(0, 4 * kDollar), hold), 2u);
  for (const BudgetTable::Entry& entry : table.entries()) {
    EXPECT_EQ(entry.spend->At(kNoon).committed(), 0);
  }
  EXPECT_FALSE(table.Reserve(CallOf(0, 3 * kDollar), hold));
  EXPECT_EQ(hold.amount(), 3 * kDollar);
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

TEST(BudgetWindow, days_and_months_begin_in_their_zone) {
  const auto millis = [](const char* text) {
    absl::Time time;
    std::string error;
    EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, &error)) << error;
    return absl::ToUnixMillis(time);
  };
  absl::TimeZone berlin;
  ASSERT_TRUE(absl::LoadTimeZone("Europe/Berlin", &berlin));
  struct Case {
    BudgetPeriod per;
    absl::TimeZone zone;
    const char* time;
    const char* begin;
    const char* end;
  };
  const std::vector<Case> cases = {
      {BudgetPeriod::kDay, absl::UTCTimeZone(), "2026-11-29T13:00:00Z", "2026-11-29T00:00:00Z",
       "2026-11-30T00:00:00Z"},
      {BudgetPeriod::kMonth, absl::UTCTimeZone(), "2026-12-31T23:59:59.999Z",
       "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"},
      {BudgetPeriod::kMonth, absl::UTCTimeZone(), "2028-02-29T12:00:00Z", "2028-02-01T00:00:00Z",
       "2028-03-01T00:00:00Z"},
      {BudgetPeriod::kDay, berlin, "2026-11-29T23:30:00Z", "2026-11-29T23:00:00Z",
       "2026-11-30T23:00:00Z"},
      // Clocks go back on 2026-10-25, so the day has 25 hours.
      {BudgetPeriod::kDay, berlin, "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z",
       "2026-10-25T23:00:00Z"},
      {BudgetPeriod::kMonth, berlin, "2026-10-25T12:00:00Z", "2026-09-30T22:00:00Z",
       "2026-10-31T23:00:00Z"},
  };
  for (const Case& one : cases) {
    const BudgetBounds bounds = BoundsOf(one.per, one.zone, millis(one.time));
    EXPECT_EQ(bounds.begin, millis(one.begin)) << one.time;
    EXPECT_EQ(bounds.end, millis(one.end)) << one.time;
  }
}

class RestoreBudgetsTest : public testing::Test {
 protected:
  void Write(std::vector<LedgerRow> rows) {
    LedgerStore store(Folder(), told_.Alarm());
    ASSERT_TRUE(store.Open().ok());
    ASSERT_TRUE(store.Write({.ended = std::move(rows), .running = {}}).ok());
  }
  std::string Folder() const { return folder_.path().string(); }
  TemporaryFolder folder_;
  ToldOperator told_;
};

TEST_F(RestoreBudgetsTest, reads_what_was_spent_in_the_present_window) {
  LedgerRow own = RowOf(3, 0);
  own.attempts = {AttemptAt(kOwn, 70)};
  LedgerRow shop = RowOf(4, 500);
  shop.labels.team = "shop";
  Write({RowOf(1, 100), RowOf(2, 1000, RowState::kEstimated, kNoon - kMsPerDay), own, shop,
         RowOf(5, 9000, RowState::kSettled, kNoon - 60 * kMsPerDay)});
  config::Budget daily = For({.team = "search"}, kDollar);
  daily.per = BudgetPeriod::kDay;
  config::Budget all = For({.team = "search"}, kDollar);
  all.counts = config::BudgetCounts::kAll;
  const BudgetTable table =
      TableOf({daily, For({.team = "search"}, kDollar), all, For({.model = "qwen"}, kDollar),
               For({}, kDollar), For({.route = "general", .backend = "openai"}, kDollar)});
  for (int i = 0; i < 2; ++i) {  // the second time changes nothing
    ASSERT_TRUE(RestoreBudgets(table, Folder(), kNoon).ok());
    std::vector<NanoUsd> spent;
    for (const BudgetTable::Entry& entry : table.entries()) {
      spent.push_back(entry.spend->At(kNoon).spent());
      EXPECT_EQ(entry.spend->At(kNoon).committed(), spent.back());
    }
    EXPECT_EQ(spent, (std::vector<NanoUsd>{100, 1100, 1170, 0, 1600, 1600}));
  }
}

TEST_F(RestoreBudgetsTest, knows_what_was_told_of_the_present_window) {
  Write({RowOf(1, 100)});
  const BudgetTable table = TableOf({For({.team = "search"}, kDollar), For({}, kDollar)});
  const std::int64_t month = table.entries()[0].spend->At(kNoon).bounds().begin;
  const ToldShare most{.limit = kDollar, .share = 800'000};
  ASSERT_TRUE(NoteTold(Folder(), {month, most, table.entries()[0].name}).ok());
  ASSERT_TRUE(NoteTold(Folder(), {month - 1, most, table.entries()[1].name}).ok());
  ASSERT_TRUE(RestoreBudgets(table, Folder(), kNoon).ok());
  EXPECT_EQ(table.entries()[0].spend->At(kNoon).told, most);
  EXPECT_EQ(table.entries()[1].spend->At(kNoon).told, ToldShare{});
}

}  // namespace
}  // namespace headgate::policy

#include "policy/budgets/restore_budgets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "config/config.h"
#include "policy/budgets/told_shares.h"
#include "policy/ledger/ledger_store.h"
#include "tests/policy/ledger/ledger_fixture.h"

namespace headgate::policy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr NanoUsd kLimit = 1'000'000'000;
constexpr std::chrono::minutes kLong(1);
constexpr std::chrono::milliseconds kNotAtAll(0);
constexpr std::int64_t kYesterday = kNoon - kMsPerDay;

config::Budget BudgetOf(config::BudgetScope scope,
                        config::BudgetPeriod per = config::BudgetPeriod::kMonth) {
  config::Budget budget;
  budget.scope = std::move(scope);
  budget.limit = kLimit;
  budget.per = per;
  return budget;
}

// Budgets of key search-prod, team search, route general and the targets of the ledger's fixture.
std::shared_ptr<const BudgetTable> TableFor(std::vector<config::Budget> budgets,
                                            const BudgetTable* previous = nullptr) {
  config::Config config;
  config::Key& key = config.keys.emplace_back();
  key.name = "search-prod";
  key.team = "search";
  config.routes.emplace_back().name = "general";
  config.budgets = std::move(budgets);
  const std::vector<BudgetTarget> targets = {{"openai", "gpt-4.1", config::Hosting::kPaidApi},
                                             {"gpu", "qwen", config::Hosting::kSelfHosted}};
  return std::make_shared<const BudgetTable>(config, targets, previous);
}

class RestoreBudgetsTest : public testing::Test {
 protected:
  // A process that has ended.
  void Write(std::vector<LedgerRow> rows) {
    LedgerStore store(Folder(), told_.Alarm());
    ASSERT_TRUE(store.Open().ok());
    ASSERT_TRUE(store.Write({.ended = std::move(rows), .running = {}}).ok());
  }
  void Start() {
    ledger_.reset();
    restorer_.reset();
    auto store = std::make_unique<LedgerStore>(Folder(), told_.Alarm());
    ASSERT_TRUE(store->Open().ok());
    ledger_ = std::make_unique<LedgerWriter>(
        std::move(store), LedgerKeeping{}, [] { return kNoon; }, told_.Alarm(), SpendSums{});
    restorer_ = std::make_unique<BudgetRestorer>(*ledger_, Folder(), told_.Alarm());
  }
  void PutInForce(const std::shared_ptr<const BudgetTable>& table, std::int64_t now = kNoon) {
    EXPECT_TRUE(restorer_->PutInForce(table, now, kLong).ok());
  }

  // A request under a table: what it has reserved, and its row.
  struct Request {
    std::shared_ptr<const BudgetTable> table;
    BudgetHold hold;
    LedgerRow row;
  };
  Request Begin(const std::shared_ptr<const BudgetTable>& table, std::int64_t time = kNoon) {
    Request request{.table = table, .hold = {}, .row = RowOf(ledger_->NewId(), 0)};
    request.row.started = time;
    EXPECT_FALSE(table->Reserve({.key = 0, .most = 1000, .time = time}, request.hold));
    LedgerRow running = request.row;
    running.state = RowState::kReserved;
    ledger_->Put(running);
    return request;
  }
  void End(Request request, NanoUsd cost) {
    request.hold.Settle(cost);
    request.row.attempts[0].cost = cost;
    const std::int64_t number = ledger_->Put(request.row);
    if (request.table->IsReplaced()) SettleUnderNewer(*request.table, request.row, number);
  }

  static BudgetWindow& WindowOf(const BudgetTable& table, std::size_t budget = 0,
                                std::int64_t time = kNoon) {
    BudgetWindow& window = table.entries()[budget].spend->At(time);
    while (!window.IsWhole()) std::this_thread::yield();
    return window;
  }
  static NanoUsd SpentOf(const BudgetTable& table, std::size_t budget = 0,
                         std::int64_t time = kNoon) {
    return WindowOf(table, budget, time).spent();
  }
  static std::vector<NanoUsd> AllSpent(const BudgetTable& table) {
    std::vector<NanoUsd> spent;
    for (std::size_t i = 0; i < table.entries().size(); ++i) {
      spent.push_back(SpentOf(table, i));
      EXPECT_EQ(WindowOf(table, i).committed(), spent.back());
    }
    return spent;
  }
  std::string Folder() const { return folder_.path().string(); }

  TemporaryFolder folder_;
  ToldOperator told_;
  std::unique_ptr<BudgetRestorer> restorer_;
  std::unique_ptr<LedgerWriter> ledger_;
};

TEST_F(RestoreBudgetsTest, ReadsWhatWasSpentInThePresentWindow) {
  LedgerRow own = RowOf(3, 0);
  own.attempts = {AttemptAt(kOwn, 70)};
  LedgerRow shop = RowOf(4, 500);
  shop.labels.team = "shop";
  Write({RowOf(1, 100), RowOf(2, 1000, RowState::kEstimated, kYesterday), own, shop,
         RowOf(5, 9000, RowState::kSettled, kNoon - 60 * kMsPerDay),
         RowOf(6, 70'000, RowState::kSettled, kNoon + 3 * kMsPerDay)});
  Start();
  config::Budget all = BudgetOf({.team = "search"});
  all.counts = config::BudgetCounts::kAll;
  const auto table = TableFor({BudgetOf({.team = "search"}, config::BudgetPeriod::kDay),
                               BudgetOf({.team = "search"}), all, BudgetOf({.model = "qwen"}),
                               BudgetOf({}), BudgetOf({.route = "general", .backend = "openai"})});
  PutInForce(table);
  EXPECT_THAT(AllSpent(*table), ElementsAre(100, 1100, 1170, 0, 1600, 1600));
  PutInForce(table);
  const auto same =
      TableFor({BudgetOf({.team = "search"}, config::BudgetPeriod::kDay)}, table.get());
  PutInForce(same);
  EXPECT_THAT(AllSpent(*same), ElementsAre(100)) << "nothing is added twice";
}

TEST_F(RestoreBudgetsTest, KnowsWhatWasToldOfThePresentWindow) {
  Write({RowOf(1, 100)});
  Start();
  const auto table = TableFor({BudgetOf({.team = "search"}), BudgetOf({})});
  const std::int64_t month =
      BoundsOf(config::BudgetPeriod::kMonth, absl::UTCTimeZone(), kNoon).begin;
  const ToldShare most{.limit = kLimit, .share = 800'000};
  ASSERT_TRUE(NoteTold(Folder(), {month, most, table->entries()[0].name}).ok());
  ASSERT_TRUE(NoteTold(Folder(), {month - 1, most, table->entries()[1].name}).ok());
  PutInForce(table);
  EXPECT_EQ(WindowOf(*table, 0).told, most);
  EXPECT_EQ(WindowOf(*table, 1).told, ToldShare{});
}

TEST_F(RestoreBudgetsTest, KnowsWhatWasSpentWhenDaysBegan) {
  Write({RowOf(1, 100, RowState::kSettled, kNoon - 2 * kMsPerDay), RowOf(2, 50)});
  Start();
  const auto table = TableFor({BudgetOf({})});
  PutInForce(table);
  const std::vector<SpentMark>& marks = WindowOf(*table).marks;
  ASSERT_EQ(marks.size(), 3u);
  EXPECT_EQ(marks[0].spent, 0);
  EXPECT_EQ(marks[1].spent, 100);
  EXPECT_EQ(marks[2].spent, 100);
  EXPECT_EQ(marks[2].time - marks[1].time, kMsPerDay);
  EXPECT_LE(marks[2].time, kNoon);
}

TEST_F(RestoreBudgetsTest, AWindowThatAClockFindsLaterIsRestoredToo) {
  const config::Budget daily = BudgetOf({}, config::BudgetPeriod::kDay);
  Write({RowOf(1, 100), RowOf(2, 7, RowState::kSettled, kYesterday)});
  Start();
  const auto table = TableFor({daily});
  PutInForce(table, kYesterday);  // the clock is a day behind at the start
  EXPECT_EQ(SpentOf(*table, 0, kYesterday), 7);
  EXPECT_EQ(table->entries()[0].spend->Known(kNoon), nullptr);
  Request request = Begin(table, kNoon);  // the clock was set
  End(std::move(request), 20);
  EXPECT_EQ(SpentOf(*table), 120) << "what was before, and the request once";
  Request late = Begin(table, kYesterday);  // and back
  End(std::move(late), 1);
  EXPECT_EQ(SpentOf(*table, 0, kYesterday), 8);
}

TEST_F(RestoreBudgetsTest, TheNextDayIsPrepared) {
  Start();
  const auto table = TableFor({BudgetOf({}, config::BudgetPeriod::kDay)});
  PutInForce(table);
  BudgetSpend& spend = *table->entries()[0].spend;
  const std::int64_t midnight = spend.At(kNoon).bounds().end;
  PrepareWindows(*table, midnight - 600'001);
  EXPECT_EQ(spend.Known(midnight), nullptr);
  PrepareWindows(*table, midnight - 600'000);
  EXPECT_NE(spend.Known(midnight), nullptr);
  EXPECT_EQ(spend.Known(midnight)->bounds().begin, midnight);
}

TEST_F(RestoreBudgetsTest, AReloadFindsRowsThatAreNotInTheFilesYet) {
  Start();
  const auto first = TableFor({});
  PutInForce(first);
  for (int i = 0; i < 20; ++i) End(Begin(first), 10);
  const auto second = TableFor({BudgetOf({})}, first.get());
  PutInForce(second);
  EXPECT_EQ(SpentOf(*second), 200);
}

TEST_F(RestoreBudgetsTest, WhatRunsDuringAReloadIsCountedWhenItEnds) {
  config::Budget berlin = BudgetOf({});
  berlin.zone = "Europe/Berlin";
  config::Budget all = BudgetOf({});
  all.counts = config::BudgetCounts::kAll;
  for (const config::Budget& changed : {berlin, all, BudgetOf({.team = "search"})}) {
    Start();
    const auto first = TableFor({BudgetOf({})});
    PutInForce(first);
    const NanoUsd before = SpentOf(*first);
    Request a = Begin(first);
    Request b = Begin(first);
    const auto second = TableFor({changed}, first.get());
    PutInForce(second);
    End(std::move(a), 100);
    EXPECT_EQ(SpentOf(*second), before + 100);
    End(Begin(second), 7);
    // Back again: a new budget, that finds what has ended, and b later.
    const auto third = TableFor({BudgetOf({})}, second.get());
    PutInForce(third);
    EXPECT_EQ(SpentOf(*third), before + 107);
    End(std::move(b), 1000);
    EXPECT_EQ(SpentOf(*third), before + 1107);
  }
}

TEST_F(RestoreBudgetsTest, ABudgetThatStaysCountsWhatRunsOnce) {
  Start();
  const auto first = TableFor({BudgetOf({})});
  PutInForce(first);
  Request request = Begin(first);
  const auto second = TableFor({BudgetOf({.team = "shop"}), BudgetOf({})}, first.get());
  PutInForce(second);
  EXPECT_EQ(WindowOf(*second, 1).committed(), 1000) << "it stays reserved";
  End(std::move(request), 100);
  EXPECT_THAT(AllSpent(*second), ElementsAre(0, 100));
}

TEST_F(RestoreBudgetsTest, RequestsThatEndWhileItIsRestoredAreCountedOnce) {
  Start();
  const auto first = TableFor({});
  PutInForce(first);
  std::vector<Request> running;
  for (int i = 0; i < 400; ++i) running.push_back(Begin(first));
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (std::size_t k = static_cast<std::size_t>(i); k < running.size(); k += 4) {
        End(std::move(running[k]), 1);
      }
    });
  }
  std::shared_ptr<const BudgetTable> last = first;
  for (int i = 0; i < 10; ++i) {
    config::Budget budget = BudgetOf({});
    budget.zone = i % 2 == 0 ? "UTC" : "Europe/Berlin";
    last = TableFor({budget}, last.get());
    restorer_->PutInForce(last, kNoon, i % 3 == 0 ? kNotAtAll : kLong).IgnoreError();
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(SpentOf(*last), 400);
}

TEST_F(RestoreBudgetsTest, SaysWhatCannotBeReadAndGoesOn) {
  Write({RowOf(1, 7, RowState::kSettled, kYesterday)});
  Start();
  folder_.Write("2026-11-28.db", std::string(5000, 'x'));
  const auto table = TableFor({BudgetOf({})});
  EXPECT_THAT(std::string(restorer_->PutInForce(table, kNoon, kLong).message()),
              HasSubstr("2026-11-28.db"));
  EXPECT_THAT(told_.lines, ElementsAre(HasSubstr("per=month: cannot read")));
  EXPECT_EQ(SpentOf(*table), 0);
  End(Begin(table), 5);
  EXPECT_EQ(SpentOf(*table), 5);
}

}  // namespace
}  // namespace headgate::policy

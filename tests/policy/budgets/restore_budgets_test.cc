#include "policy/budgets/restore_budgets.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "policy/budgets/told_shares.h"
#include "policy/ledger/ledger_store.h"
#include "tests/policy/budgets/budget_fixture.h"

namespace headgate::policy {
namespace {

using config::BudgetPeriod;

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

TEST_F(RestoreBudgetsTest, knows_what_was_spent_when_days_began) {
  Write({RowOf(1, 100, RowState::kSettled, kNoon - 2 * kMsPerDay), RowOf(2, 50)});
  const BudgetTable table = TableOf({For({}, kDollar)});
  ASSERT_TRUE(RestoreBudgets(table, Folder(), kNoon).ok());
  const std::vector<SpentMark>& marks = table.entries()[0].spend->At(kNoon).marks;
  ASSERT_EQ(marks.size(), 3u);
  EXPECT_EQ(marks[0].spent, 0);
  EXPECT_EQ(marks[1].spent, 100);
  EXPECT_EQ(marks[2].spent, 100);
  EXPECT_EQ(marks[2].time - marks[1].time, kMsPerDay);
  EXPECT_LE(marks[2].time, kNoon);
}

}  // namespace
}  // namespace headgate::policy

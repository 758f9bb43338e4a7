#include "gateway/upkeep/budget_watch.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "policy/budgets/budget_table.h"

namespace headgate::gateway {
namespace {

constexpr std::int64_t kWatchTime = 1'795'957'200'000;  // 2026-11-29T13:00:00Z
constexpr std::int64_t kDay = 86'400'000;

config::Budget Daily(NanoUsd limit) {
  config::Budget budget;
  budget.limit = limit;
  budget.per = config::BudgetPeriod::kDay;
  budget.warn_at = {500'000, 800'000};
  return budget;
}

policy::BudgetTable Table(const config::Budget& budget,
                          const policy::BudgetTable* before = nullptr) {
  config::Config config;
  config.budgets.push_back(budget);
  return {config, {}, before};
}

void Spend(const policy::BudgetTable& table, NanoUsd amount, std::int64_t now = kWatchTime) {
  table.entries()[0].spend->At(now).Settle(0, amount);
}

// The shares that are told, such as "80%".
std::vector<std::string> ToldAt(const policy::BudgetTable& table, std::int64_t now = kWatchTime) {
  std::vector<std::string> shares;
  for (const BudgetAlert& alert : WarnOfBudgets(table, now)) shares.push_back(ShareText(alert));
  return shares;
}

using Shares = std::vector<std::string>;

TEST(BudgetWatchTest, TellsEachShareOnceADay) {
  const policy::BudgetTable table = Table(Daily(100));
  EXPECT_EQ(ToldAt(table), Shares{});
  Spend(table, 49);
  EXPECT_EQ(ToldAt(table), Shares{});
  Spend(table, 1);
  EXPECT_EQ(ToldAt(table), Shares{"50%"});
  EXPECT_EQ(ToldAt(table), Shares{});
  Spend(table, 60);  // passes two shares at once
  EXPECT_EQ(ToldAt(table), Shares{"100%"});
  Spend(table, 500);
  EXPECT_EQ(ToldAt(table), Shares{});
  Spend(table, 50, kWatchTime + kDay);
  EXPECT_EQ(ToldAt(table, kWatchTime + kDay), Shares{"50%"});
}

TEST(BudgetWatchTest, AnAlertHasItsDayAndSums) {
  const policy::BudgetTable table = Table(Daily(100));
  Spend(table, 81);
  const std::vector<BudgetAlert> alerts = WarnOfBudgets(table, kWatchTime);
  ASSERT_EQ(alerts.size(), 1u);
  EXPECT_EQ(alerts[0].share, 800'000);
  EXPECT_EQ(alerts[0].spent, 81);
  EXPECT_EQ(alerts[0].budget.limit, 100);
  EXPECT_EQ(alerts[0].window.begin, kWatchTime - 46'800'000);
  EXPECT_EQ(alerts[0].window.end, alerts[0].window.begin + kDay);
  EXPECT_EQ(alerts[0].time, kWatchTime);
}

TEST(BudgetWatchTest, TellsOfAnotherLimitAnew) {
  const policy::BudgetTable first = Table(Daily(100));
  Spend(first, 100);
  EXPECT_EQ(ToldAt(first), Shares{"100%"});
  const policy::BudgetTable raised = Table(Daily(250), &first);
  EXPECT_EQ(ToldAt(raised), Shares{});
  Spend(raised, 100);
  EXPECT_EQ(ToldAt(raised), Shares{"80%"});
  const policy::BudgetTable same = Table(Daily(250), &raised);
  EXPECT_EQ(ToldAt(same), Shares{});
}

TEST(BudgetWatchTest, WhatWasToldBeforeARestartIsNotToldAgain) {
  const policy::BudgetTable table = Table(Daily(100));
  Spend(table, 85);
  table.entries()[0].spend->At(kWatchTime).told = {.limit = 100, .share = 800'000};
  EXPECT_EQ(ToldAt(table), Shares{});
  Spend(table, 15);
  EXPECT_EQ(ToldAt(table), Shares{"100%"});
}

TEST(BudgetWatchTest, TellsOnceADayThatRequestsAreRefused) {
  const policy::BudgetTable table = Table(Daily(100));
  table.entries()[0].spend->NoteRefused(kWatchTime, 120);
  table.entries()[0].spend->NoteRefused(kWatchTime, 130);
  const std::vector<BudgetAlert> alerts = WarnOfBudgets(table, kWatchTime);
  ASSERT_EQ(alerts.size(), 1u);
  EXPECT_EQ(alerts[0].event, BudgetEvent::kRefuses);
  EXPECT_EQ(alerts[0].most, 120);
  EXPECT_EQ(alerts[0].told, (policy::ToldShare{.limit = 100, .share = 0, .refuses = true}));
  EXPECT_EQ(ToldAt(table), Shares{});
  Spend(table, 85);
  EXPECT_EQ(ToldAt(table), Shares{"80%"}) << "shares are told all the same";
  EXPECT_EQ(ToldAt(table), Shares{});
  table.entries()[0].spend->NoteRefused(kWatchTime + kDay, 120);
  EXPECT_EQ(ToldAt(table, kWatchTime + kDay), Shares{"0%"});
}

TEST(BudgetWatchTest, ASpentBudgetThatRejectsIsNotToldTwice) {
  config::Budget budget = Daily(100);
  for (const bool rejects : {true, false}) {
    if (!rejects) budget.when_spent = config::WhenSpent::kSelfHostedOnly;
    const policy::BudgetTable table = Table(budget);
    Spend(table, 100);
    EXPECT_EQ(ToldAt(table), Shares{"100%"});
    table.entries()[0].spend->NoteRefused(kWatchTime, 1);
    EXPECT_EQ(ToldAt(table).empty(), rejects);
  }
}

TEST(BudgetWatchTest, ABudgetIsToldOfWhenTheLedgerHasSaidWhatItSpentBefore) {
  const policy::BudgetTable table = Table(Daily(100));
  Spend(table, 85);
  policy::BudgetWindow& window = table.entries()[0].spend->At(kWatchTime);
  window.AwaitRest();
  EXPECT_EQ(ToldAt(table), Shares{});
  window.AddRest(15, {.limit = 100, .share = 800'000});
  EXPECT_EQ(ToldAt(table), Shares{"100%"});
}

}  // namespace
}  // namespace headgate::gateway

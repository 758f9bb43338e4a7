#include "gateway/upkeep/budget_alert.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <string>

namespace headgate::gateway {
namespace {

constexpr NanoUsd kDollar = kNanoPerUsd;
constexpr std::int64_t kNovember = 1'793'491'200'000;  // 2026-11-01T00:00:00Z
constexpr std::int64_t kDecember = kNovember + 30 * 86'400'000LL;

BudgetAlert AlertAt(std::int64_t share, NanoUsd spent) {
  BudgetAlert alert;
  alert.budget.scope = {.team = "search", .model = "gpt-4.1"};
  alert.budget.limit = 500 * kDollar;
  alert.budget.zone = "Europe/Berlin";
  alert.event = share < 1'000'000 ? BudgetEvent::kNearlySpent : BudgetEvent::kSpent;
  alert.share = share;
  alert.spent = spent;
  alert.window = {.begin = kNovember, .end = kDecember};
  alert.time = kNovember + 1'999;
  return alert;
}

std::string TextOf(const BudgetAlert& alert) {
  return std::string(boost::json::parse(AlertJson(alert, "gw1:8080")).at("text").as_string());
}

TEST(BudgetAlertTest, SaysAllThatAProgramNeeds) {
  const BudgetAlert alert = AlertAt(800'000, 401'204'999'999);
  EXPECT_EQ(boost::json::parse(AlertJson(alert, "gw1:8080")), boost::json::parse(R"({
    "text": "Budget team=search,model=gpt-4.1,per=month is spent to 80%: $401.20 of $500.00. When it is spent, requests are refused.",
    "event": "budget_nearly_spent",
    "budget": "team=search,model=gpt-4.1,per=month",
    "scope": {"team": "search", "model": "gpt-4.1"},
    "per": "month", "zone": "Europe/Berlin", "counts": "paid", "share": "80%",
    "spent_usd": "401.204999999", "limit_usd": "500.000000000", "when_spent": "reject",
    "begin": "2026-11-01T00:00:00Z", "end": "2026-12-01T00:00:00Z",
    "time": "2026-11-01T00:00:01Z", "instance": "gw1:8080"})"));
}

TEST(BudgetAlertTest, SaysWhatFollowsWhenAllIsSpent) {
  BudgetAlert alert = AlertAt(1'000'000, 500 * kDollar);
  const std::string spent =
      "Budget team=search,model=gpt-4.1,per=month is spent: $500.00 of $500.00. Until "
      "2026-12-01T00:00:00Z ";
  EXPECT_EQ(TextOf(alert), spent + "requests are refused.");
  alert.budget.when_spent = config::WhenSpent::kCheapest;
  EXPECT_EQ(TextOf(alert),
            spent +
                "each request goes to the cheapest target of its plan; requests that name a "
                "model, and routes with one paid target, go on as before.");
  alert.budget.when_spent = config::WhenSpent::kSelfHostedOnly;
  EXPECT_EQ(TextOf(alert), spent + "requests go to self-hosted targets only.");
}

TEST(BudgetAlertTest, SaysThatRequestsAreRefusedBeforeAllIsSpent) {
  BudgetAlert alert = AlertAt(990'000, 499'980'000'000);
  alert.event = BudgetEvent::kRefuses;
  alert.most = 60'000'000;
  EXPECT_EQ(TextOf(alert),
            "Budget team=search,model=gpt-4.1,per=month refuses requests: $499.98 of $500.00 is "
            "spent, and a request may cost up to $0.06. It begins anew at 2026-12-01T00:00:00Z.");
  EXPECT_EQ(EventName(alert.event), "budget_refuses");
  alert.budget.when_spent = config::WhenSpent::kSelfHostedOnly;
  EXPECT_EQ(TextOf(alert),
            "Budget team=search,model=gpt-4.1,per=month refuses requests: $499.98 of $500.00 is "
            "spent, and no self-hosted target is left for them. It begins anew at "
            "2026-12-01T00:00:00Z.");
}

TEST(BudgetAlertTest, RoundsAmountsForPeopleButNotSmallOnes) {
  struct Case {
    NanoUsd spent;
    const char* text;
  };
  for (const Case& one :
       {Case{0, "$0.00 of"}, Case{500'000'000, "$0.50 of"}, Case{1'500'000, "$0.0015 of"},
        Case{1, "$0.000000001 of"}, Case{1'995'000'000, "$1.99 of"},
        Case{1'234'567'890'123, "$1234.56 of"}}) {
    EXPECT_NE(TextOf(AlertAt(800'000, one.spent)).find(one.text), std::string::npos) << one.text;
  }
}

TEST(BudgetAlertTest, SharesHaveTheDecimalsThatTheyNeed) {
  EXPECT_EQ(ShareText(AlertAt(1'000'000, 0)), "100%");
  EXPECT_EQ(ShareText(AlertAt(800'000, 0)), "80%");
  EXPECT_EQ(ShareText(AlertAt(125'000, 0)), "12.5%");
  EXPECT_EQ(ShareText(AlertAt(500, 0)), "0.05%");
  EXPECT_EQ(ShareText(AlertAt(990'001, 0)), "99.0001%");
}

}  // namespace
}  // namespace headgate::gateway

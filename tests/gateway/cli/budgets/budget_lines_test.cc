#include "gateway/cli/budgets/budget_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <string>

namespace headgate::gateway {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kSunday = 1'795'957'200'000;  // 2026-11-29, 13:00 UTC: 14:00 in Berlin
constexpr std::int64_t kMsOfHour = 3'600'000;

config::Budget Shop() {
  config::Budget budget;
  budget.scope.team = "shop";
  budget.limit = 1'200'000'000;
  budget.zone = "Europe/Berlin";
  budget.when_spent = config::WhenSpent::kCheapest;
  return budget;
}

TEST(BudgetLinesTest, a_budget_has_its_period_and_its_pace) {
  const BudgetLine line = LineOf(Shop(), 1'110'000'000, kSunday);
  EXPECT_EQ(line.end - kSunday, 34 * kMsOfHour);  // Dec 1, 00:00 in Berlin
  EXPECT_EQ(line.forecast, 1'165'014'577);        // 1.11 * 720 h (the month) / 686 h
  EXPECT_FALSE(SpentOn(line, kSunday)) << "below the limit";
  EXPECT_EQ(BudgetsText({line}, kSunday),
            "team=shop,per=month  month (Europe/Berlin) to Dec 1 00:00  $1.11 of $1.20  "
            "$0.09 left  at this pace: $1.17 by the end\n");
}

TEST(BudgetLinesTest, it_says_when_all_is_spent_and_what_happens_then) {
  BudgetLine line = LineOf(Shop(), 1'110'000'000, kSunday);
  line.forecast = 1'290'000'000;  // twice what is left
  EXPECT_EQ(SpentOn(line, kSunday), kSunday + 17 * kMsOfHour);
  EXPECT_THAT(BudgetsText({line}, kSunday),
              HasSubstr("at this pace: $1.29 by the end, spent on Nov 30 07:00; then cheapest"));
  line.spent = line.limit;
  EXPECT_THAT(BudgetsText({line}, kSunday), HasSubstr("$0.00 left  spent; now cheapest"));
  line.spent = 1'112'345'678;
  line.reserved = 10'000'000;
  line.forecast.reset();
  EXPECT_THAT(
      BudgetsText({line}, kSunday),
      HasSubstr("$1.11 of $1.20  $0.0777 left ($0.01 is reserved)  too early to tell the pace"));
}

TEST(BudgetLinesTest, a_day_has_no_pace) {
  config::Budget budget = Shop();
  budget.per = config::BudgetPeriod::kDay;
  EXPECT_FALSE(LineOf(budget, 5, kSunday).forecast);
}

TEST(BudgetLinesTest, the_running_gateway_knows_better) {
  BudgetLine line = LineOf(Shop(), 0, kSunday);
  ReadStatus(boost::json::parse(R"({"budget":"team=shop,per=month","limit_usd":"1.20",
                                    "spent_usd":"1.11","reserved_usd":"0.02",
                                    "zone":"UTC","end":"2026-12-01T00:00:00.000Z",
                                    "when_spent":"reject","forecast_usd":"1.40"})")
                 .as_object(),
             line);
  EXPECT_EQ(line.spent, 1'110'000'000);
  EXPECT_EQ(line.reserved, 20'000'000);
  EXPECT_EQ(line.end - kSunday, 35 * kMsOfHour);
  EXPECT_EQ(line.forecast, 1'400'000'000);
  EXPECT_EQ(line.when_spent, "reject");
  const boost::json::array json = BudgetsToJson({line}, kSunday);
  EXPECT_EQ(json[0].at("remaining_usd"), "0.070000000");
  EXPECT_EQ(json[0].at("end"), "2026-12-01T00:00:00Z");
  EXPECT_TRUE(json[0].at("spent_on").is_string());
}

TEST(BudgetLinesTest, what_is_not_known_is_left_out) {
  BudgetLine line;
  ReadStatus(
      boost::json::parse(R"({"budget":"per=day","limit_usd":"5","spent_usd":"1"})").as_object(),
      line);
  EXPECT_EQ(BudgetsText({line}, kSunday),
            "per=day  $1.00 of $5.00  $4.00 left  too early to tell the pace\n");
  EXPECT_TRUE(BudgetsToJson({line}, kSunday)[0].at("end").is_null());
}

}  // namespace
}  // namespace headgate::gateway

#include "gateway/admin/families/budget_families.h"

#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <sstream>
#include <string>

#include "prometheus/text_serializer.h"

namespace headgate::gateway {
namespace {

constexpr std::int64_t kScraped = 1'795'957'200'000;  // 2026-11-29T13:00:00Z

policy::BudgetTable TableWith(NanoUsd limit) {
  config::Config config;
  config.budgets.emplace_back().limit = limit;
  return {config, {}, nullptr};
}

TEST(BudgetFamilies, show_amounts_as_they_are_written) {
  for (const auto& [limit, text] : {std::pair<NanoUsd, std::string>{500 * kNanoPerUsd, "500"},
                                    {1'100'000'000, "1.1"},
                                    {500'000, "0.0005"}}) {
    FamilySet::Families families;
    AddBudgetFamilies(TableWith(limit), kScraped, families);
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families);
    EXPECT_NE(out.str().find("headgate_budget_limit_usd{scope=\"per=month\"} " + text + "\n"),
              std::string::npos)
        << out.str();
  }
}

TEST(BudgetsJson, has_the_window_what_remains_and_a_forecast) {
  const policy::BudgetTable table = TableWith(10 * kNanoPerUsd);
  policy::BudgetSpend& spend = *table.entries()[0].spend;
  spend.At(kScraped).Settle(0, 5 * kNanoPerUsd);
  spend.At(kScraped).ReserveAnyway(kNanoPerUsd);
  spend.NoteRefused(kScraped, 1);
  const boost::json::object budget = BudgetsJson(table, kScraped)[0].as_object();
  EXPECT_EQ(budget.at("remaining_usd").as_string(), "4.000000000");
  EXPECT_EQ(budget.at("reserved_usd").as_string(), "1.000000000");
  EXPECT_EQ(budget.at("begin").as_string(), "2026-11-01T00:00:00Z");
  EXPECT_EQ(budget.at("end").as_string(), "2026-12-01T00:00:00Z");
  EXPECT_EQ(budget.at("per").as_string(), "month");
  EXPECT_EQ(budget.at("zone").as_string(), "UTC");
  EXPECT_EQ(budget.at("counts").as_string(), "paid");
  EXPECT_EQ(budget.at("when_spent").as_string(), "reject");
  EXPECT_EQ(budget.at("refused_requests").as_int64(), 1);
  // 5 dollars in 685 of 720 hours.
  EXPECT_EQ(budget.at("forecast_usd").as_string(), "5.255474452");
}

}  // namespace
}  // namespace headgate::gateway

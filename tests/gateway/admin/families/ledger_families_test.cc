// What teams have spent, as metrics: under the cap on series, whatever the ledger has.
#include "gateway/admin/families/ledger_families.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <sstream>
#include <string>

#include "prometheus/text_serializer.h"

namespace headgate::gateway {
namespace {

using config::Hosting;
using policy::SpendSums;
using SpentByTeam = std::map<SpendSums::Key, SpendSums::Amounts>;

std::string SpendText(const SpentByTeam& spent, SeriesCap& cap) {
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, {SpendFamily(spent, cap)});
  std::string text = std::move(out).str();
  return text.substr(text.find('{'));  // behind the help text
}

TEST(SpendFamily, says_the_day_and_the_month_of_each_team) {
  SeriesCap cap(kMostSeries);
  const SpentByTeam spent = {
      {{"", Hosting::kPaidApi}, {.day = 1'000'000'000, .month = 2'500'000'000}},
      {{"red", Hosting::kSelfHosted}, {.day = 0, .month = 3'000'000'000}}};
  const std::string kName = "headgate_spend_usd";
  EXPECT_EQ(SpendText(spent, cap),
            "{period=\"day\",team=\"red\",hosting=\"self_hosted\"} 0\n" + kName +
                "{period=\"month\",team=\"red\",hosting=\"self_hosted\"} 3\n" + kName +
                "{period=\"day\",team=\"none\",hosting=\"paid_api\"} 1\n" + kName +
                "{period=\"month\",team=\"none\",hosting=\"paid_api\"} 2.5\n");
  EXPECT_EQ(cap.folded(), 0);
}

TEST(SpendFamily, adds_up_the_teams_that_spent_least_when_there_are_too_many) {
  constexpr std::int64_t kTeams = 10'000;
  constexpr std::size_t kMost = 100;
  SeriesCap cap(kMost);
  SpentByTeam spent;
  for (std::int64_t i = 1; i <= kTeams; ++i) {
    spent[{"team-" + std::to_string(i), Hosting::kPaidApi}] = {.day = i, .month = i * 1'000'000};
  }
  const prometheus::MetricFamily family = SpendFamily(spent, cap);
  ASSERT_EQ(family.metric.size(), kMost + 2);  // `other` is not counted
  double month = 0;
  for (const prometheus::ClientMetric& metric : family.metric) {
    if (metric.label[0].value == "month") month += metric.gauge.value;
  }
  EXPECT_NEAR(month, static_cast<double>(kTeams * (kTeams + 1)) / 2 * 1e-3, 1e-6)
      << "no money is lost";
  EXPECT_EQ(family.metric.front().label[1].value, "team-10000");
  EXPECT_EQ(family.metric.back().label[1].value, "other");
  EXPECT_EQ(cap.folded(), 2 * kTeams - static_cast<std::int64_t>(kMost));
  EXPECT_EQ(SpendFamily(spent, cap).metric.size(), kMost + 2);
  EXPECT_EQ(cap.folded(), 2 * kTeams - static_cast<std::int64_t>(kMost)) << "counted once";
}

}  // namespace
}  // namespace headgate::gateway

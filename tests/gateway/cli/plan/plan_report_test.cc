#include "gateway/cli/plan/plan_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "gateway/cli/plan/page/axis.h"
#include "gateway/cli/plan/page/html_text.h"
#include "gateway/cli/plan/page/plan_page.h"
#include "gateway/cli/plan/plan_amounts.h"
#include "gateway/cli/plan/plan_json.h"
#include "gateway/cli/plan/plan_rows.h"
#include "gateway/cli/plan/plan_table.h"
#include "gateway/cli/plan/plan_words.h"

namespace headgate::gateway {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

PlanReport Report(const std::vector<std::pair<std::string PlanFlags::*, std::string>>& set,
                  const std::vector<std::string>& volumes = {"500M/day"}) {
  PlanFlags flags;
  flags.volumes = volumes;
  flags.output_shares = {"50%"};
  flags.rent = "49.24";
  flags.throughput = "200";
  flags.utilisation = "100%";
  flags.hours = "flat";
  flags.apis = {"r1=0.55/2.19"};
  for (const auto& [flag, value] : set) flags.*flag = value;
  auto question = AskPlan(flags, nullptr, nullptr);
  EXPECT_TRUE(question.ok()) << question.status();
  return MakeReport(*std::move(question));
}

std::string Table(const PlanReport& report) {
  std::ostringstream out;
  PrintPlan(report, out);
  return out.str();
}

TEST(PlanAmountsTest, amounts_are_rounded_for_people) {
  EXPECT_EQ(MoneyText(0), "$0.00");
  EXPECT_EQ(MoneyText(685 * kNanoPerUsd), "$685.00");
  EXPECT_EQ(MoneyText(1'181'760'000'000), "$1,181.76");
  EXPECT_EQ(MoneyText(35'925'504'000'000), "$35,926");
  EXPECT_EQ(TokensText(862'598'540), "862.6M");
  EXPECT_EQ(TokensText(17'280'000), "17.3M");
  EXPECT_EQ(TokensText(1'500'000'000), "1.5B");
  EXPECT_EQ(TokensText(999'999'999), "1B");
  EXPECT_EQ(TokensText(999), "999");
  EXPECT_EQ(VolumeText(15'200'000'000), "15.2B tokens a month (500M a day)");
  EXPECT_EQ(ShareText(-50'000), "-5 %");
  EXPECT_EQ(FactorText(2'400'000), "2.4");
  EXPECT_EQ(FactorText(2'399'999), "2.4");
  EXPECT_EQ(CountText(1'234'567), "1,234,567");
  EXPECT_EQ(CountText(123), "123");
  EXPECT_EQ(LastingText(90), "1.5 minutes");
  EXPECT_EQ(LastingText(7200), "2 hours");
  EXPECT_EQ(LastingText(259'200), "3 days");
  EXPECT_EQ(RentText(35'925'504'000'000), "$35,926 a month ($49.24 an hour)");
  EXPECT_EQ(ThroughputText(720'000), "200 tokens/s");
  EXPECT_EQ(ThroughputText(5'400), "1.5 tokens/s");
  EXPECT_EQ(UnitPriceText(1'370'000'000), "$1.37");
  EXPECT_EQ(UnitPriceText(137'500'000), "$0.1375");
  EXPECT_EQ(UnitPriceText(2'800'000), "$0.0028");
  EXPECT_EQ(ReplicasText(1), "1 replica");
  EXPECT_EQ(ReplicasText(2), "2 replicas");
}

TEST(PlanReportTest, the_answer_to_the_cluster_of_the_guide_can_be_read) {
  const PlanReport report = Report({});
  EXPECT_EQ(Headline(report),
            "Use the API: r1 costs $20,824 a month; 29 replicas cost $1,041,840 a month.");
  EXPECT_EQ(Reason(report),
            "One replica serves 17.3M tokens a day, for which the API asks $23.67; its rent is "
            "$1,181.76 a day. No volume breaks even: more volume needs more replicas.");
  EXPECT_THAT(BreakEvenSentences(report),
              ElementsAre(HasSubstr("is the price of 862.6M tokens a day at the API ($1.37 per 1M"),
                          HasSubstr("One replica serves 17.3M"),
                          HasSubstr("One would have to serve 9,984 tokens/s instead of 200")));
  EXPECT_THAT(Table(report), HasSubstr("no replica pays for itself: all API"));
}

TEST(PlanReportTest, each_verdict_has_a_headline_and_a_reason) {
  const PlanReport tie = Report(
      {{&PlanFlags::rent, "2500/month"}, {&PlanFlags::throughput, ""}, {&PlanFlags::replicas, "1"}},
      {"1B/month"});
  EXPECT_THAT(Headline(tie), HasSubstr("Cost does not decide: r1 costs $1,370.00 a month"));
  EXPECT_THAT(Reason(tie), HasSubstr("The API is cheaper by $1,130.00 a month"));
  EXPECT_THAT(BreakEvenSentences(tie), ElementsAre(HasSubstr("60M tokens a day"),
                                                   HasSubstr("each must serve 381 tokens/s")));

  const PlanReport self = Report({{&PlanFlags::throughput, "50k"}, {&PlanFlags::rent, "10"}});
  EXPECT_THAT(Headline(self), HasSubstr("Self-host: 1 replica costs $7,296.00 a month"));
  EXPECT_EQ(Reason(self), "The API costs 2.86 times as much.");

  // 10B tokens a month from one replica are 3,807 tokens/s.
  const PlanReport unchecked = Report(
      {{&PlanFlags::rent, "2500/month"}, {&PlanFlags::throughput, ""}, {&PlanFlags::replicas, "1"}},
      {"10B/month"});
  EXPECT_THAT(Reason(unchecked), HasSubstr("This holds if each replica can serve 3,807 tokens/s"));
  EXPECT_THAT(Table(unchecked), HasSubstr("1 replica, if each serves 7,615 tokens/s"));

  const PlanReport hybrid = Report({{&PlanFlags::throughput, "3000"},
                                    {&PlanFlags::rent, "6"},
                                    {&PlanFlags::hours, "office"},
                                    {&PlanFlags::replicas, "3"}});
  EXPECT_EQ(hybrid.verdict, policy::Verdict::kHybrid);
  EXPECT_THAT(Headline(hybrid), HasSubstr("Do both: "));
  EXPECT_THAT(Reason(hybrid), HasSubstr("in busy hours goes to the API"));
  ASSERT_TRUE(hybrid.now);
  EXPECT_THAT(Table(hybrid), HasSubstr("hybrid with 3 replicas"));
}

TEST(PlanReportTest, the_input_that_is_nearest_to_changing_the_answer_is_named) {
  const PlanReport report = Report(
      {{&PlanFlags::rent, "2500/month"}, {&PlanFlags::throughput, ""}, {&PlanFlags::replicas, "1"}},
      {"1.9B/month"});
  // $2,603 against $2,500: at half the price, or at twice.
  EXPECT_THAT(SensitivitySentence(report), HasSubstr("It is most sensitive to the "));
  EXPECT_THAT(SensitivitySentence(Report({{&PlanFlags::rent, "10000"}})),
              HasSubstr("No single input changes the answer"));
}

TEST(PlanReportTest, growth_names_the_month_of_the_crossing) {
  const PlanReport report =
      Report({{&PlanFlags::throughput, "20000"}, {&PlanFlags::growth, "10%"}});
  ASSERT_TRUE(report.growth.crosses);
  EXPECT_EQ(report.growth.crosses->month, 6);  // 500M x 1.1^6 = 885.8M a day, above 862.6M
  EXPECT_THAT(GrowthSentences(report).front(),
              HasSubstr("At +10 % a month, self-hosting first costs less than the API in month 6"));
  EXPECT_TRUE(GrowthSentences(Report({})).empty());
}

// The report for traffic that was observed while replicas were `busy`, in millionths.
PlanReport Observed(std::int64_t busy, const char* volume) {
  PlanQuestion question = Report({{&PlanFlags::replicas, "2"}}, {volume}).question;
  question.busy = busy;
  question.short_span = "Extrapolated from 2 hours, with requests in 1 hours of it.";
  const std::int64_t tokens = policy::Total(policy::AllTokens(question.plan.demand));
  question.today =
      RoutedToday{.elsewhere = 1'000 * kNanoPerUsd, .home_tokens = tokens / 4, .tokens = tokens};
  question.growth = 100'000;
  return MakeReport(std::move(question));
}

TEST(PlanReportTest, idle_replicas_say_nothing_of_what_they_can_do) {
  // 200 tokens/s at 1 % of the slots; 5B a day are worth five replicas, which must serve 11,574.
  const PlanReport report = Observed(10'000, "5B/day");
  ASSERT_TRUE(IsUndecided(report));
  EXPECT_EQ(Headline(report),
            "Cannot say: the replicas were 1 % busy, so 200 tokens/s is what each had to do, not "
            "what it can do. Give --throughput. From 11,574 tokens/s on self-hosting pays. "
            "Extrapolated from 2 hours, with requests in 1 hours of it.");
  EXPECT_THAT(Reason(report), HasSubstr("at 20,000 tokens/s, the most that full slots could give"));
  const std::string table = Table(report);
  EXPECT_THAT(table, Not(HasSubstr("No volume breaks even")));
  EXPECT_THAT(table, Not(HasSubstr("what would change the answer")));
  EXPECT_THAT(table, HasSubstr("cannot say"));
  EXPECT_THAT(table, Not(HasSubstr("* ")));
  const boost::json::object json = PlanToJson(report);
  EXPECT_EQ(json.at("verdict"), "unknown");
  EXPECT_NE(json.at("throughput_bounds").at("most_verdict"), "api");
  EXPECT_THAT(PlanPage(report, "2026-11-30"), HasSubstr("Cannot say: "));
}

TEST(PlanReportTest, an_answer_that_holds_at_both_bounds_is_given) {
  const PlanReport report = Observed(500'000, "5B/day");  // 200 or 400 tokens/s
  EXPECT_FALSE(IsUndecided(report));
  EXPECT_THAT(Headline(report), HasSubstr("Use the API: "));
  EXPECT_FALSE(Observed(700'000, "5B/day").bounds) << "as good as full";
}

TEST(PlanReportTest, the_first_row_is_what_today_costs) {
  const PlanReport report = Observed(400'000, "500M/day");
  ASSERT_TRUE(report.today);
  EXPECT_EQ(report.today->Total(), 1'000 * kNanoPerUsd + 2 * 35'925'504'000'000);
  EXPECT_THAT(CostRows(report).front().how,
              "$1,000.00 booked at other backends, $71,851 rent of 2 replicas, which served 25 % "
              "of the tokens");
  ASSERT_EQ(report.volumes.size(), 8u);  // five volumes, three months of growth
  const VolumeRow& twice = report.volumes[2];
  EXPECT_EQ(twice.today->elsewhere, 2'000 * kNanoPerUsd);
  EXPECT_EQ(twice.today->replicas, 2) << "80 % busy";
  EXPECT_EQ(report.volumes[3].today->replicas, 4) << "five times: 200 % of two replicas";
  EXPECT_EQ(VolumeLabel(report.volumes[6]), "in 12 months");
  EXPECT_THAT(Table(report), HasSubstr("as routed today"));
}

TEST(PlanReportTest, the_json_is_exact_and_has_null_for_what_is_not_known) {
  const boost::json::object json = PlanToJson(Report({}));
  EXPECT_EQ(json.at("verdict"), "api");
  EXPECT_EQ(json.at("api_nano_usd_a_day"), 685'000'000'000);
  EXPECT_EQ(json.at("replicas_peak"), 29);
  EXPECT_EQ(json.at("break_even").at("rent_over_price_tokens_a_day"), 862'598'540);
  EXPECT_TRUE(json.at("break_even").at("first_tokens").is_null());
  EXPECT_TRUE(json.at("now").is_null());
  EXPECT_EQ(json.at("inputs").at("rent_nano_usd"), 35'925'504'000'000);
  EXPECT_EQ(json.at("volumes").as_array().size(), 5u);
}

TEST(PlanPageTest, the_page_stands_alone_and_escapes_what_it_shows) {
  PlanReport report = Report({{&PlanFlags::growth, "10%"}, {&PlanFlags::throughput, "20000"}});
  report.question.plan.api.name = "<script>alert(1)</script>";
  report.question.cautions.emplace_back("a \"caution\" & more");
  const std::string page = PlanPage(report, "2026-11-30");
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("http:")));
  EXPECT_THAT(page, Not(HasSubstr("https:")));
  EXPECT_THAT(page, Not(HasSubstr("url(")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)"));
  EXPECT_THAT(page, HasSubstr("a &quot;caution&quot; &amp; more"));
  EXPECT_THAT(page, HasSubstr("2026-11-30"));
  EXPECT_THAT(page, HasSubstr("The months ahead"));
  EXPECT_THAT(page, Not(HasSubstr("nan")));
  EXPECT_THAT(page, Not(HasSubstr("inf\"")));
}

TEST(AxisTest, ticks_are_round_and_cover_the_values) {
  const Axis linear = Axis::Linear(862);
  EXPECT_THAT(linear.ticks(), ElementsAre(0, 200, 400, 600, 800, 1000));
  EXPECT_DOUBLE_EQ(linear.At(500), 0.5);
  EXPECT_DOUBLE_EQ(Axis::Linear(1000).most(), 1000);
  const Axis logarithmic = Axis::Logarithmic(20, 4'000);
  EXPECT_EQ(logarithmic.ticks().size(), 4u);
  EXPECT_DOUBLE_EQ(logarithmic.least(), 10);
  EXPECT_DOUBLE_EQ(logarithmic.most(), 10'000);
  EXPECT_NEAR(logarithmic.At(100), 1.0 / 3, 1e-12);
  EXPECT_LT(logarithmic.At(0), 0);
}

}  // namespace
}  // namespace headgate::gateway

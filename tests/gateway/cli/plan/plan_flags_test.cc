#include "gateway/cli/plan/plan_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/plan/month.h"

namespace headgate::gateway {
namespace {

using testing::HasSubstr;

TEST(PlanFlagsTest, volumes_are_tokens_of_a_month) {
  struct Case {
    const char* text;
    const char* name;
    std::int64_t tokens;
  };
  for (const Case& c : {Case{"50M/month", "", 50'000'000}, Case{"500M/day", "", 15'200'000'000},
                        Case{"code=1.5B/month", "code", 1'500'000'000},
                        Case{"batch=100kx100/day", "batch", 304'000'000},  // 10M a day
                        Case{"1/hour", "", 730}, Case{"1000T/month", "", 1'000'000'000'000'000},
                        Case{"0.0001k/month", "", 0}}) {
    const auto volume = ParseVolume(c.text);
    if (c.tokens == 0) {
      EXPECT_FALSE(volume.value) << c.text << " is not whole";
      continue;
    }
    ASSERT_TRUE(volume.value) << c.text << volume.complaint.problem;
    EXPECT_EQ(volume.value->name, c.name);
    EXPECT_EQ(volume.value->value, c.tokens);
  }
}

TEST(PlanFlagsTest, complaints_say_what_is_wrong_and_what_to_write) {
  struct Case {
    config::Complaint complaint;
    const char* problem;
    const char* fix;
  };
  for (const Case& c : {
           Case{ParseVolume("500M").complaint, "has no period", "500M/day"},
           Case{ParseVolume("500M/week").complaint, "unknown period", "500M/day"},
           Case{ParseVolume("many/day").complaint, "not a number of tokens", "500M/day"},
           Case{ParseVolume("-5/day").complaint, "not a number of tokens", "500M/day"},
           Case{ParseVolume("1e9/day").complaint, "not a number of tokens", "500M/day"},
           Case{ParseVolume("0/day").complaint, "is no traffic", "above 0"},
           Case{ParseVolume("999T/day").complaint, "is too much", "1000T"},
           Case{ParseVolume("999999Tx99999T/day").complaint, "not a number", "1000T"},
           Case{ParseGrowth("-100%").complaint, "leaves no traffic", "above -100%"},
           Case{ParseRent("2/year").complaint, "unknown period", "2500/month"},
           Case{ParseThroughput("0").complaint, "not a throughput", "2500"},
           Case{ParseThroughput("fast").complaint, "not a throughput", "2500"},
           Case{ParsePeak("0.5").complaint, "not a peak", "2.5"},
           Case{ParseHours("night").complaint, "not a profile", "office"},
           Case{ParseHours("1,2,3").complaint, "has 3 weights", "24"},
           Case{ParseHours("0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0").complaint,
                "no hour with traffic", "24"},
           Case{ParseHours("1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,x").complaint,
                "not a whole number", "24"},
           Case{ParseApi("1/2/3/4").complaint, "too many prices", "0.55/2.19"},
           Case{ParseApi("gpt-4.11").complaint, "neither a price nor a model",
                "did you mean gpt-4.1?"},
           Case{ParseApi("nomic-embed-text").complaint, "has no price",
                "nomic-embed-text=0.55/2.19"},
       }) {
    EXPECT_THAT(c.complaint.problem, HasSubstr(c.problem));
    EXPECT_THAT(c.complaint.fix, HasSubstr(c.fix)) << c.complaint.problem;
  }
}

TEST(PlanFlagsTest, shares_growth_and_peaks_are_millionths) {
  EXPECT_EQ(ParseShare("25%").value->value, 250'000);
  EXPECT_EQ(ParseShare("code=12.5%").value->name, "code");
  EXPECT_FALSE(ParseShare("25").value);
  EXPECT_FALSE(ParseShare("120%").value);
  EXPECT_EQ(*ParseGrowth("10%").value, 100'000);
  EXPECT_EQ(*ParseGrowth("-5%").value, -50'000);
  EXPECT_EQ(*ParsePeak("2.5").value, 2'500'000);
}

TEST(PlanFlagsTest, rents_are_of_a_month_and_throughputs_of_an_hour) {
  EXPECT_EQ(*ParseRent("49.24").value, 35'925'504'000'000);
  EXPECT_EQ(*ParseRent("49.24/hour").value, 35'925'504'000'000);
  EXPECT_EQ(*ParseRent("1181.76/day").value, 35'925'504'000'000);
  EXPECT_EQ(*ParseRent("2500/month").value, 2'500 * kNanoPerUsd);
  EXPECT_FALSE(ParseRent("cheap").value);
  EXPECT_EQ(*ParseThroughput("200").value, 720'000);
  EXPECT_EQ(*ParseThroughput("2.5k").value, 9'000'000);
}

TEST(PlanFlagsTest, named_hours_have_the_peaks_that_are_documented) {
  EXPECT_EQ(policy::BusiestHour(*ParseHours("flat").value), 1'000'000);
  EXPECT_EQ(policy::BusiestHour(*ParseHours("day").value), 1'500'000);
  EXPECT_EQ(policy::BusiestHour(*ParseHours("office").value), 2'400'000);
  EXPECT_EQ((*ParseHours("0,0,0,0,0,0,0,0,5,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1").value)[8], 5);
}

TEST(PlanFlagsTest, targets_are_prices_or_models_of_the_catalogue) {
  const auto one = ParseApi("3.00");
  EXPECT_EQ(one.value->target.name, "API");
  EXPECT_EQ(one.value->target.price.input, 3 * kNanoPerUsd);
  EXPECT_EQ(one.value->target.price.output, 3 * kNanoPerUsd);
  EXPECT_FALSE(one.value->target.price.cached_input);
  const auto three = ParseApi("r1=0.55/0.14/2.19");
  EXPECT_EQ(three.value->target.name, "r1");
  EXPECT_EQ(three.value->target.price.input, 550'000'000);
  EXPECT_EQ(three.value->target.price.cached_input, 140'000'000);
  EXPECT_EQ(three.value->target.price.output, 2'190'000'000);
  const auto listed = ParseApi("gpt-4.1");  // 2.00, 0.50, 8.00 in the catalogue
  EXPECT_EQ(listed.value->target.name, "gpt-4.1");
  EXPECT_TRUE(listed.value->listed);
  EXPECT_FALSE(three.value->listed);
  EXPECT_EQ(listed.value->target.price.cached_input, 500'000'000);
  EXPECT_EQ(ParseApi("big=gpt-4.1").value->target.name, "big");
}

}  // namespace
}  // namespace headgate::gateway

#include <gtest/gtest.h>

#include <random>

#include "policy/plan/break_even.h"
#include "policy/plan/growth.h"
#include "policy/plan/month_cost.h"
#include "policy/plan/sensitivity.h"
#include "tests/policy/plan/plan_cases.h"

namespace headgate::policy {
namespace {

constexpr std::int64_t kReplicaTokens = 2'626'560'000;  // a month at 1,000 tokens/s

// 1,000 tokens/s at 1,000 USD a month, against 1 USD per 1M tokens.
PlanCase Plain(std::int64_t tokens) {
  return {OneClass(tokens, 0), Replica(1'000 * kNanoPerUsd, 1000), Api(1000, 1000)};
}

TEST(BreakEvenTest, the_staircase_of_rent_is_crossed_at_the_first_replica_and_stays_below) {
  const BreakEven even = BreakEvenOf(Plain(5));
  EXPECT_EQ(even.rent_over_price, 1'000'000'000);
  EXPECT_EQ(even.replica_serves, kReplicaTokens);
  EXPECT_EQ(even.replica_saves, 2'626'560'000'000);
  EXPECT_EQ(even.first, 1'000'000'000);
  EXPECT_EQ(even.always, 1'000'000'000);  // two replicas cost less than one full one saves
}

TEST(BreakEvenTest, steps_of_rent_can_cost_more_again) {
  PlanCase plan = Plain(5);
  plan.self.rent_per_replica_month = 2'000 * kNanoPerUsd;
  const BreakEven even = BreakEvenOf(plan);
  EXPECT_EQ(even.first, 2'000'000'000);
  // A full replica earns 626.56 USD beyond its rent: four pay for a fifth.
  EXPECT_EQ(even.always, 8'000'000'000);
}

// Compares with costs on both sides of each crossing.
TEST(BreakEvenTest, agrees_with_the_costs) {
  std::mt19937_64 random(7);
  const auto below = [&](std::int64_t end) {
    return std::uniform_int_distribution<std::int64_t>(0, end - 1)(random);
  };
  for (int round = 0; round < 300; ++round) {
    PlanCase plan{OneClass(1'000'000'000, 0, DayAndNight()),
                  Replica((1 + below(5'000)) * kNanoPerUsd, 100 + below(3'000)),
                  Api(100 + below(3'000), 0)};
    plan.demand.classes.push_back({"batch", {.input = below(3'000'000'000)}, true});
    const BreakEven even = BreakEvenOf(plan);
    const auto saves_at = [&](std::int64_t tokens) {
      PlanCase then = plan;
      then.demand = WithVolume(plan.demand, tokens);
      const MonthCosts costs = CostsOf(then);
      return costs.self_hosted <= costs.api;
    };
    if (even.first) {
      EXPECT_FALSE(saves_at(*even.first * 999 / 1000)) << round;
      EXPECT_TRUE(saves_at(*even.first * 1001 / 1000)) << round;
    }
    if (even.always) {
      EXPECT_TRUE(saves_at(*even.always * 1001 / 1000)) << round;
      for (int i = 0; i < 20; ++i) {
        EXPECT_TRUE(saves_at(*even.always / 1000 * (1001 + below(20'000)))) << round;
      }
    } else {
      for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(even.Never() && saves_at(1 + below(1'000'000'000'000)), false) << round;
      }
    }
  }
}

TEST(BreakEvenTest, a_free_api_is_never_beaten) {
  PlanCase plan = Plain(5);
  plan.api = Api(0, 0);
  const BreakEven even = BreakEvenOf(plan);
  EXPECT_TRUE(even.Never());
  EXPECT_FALSE(even.rent_over_price);
  EXPECT_FALSE(even.throughput_needed);
}

TEST(GrowthTest, the_month_of_the_crossing_is_the_first_at_which_self_hosting_costs_less) {
  // 100M growing by a tenth each month reach 1,000M, where both cost the same, after
  // ln(10) / ln(1.1) = 24.2 months.
  const GrowthPath path = PathOf(Plain(100'000'000), 100'000);
  ASSERT_TRUE(path.crosses);
  EXPECT_EQ(path.crosses->month, 25);
  EXPECT_TRUE(path.to_self_host);
  // The API no longer costs half as much from 500M on: after 16.9 months.
  ASSERT_TRUE(path.changes);
  EXPECT_EQ(path.changes->month, 17);
  EXPECT_EQ(path.changes->verdict, Verdict::kTie);
}

TEST(GrowthTest, shrinking_crosses_the_other_way_and_no_growth_crosses_nothing) {
  const GrowthPath path = PathOf(Plain(1'200'000'000), -100'000);
  ASSERT_TRUE(path.crosses);
  EXPECT_EQ(path.crosses->month, 2);  // 1,080M, 972M
  EXPECT_FALSE(path.to_self_host);
  EXPECT_FALSE(PathOf(Plain(1'200'000'000), 0).crosses);
  EXPECT_FALSE(PathOf(Plain(100), 1).crosses);
}

TEST(GrowthTest, growth_stops_at_the_most_tokens_that_are_planned_for) {
  EXPECT_EQ(GrownVolume(1'000, 100'000, 1), 1'100);
  EXPECT_EQ(GrownVolume(kMostTokens / 2, 5 * kMillion, 100), kMostTokens);
  EXPECT_EQ(GrownVolume(10, -900'000, 100), 1);
}

const InputFlips& FlipsFor(const std::vector<InputFlips>& all, PlanInput input) {
  return *std::find_if(all.begin(), all.end(),
                       [&](const InputFlips& flips) { return flips.input == input; });
}

TEST(SensitivityTest, finds_the_value_at_which_the_verdict_changes) {
  // 1,500 USD against 1,000 USD: a tie.
  const std::vector<InputFlips> flips = FlipsOf(Plain(1'500'000'000));
  const InputFlips& volume = FlipsFor(flips, PlanInput::kVolume);
  ASSERT_TRUE(volume.down && volume.up);
  EXPECT_EQ(volume.down->becomes, Verdict::kApi);  // at 500M
  EXPECT_NEAR(static_cast<double>(volume.down->value), 333'333, 100);
  EXPECT_EQ(volume.up->becomes, Verdict::kSelfHost);  // at 2,000M
  EXPECT_NEAR(static_cast<double>(volume.up->value), 1'333'333, 100);
  EXPECT_EQ(volume.Nearest(), &*volume.up);
  const InputFlips& rent = FlipsFor(flips, PlanInput::kRent);
  EXPECT_NEAR(static_cast<double>(rent.down->value), 750'000, 100);
  EXPECT_NEAR(static_cast<double>(rent.up->value), 3'000'000, 400);
  // Below 1,500M of its 2,626.56M a month, one replica needs a second one, or the API for the rest.
  const InputFlips& throughput = FlipsFor(flips, PlanInput::kThroughput);
  ASSERT_TRUE(throughput.down);
  EXPECT_NEAR(static_cast<double>(throughput.down->value), 571'089, 100);
  EXPECT_EQ(throughput.down->becomes, Verdict::kHybrid);
  EXPECT_FALSE(throughput.up);
}

TEST(SensitivityTest, the_most_sensitive_input_comes_first_and_useless_ones_are_left_out) {
  const std::vector<InputFlips> flips = FlipsOf(Plain(1'500'000'000));
  double before = 0;
  for (const InputFlips& input : flips) {
    const Flip* const nearest = input.Nearest();
    if (nearest == nullptr) continue;
    EXPECT_GE(nearest->distance, before);
    before = nearest->distance;
    EXPECT_NE(input.input, PlanInput::kOutputShare) << "both kinds cost the same";
    EXPECT_NE(input.input, PlanInput::kCachedShare) << "no price for cached input";
  }
  const PlanCase unknown{OneClass(1'000, 1'000), Replica(5), Api(1, 2)};
  for (const InputFlips& input : FlipsOf(unknown)) {
    EXPECT_NE(input.input, PlanInput::kThroughput);
    EXPECT_NE(input.input, PlanInput::kUtilisation);
    EXPECT_NE(input.input, PlanInput::kPeak);
  }
}

TEST(SensitivityTest, shares_and_peaks_change_what_they_say) {
  Demand demand = OneClass(600, 200, DayAndNight());
  demand.classes.push_back({.name = "chat", .tokens = {.input = 100, .output = 100}});
  demand.classes[0].tokens.cached_input = 300;
  const auto share = [](std::int64_t part, std::int64_t of) { return Scaled(part, kMillion, of); };
  for (const std::int64_t percent : {1, 20, 30, 31, 60, 100}) {
    const auto wanted = static_cast<double>(percent * 10'000);
    const Demand out = WithOutputShare(demand, percent * 10'000);
    const Usage all = AllTokens(out);
    EXPECT_EQ(Total(all), 1'000);
    EXPECT_NEAR(static_cast<double>(share(all.output, 1'000)), wanted, 1'500);
    const Usage cached = AllTokens(WithCachedShare(demand, percent * 10'000));
    EXPECT_EQ(cached.input, 700);
    EXPECT_NEAR(static_cast<double>(share(cached.cached_input, 700)), wanted, 1'500);
  }
  EXPECT_EQ(PeakOf(demand), 1'500'000);
  EXPECT_EQ(PeakOf(WithPeak(demand, 1'200'000)), 1'200'000);
  EXPECT_EQ(BusiestHour(WithPeak(demand, 1'000'000).hours), 1'000'000);
  EXPECT_EQ(PeakOf(WithPeak(demand, 4'000'000)), 4'000'000);
  EXPECT_EQ(WithPeak(demand, 4'000'000).hours, demand.hours);
}

}  // namespace
}  // namespace headgate::policy

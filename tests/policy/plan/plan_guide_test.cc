// The figures of a published guide, worked out again. Deploybase, "Open Source LLM Leaderboard:
// Current Rankings and Self-Hosting Costs", March 2026: 8 x H100 at 49.24 USD an hour serve Llama 4
// Maverick at 200 tokens/s; DeepSeek R1 through its API costs 0.55 USD per 1M tokens in and 2.19
// out; an API costs 3.00 USD per 1M tokens of either kind.
#include <gtest/gtest.h>

#include "policy/plan/break_even.h"
#include "policy/plan/growth.h"
#include "policy/plan/month_cost.h"
#include "policy/plan/sensitivity.h"
#include "policy/plan/verdict.h"
#include "tests/policy/plan/plan_cases.h"

namespace headgate::policy {
namespace {

constexpr std::int64_t kMillionTokens = 1'000'000;
constexpr NanoUsd kClusterHour = 49'240'000'000;  // 49.24 USD

PlanCase ClusterAgainstR1() {
  const std::int64_t half = MonthFromDay(250 * kMillionTokens);
  return {.demand = OneClass(half, half),
          .self = Replica(MonthFromHour(kClusterHour), 200),
          .api = Api(550, 2190)};
}

TEST(PlanGuideTest, a_cluster_costs_1181_usd_a_day_and_35926_a_month) {
  EXPECT_EQ(24 * kClusterHour, 1'181'760'000'000);
  EXPECT_EQ(MonthFromHour(kClusterHour), 35'925'504'000'000);  // not 362,000
  EXPECT_EQ(DayFromMonth(MonthFromHour(kClusterHour)), 24 * kClusterHour);
}

TEST(PlanGuideTest, half_a_billion_tokens_a_day_cost_685_usd_through_the_api_of_r1) {
  // 250 x 0.55 + 250 x 2.19, not 1,250
  EXPECT_EQ(DayFromMonth(CostsOf(ClusterAgainstR1()).api), 685 * kNanoPerUsd);
}

TEST(PlanGuideTest, the_rent_of_one_cluster_is_the_price_of_863_million_tokens_a_day) {
  const PlanCase plan = ClusterAgainstR1();
  EXPECT_EQ(BlendedPrice(plan), 1'370'000'000);
  // 1,181.76 / 1.37 = 862.598... million
  EXPECT_EQ(DayFromMonth(*BreakEvenOf(plan).rent_over_price), 862'598'540);
}

TEST(PlanGuideTest, one_cluster_serves_17_million_tokens_a_day_and_so_never_breaks_even) {
  const PlanCase plan = ClusterAgainstR1();
  EXPECT_EQ(DayFromMonth(plan.self.Capacity(1)), 17'280'000);
  const BreakEven even = BreakEvenOf(plan);
  EXPECT_TRUE(even.Never());
  EXPECT_FALSE(even.always);
  // 862.598 million tokens a day are 9,983.8 a second: fifty times 200.
  EXPECT_EQ(*even.throughput_needed / 3600, 9983);

  // 500 million a day need 28.9 clusters, so 29.
  const MonthCosts costs = CostsOf(plan);
  EXPECT_EQ(costs.replicas, 29);
  EXPECT_EQ(DayFromMonth(costs.self_hosted), 29 * 1'181'760'000'000);
  EXPECT_EQ(costs.hybrid->replicas, 0);
  EXPECT_EQ(Choose(costs), Verdict::kApi);
}

TEST(PlanGuideTest, with_enough_throughput_the_cluster_breaks_even_where_rent_over_price_says) {
  PlanCase plan = ClusterAgainstR1();
  plan.self.tokens_per_hour = 10'000 * 3600;
  const BreakEven even = BreakEvenOf(plan);
  EXPECT_EQ(DayFromMonth(*even.first), 862'598'540);
  // One replica serves 864 million a day, worth 1,183.68 USD: it earns 1.92 USD beyond its rent,
  // and 616 full ones are needed to pay for one more that is nearly empty.
  EXPECT_EQ(DayFromMonth(*even.always), 531'360'700'730);
}

struct VolumeCase {
  std::int64_t tokens;
  NanoUsd api;
  NanoUsd self_hosted;
  Verdict verdict;
};

TEST(PlanGuideTest, the_choice_at_each_monthly_volume_is_that_of_the_guide) {
  constexpr std::int64_t kUsd = kNanoPerUsd;
  // The guide gives a price for self-hosting each volume, and no throughput.
  for (const VolumeCase& row : {
           VolumeCase{50 * kMillionTokens, 150 * kUsd, 2'500 * kUsd, Verdict::kApi},
           VolumeCase{200 * kMillionTokens, 600 * kUsd, 2'500 * kUsd, Verdict::kApi},
           VolumeCase{500 * kMillionTokens, 1'500 * kUsd, 2'500 * kUsd, Verdict::kTie},
           VolumeCase{1'000 * kMillionTokens, 3'000 * kUsd, 3'500 * kUsd, Verdict::kTie},
           VolumeCase{5'000 * kMillionTokens, 15'000 * kUsd, 4'000 * kUsd, Verdict::kSelfHost},
           VolumeCase{10'000 * kMillionTokens, 30'000 * kUsd, 6'000 * kUsd, Verdict::kSelfHost},
       }) {
    const PlanCase plan{.demand = OneClass(row.tokens / 2, row.tokens / 2),
                        .self = Replica(row.self_hosted),
                        .api = Api(3000, 3000)};
    const MonthCosts costs = CostsOf(plan);
    EXPECT_EQ(costs.api, row.api);
    EXPECT_EQ(costs.self_hosted, row.self_hosted);
    EXPECT_EQ(Choose(costs), row.verdict) << row.tokens;
  }
}

// The tiers of the guide: under 50M an API, 50M to 500M an open model through an API (self-hosting
// "considered" from 150M), to 2B one A100 at 2,500 to 4,000 USD a month, beyond it H100s.
TEST(PlanGuideTest, tiers_hold_up_to_one_a100_but_h100s_need_six_times_the_volume) {
  const auto verdict = [](std::int64_t millions, NanoUsd rent) {
    return Choose(CostsOf({.demand = OneClass(millions * kMillionTokens, 0),
                           .self = Replica(rent),
                           .api = Api(3000, 3000)}));
  };
  constexpr NanoUsd kA100 = 2'500 * kNanoPerUsd;
  EXPECT_EQ(verdict(49, kA100), Verdict::kApi);
  EXPECT_EQ(verdict(150, kA100), Verdict::kApi);
  EXPECT_EQ(verdict(499, kA100), Verdict::kTie);
  EXPECT_EQ(verdict(2'000, kA100), Verdict::kSelfHost);
  EXPECT_EQ(verdict(2'000, 4'000 * kNanoPerUsd), Verdict::kTie);
  EXPECT_EQ(verdict(2'000, MonthFromHour(kClusterHour)), Verdict::kApi);
  const PlanCase h100s{.demand = OneClass(2'000 * kMillionTokens, 0),
                       .self = Replica(MonthFromHour(kClusterHour)),
                       .api = Api(3000, 3000)};
  EXPECT_EQ(*BreakEvenOf(h100s).first, 11'975'168'000);
}

// Qwen 2.5 32B on one A100 at 150 tokens/s, 2,500 USD a month (same guide).
TEST(PlanGuideTest, the_throughput_of_one_stream_serves_394_million_tokens_a_month) {
  const PlanCase plan{.demand = OneClass(1'000 * kMillionTokens, 0),
                      .self = Replica(2'500 * kNanoPerUsd, 150),
                      .api = Api(3000, 3000)};
  EXPECT_EQ(plan.self.Capacity(1), 393'984'000);
  EXPECT_TRUE(BreakEvenOf(plan).Never());  // 394M are 1,182 USD
  EXPECT_EQ(CostsOf(plan).replicas, 3);
}

}  // namespace
}  // namespace headgate::policy

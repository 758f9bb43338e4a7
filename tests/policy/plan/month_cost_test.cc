#include "policy/plan/month_cost.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "policy/plan/verdict.h"
#include "tests/policy/plan/plan_cases.h"

namespace headgate::policy {
namespace {

// A replica that serves 1,000 tokens/s serves 2,626,560,000 tokens in a month of 729.6 hours.
constexpr std::int64_t kReplicaMonth = 2'626'560'000;

TEST(MonthTest, ratios_are_rounded_once_and_saturate) {
  EXPECT_EQ(Scaled(1, 1, 2), 1);
  EXPECT_EQ(Scaled(1, 1, 3), 0);
  EXPECT_EQ(MonthFromDay(500'000'000), 15'200'000'000);
  EXPECT_EQ(MonthFromHour(10), 7296);
  EXPECT_EQ(DayFromMonth(304), 10);
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(Scaled(kMost, kMost, 1), kMost);
  EXPECT_EQ(Product(kMost, 2), kMost);
}

TEST(MonthCostTest, replicas_follow_average_peak_and_utilisation) {
  struct Case {
    std::int64_t tokens;
    std::int64_t utilisation;
    std::optional<std::int64_t> peak;
    std::int64_t average;
    std::int64_t at_peak;
  };
  for (const Case& c : {Case{1, kMillion, {}, 1, 1}, Case{kReplicaMonth, kMillion, {}, 1, 1},
                        Case{kReplicaMonth + 1, kMillion, {}, 2, 2},
                        Case{kReplicaMonth, kMillion, 2 * kMillion, 1, 2},
                        Case{kReplicaMonth, kMillion / 2, {}, 2, 2},
                        Case{kReplicaMonth, kMillion / 2, 3 * kMillion / 2, 2, 3},
                        Case{kReplicaMonth, 700'000, {}, 2, 2}}) {
    Demand demand = OneClass(c.tokens, 0);
    demand.peak = c.peak;
    SelfHosting self = Replica(1, 1000);
    self.utilisation = c.utilisation;
    const Replicas replicas = ReplicasFor(demand, self);
    EXPECT_EQ(replicas.average, c.average) << c.tokens << " " << c.utilisation;
    EXPECT_EQ(replicas.peak, c.at_peak) << c.tokens << " " << c.utilisation;
  }
}

TEST(MonthCostTest, without_a_throughput_the_replicas_there_are_are_enough) {
  SelfHosting self = Replica(7);
  EXPECT_EQ(ReplicasFor(OneClass(1'000'000'000'000, 0), self).peak, 1);
  self.replicas = 3;
  const MonthCosts costs = CostsOf({OneClass(10, 0), self, Api(1, 1)});
  EXPECT_EQ(costs.replicas, 3);
  EXPECT_EQ(costs.self_hosted, 21);
  EXPECT_FALSE(costs.hybrid);
}

TEST(MonthCostTest, cached_input_has_its_own_price) {
  PaidTarget api = Api(2000, 8000);
  api.price.cached_input = 500 * kThousandth;
  // 60 x 2.00 + 40 x 0.50 + 10 x 8.00 = 220 USD
  const Usage tokens{.input = 100'000'000, .cached_input = 40'000'000, .output = 10'000'000};
  EXPECT_EQ(ApiBill(api, tokens), 220 * kNanoPerUsd);
}

TEST(MonthCostTest, batch_fills_the_quiet_hours) {
  // Interactive: 3/4 in the busy half of the day, a peak of 1.5. 4 replicas' worth of it at peak.
  Demand demand = OneClass(kReplicaMonth * 8 / 3, 0, DayAndNight());
  EXPECT_EQ(ReplicasFor(demand, Replica(1, 1000)).peak, 4);
  demand.classes.push_back(
      {.name = "batch", .tokens = {.input = kReplicaMonth}, .deferrable = true});
  EXPECT_EQ(ReplicasFor(demand, Replica(1, 1000)).average, 4);
  EXPECT_EQ(ReplicasFor(demand, Replica(1, 1000)).peak, 4);  // it would be 6 without waiting
  const Hybrid hybrid = HybridWith({demand, Replica(1, 1000), Api(1, 1)}, 4);
  EXPECT_EQ(hybrid.away_tokens, 0);
}

TEST(MonthCostTest, a_hybrid_serves_each_hour_up_to_its_capacity) {
  // The busy hours have 3 parts each, the quiet ones 1: 48 parts. Each replica serves 2 parts an
  // hour, so that one replica leaves 12 x 1 part to the API.
  const std::int64_t part = kReplicaMonth / 48;
  const PlanCase plan{OneClass(48 * part, 0, DayAndNight()), Replica(1'000'000'000'000, 1000),
                      Api(1000, 1000)};
  const Hybrid one = HybridWith(plan, 1);
  EXPECT_EQ(one.away_tokens, 12 * part);
  EXPECT_EQ(one.home_tokens, 36 * part);
  EXPECT_EQ(one.home_by_hour[0], part);
  EXPECT_EQ(one.home_by_hour[12], 2 * part);
  EXPECT_EQ(one.rent, 1'000'000'000'000);
  EXPECT_EQ(one.bill, 12 * part * 1000);  // 1 USD per 1M tokens is 1,000 nano-dollars a token
  EXPECT_EQ(HybridWith(plan, 2).away_tokens, 0);
  EXPECT_EQ(HybridWith(plan, 0).bill, CostsOf(plan).api);
  EXPECT_EQ(HybridWith(plan, 0).rent, 0);
}

TEST(MonthCostTest, bursts_within_an_hour_take_capacity) {
  PlanCase plan{OneClass(kReplicaMonth, 0), Replica(1, 1000), Api(1, 1)};
  plan.demand.peak = 2 * kMillion;
  // Every hour is full on average, but half of the capacity is for bursts.
  EXPECT_EQ(HybridWith(plan, 1).home_tokens, kReplicaMonth / 2);
  EXPECT_EQ(HybridWith(plan, 2).away_tokens, 0);
}

// The number of replicas that costs least is found without trying all; here all are tried.
TEST(MonthCostTest, the_best_hybrid_is_the_least_of_all) {
  std::mt19937_64 random(20'261'129);
  const auto below = [&](std::int64_t end) {
    return std::uniform_int_distribution<std::int64_t>(0, end - 1)(random);
  };
  for (int round = 0; round < 300; ++round) {
    PlanCase plan{OneClass(1 + below(100 * kReplicaMonth), 1 + below(20 * kReplicaMonth)),
                  Replica(1 + below(20'000) * kNanoPerUsd, 200 + below(5'000)),
                  Api(1 + below(3'000), 1 + below(9'000))};
    for (std::int64_t& hour : plan.demand.hours) hour = below(50);
    plan.demand.hours[3] += 1;
    plan.self.utilisation = kMillion / 2 + below(kMillion / 2);
    if (below(2) == 0) plan.demand.peak = (2 + below(30)) * kMillion;
    if (below(2) == 0) {
      plan.demand.classes.push_back({"batch", {.input = below(50 * kReplicaMonth)}, true});
    }
    const MonthCosts costs = CostsOf(plan);
    NanoUsd least = costs.api;
    for (std::int64_t replicas = 0; replicas <= costs.replicas; ++replicas) {
      const Hybrid hybrid = HybridWith(plan, replicas);
      EXPECT_EQ(hybrid.home_tokens + hybrid.away_tokens, Total(AllTokens(plan.demand)));
      least = std::min(least, hybrid.Total());
    }
    // Tokens are whole and prices are rounded once: at most a few thousand tokens between two
    // equally good numbers.
    EXPECT_LE(costs.hybrid->Total() - least, kNanoPerUsd / 100) << round;
    EXPECT_EQ(HybridWith(plan, costs.replicas).away_tokens, 0) << round;
    EXPECT_EQ(HybridWith(plan, costs.replicas).Total(), costs.self_hosted) << round;
    EXPECT_EQ(HybridWith(plan, 0).Total(), costs.api) << round;
  }
}

TEST(VerdictTest, one_side_must_cost_twice_the_other_and_a_hybrid_must_save_a_tenth) {
  const auto verdict = [](NanoUsd api, NanoUsd self, std::optional<NanoUsd> hybrid) {
    MonthCosts costs{.api = api, .replicas = 2, .self_hosted = self, .hybrid = {}};
    if (hybrid) costs.hybrid = Hybrid{.replicas = 1, .away_tokens = 1, .rent = *hybrid};
    return Choose(costs);
  };
  EXPECT_EQ(verdict(100, 200, {}), Verdict::kApi);
  EXPECT_EQ(verdict(100, 199, {}), Verdict::kTie);
  EXPECT_EQ(verdict(199, 100, {}), Verdict::kTie);
  EXPECT_EQ(verdict(200, 100, {}), Verdict::kSelfHost);
  EXPECT_EQ(verdict(200, 100, 91), Verdict::kSelfHost);
  EXPECT_EQ(verdict(200, 100, 90), Verdict::kHybrid);
  EXPECT_EQ(verdict(0, 0, {}), Verdict::kTie);
  EXPECT_EQ(verdict(0, 1, {}), Verdict::kApi);
}

}  // namespace
}  // namespace headgate::policy

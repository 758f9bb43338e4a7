#include "routing/decide/ranking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace headgate::routing {
namespace {

using config::Prefer;
using ::testing::ElementsAre;

std::vector<PlannedTarget> Plan(std::size_t size) {
  std::vector<PlannedTarget> plan(size);
  for (std::size_t i = 0; i < size; ++i) {
    plan[i].target = 10 + i;
    plan[i].position = static_cast<std::uint32_t>(i);
  }
  return plan;
}

std::vector<std::uint32_t> Order(const std::vector<PlannedTarget>& plan) {
  std::vector<std::uint32_t> order;
  order.reserve(plan.size());
  for (const PlannedTarget& target : plan) order.push_back(target.position);
  return order;
}

std::vector<std::uint32_t> Drawn(const std::vector<std::uint32_t>& weights, std::uint64_t seed) {
  std::vector<PlannedTarget> plan = Plan(weights.size());
  for (std::size_t i = 0; i < plan.size(); ++i) plan[i].weight = weights[i];
  Rank(Prefer::kWeighted, {}, seed, absl::MakeSpan(plan));
  return Order(plan);
}

TEST(Ranking, a_seed_always_draws_the_same_order) {
  const std::vector<std::uint32_t> weights = {5, 1, 3, 2};
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    EXPECT_EQ(Drawn(weights, seed), Drawn(weights, seed));
  }
  // The orders are written down here, because recorded decisions must be the same on every machine
  // and in every release.
  EXPECT_THAT(Drawn(weights, 0), ElementsAre(3, 2, 1, 0));
  EXPECT_THAT(Drawn(weights, 1), ElementsAre(2, 0, 3, 1));
  EXPECT_THAT(Drawn(weights, 42), ElementsAre(2, 0, 1, 3));
}

TEST(Ranking, draws_are_proportional_over_seeds) {
  const std::vector<std::uint32_t> weights = {6, 3, 1};
  constexpr int kDraws = 100'000;
  std::array<int, 3> first{};
  std::array<int, 3> second_after_0{};
  for (std::uint64_t seed = 0; seed < kDraws; ++seed) {
    const std::vector<std::uint32_t> order = Drawn(weights, seed);
    ++first[order[0]];
    if (order[0] == 0) ++second_after_0[order[1]];
  }
  for (std::size_t i = 0; i < weights.size(); ++i) {
    EXPECT_NEAR(first[i] / double{kDraws}, weights[i] / 10.0, 0.006) << i;
  }
  EXPECT_NEAR(second_after_0[1] / double(first[0]), 3.0 / 4, 0.01) << "without replacement";
}

TEST(Ranking, weight_0_is_only_fallen_back_to) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const std::vector<std::uint32_t> order = Drawn({0, 2, 0, 1}, seed);
    EXPECT_EQ(order[2], 0u);
    EXPECT_EQ(order[3], 2u);
  }
  EXPECT_THAT(Drawn({0, 0, 0}, 7), ElementsAre(0, 1, 2));
}

TEST(Ranking, every_strategy_orders_available_and_unavailable_apart) {
  for (const Prefer prefer : {Prefer::kOrdered, Prefer::kLowestCost, Prefer::kLowestLatency,
                              Prefer::kHighestQuality, Prefer::kWeighted, Prefer::kBlend}) {
    std::vector<PlannedTarget> plan = Plan(6);
    for (PlannedTarget& target : plan) {
      target.available = target.position % 2 == 1;
      target.expected_cost = 100 - target.position;
      target.expected_latency_ms = static_cast<float>(100 - target.position);
      target.quality = static_cast<float>(target.position);
    }
    Rank(prefer, {1, 1, 1}, 3, absl::MakeSpan(plan));
    for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(plan[i].available, i < 3);
    if (prefer == Prefer::kOrdered) {
      EXPECT_THAT(Order(plan), ElementsAre(1, 3, 5, 0, 2, 4));
    } else if (prefer != Prefer::kWeighted) {
      EXPECT_THAT(Order(plan), ElementsAre(5, 3, 1, 4, 2, 0));
    }
  }
}

TEST(Ranking, by_cost_and_the_unpriced_last) {
  std::vector<PlannedTarget> plan = Plan(5);
  plan[0].cost_basis = CostBasis::kUnpriced;
  plan[1].cost_basis = CostBasis::kNoFreeSlot;
  plan[1].expected_cost = 500;
  plan[2].expected_cost = 900;
  plan[3].expected_cost = 0;  // a free API ties with a free slot
  plan[4].cost_basis = CostBasis::kFreeSlot;
  Rank(Prefer::kLowestCost, {}, 0, absl::MakeSpan(plan));
  EXPECT_THAT(Order(plan), ElementsAre(3, 4, 1, 2, 0));
}

TEST(Ranking, better_scores_first_and_missing_ones_last) {
  std::vector<PlannedTarget> plan = Plan(5);
  plan[1].quality = 60.0f;
  plan[2].quality = 90.5f;
  plan[3].quality = 0.0f;
  plan[4].quality = 60.0f;
  Rank(Prefer::kHighestQuality, {}, 0, absl::MakeSpan(plan));
  EXPECT_THAT(Order(plan), ElementsAre(2, 1, 4, 3, 0));
}

// --- blend --------------------------------------------------------------------------------------

std::vector<double> Blended(const config::BlendWeights& weights, std::vector<PlannedTarget> plan) {
  Rank(Prefer::kBlend, weights, 0, absl::MakeSpan(plan));
  std::vector<double> blends(plan.size());
  for (const PlannedTarget& target : plan) blends[target.position] = target.blend;
  EXPECT_TRUE(std::is_sorted(plan.begin(), plan.end(), [](const auto& a, const auto& b) {
    return a.blend != b.blend ? a.blend < b.blend : a.position < b.position;
  }));
  return blends;
}

TEST(Ranking, a_blend_scales_each_value_between_best_and_worst) {
  std::vector<PlannedTarget> plan = Plan(3);
  for (std::size_t i = 0; i < 3; ++i) {
    plan[i].expected_cost = std::array{1'000, 2'000, 5'000}[i];
    plan[i].expected_latency_ms = std::array{900.0f, 500.0f, 100.0f}[i];
    plan[i].quality = std::array{60.0f, 70.0f, 80.0f}[i];
  }
  EXPECT_THAT(Blended({1, 0, 0}, plan), ElementsAre(0, 0.25, 1));
  EXPECT_THAT(Blended({0, 1, 0}, plan), ElementsAre(1, 0.5, 0));
  EXPECT_THAT(Blended({0, 0, 1}, plan), ElementsAre(1, 0.5, 0));
  EXPECT_THAT(Blended({2, 1, 1}, plan), ElementsAre(2, 1.5, 2));
}

TEST(Ranking, equal_values_count_nothing_in_a_blend) {
  std::vector<PlannedTarget> plan = Plan(3);
  for (PlannedTarget& target : plan) {
    target.expected_cost = 700;
    target.expected_latency_ms = 500;
    target.quality = 50.0f;
  }
  EXPECT_THAT(Blended({1, 1, 1}, plan), ElementsAre(0, 0, 0));
  plan.resize(1);
  EXPECT_THAT(Blended({1, 1, 1}, plan), ElementsAre(0));
}

TEST(Ranking, what_is_not_known_is_the_worst_of_a_blend) {
  std::vector<PlannedTarget> plan = Plan(4);
  plan[0].cost_basis = CostBasis::kUnpriced;
  plan[1].cost_basis = CostBasis::kNoFreeSlot;
  plan[1].expected_cost = 25;  // its rent counts, as a price does
  plan[2].expected_cost = 100;
  plan[3].cost_basis = CostBasis::kFreeSlot;
  EXPECT_THAT(Blended({1, 0, 0}, plan), ElementsAre(1, 0.25, 1, 0));

  for (std::size_t i = 1; i < 4; ++i) plan[i].quality = 50.0f;
  EXPECT_THAT(Blended({0, 0, 1}, plan), ElementsAre(1, 0, 0, 0)) << "a score, if all have the same";
  for (PlannedTarget& target : plan) target.quality.reset();
  EXPECT_THAT(Blended({0, 0, 1}, plan), ElementsAre(1, 1, 1, 1));
}

TEST(Ranking, a_blend_ties_to_the_order_written_and_keeps_the_unavailable_behind) {
  std::vector<PlannedTarget> plan = Plan(4);
  plan[0].available = plan[2].available = false;
  plan[0].expected_cost = 10;
  plan[1].expected_cost = 900;
  plan[2].expected_cost = 5;
  plan[3].expected_cost = 900;
  Rank(Prefer::kBlend, {1, 0, 0}, 0, absl::MakeSpan(plan));
  EXPECT_THAT(Order(plan), ElementsAre(1, 3, 2, 0));
}

TEST(Ranking, an_empty_plan_stays_empty) {
  std::vector<PlannedTarget> plan;
  for (const Prefer prefer : {Prefer::kOrdered, Prefer::kLowestCost, Prefer::kLowestLatency,
                              Prefer::kHighestQuality, Prefer::kWeighted, Prefer::kBlend}) {
    Rank(prefer, {}, 0, absl::MakeSpan(plan));
  }
  EXPECT_TRUE(plan.empty());
}

}  // namespace
}  // namespace headgate::routing

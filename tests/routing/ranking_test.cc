#include "routing/ranking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
  for (const PlannedTarget& target : plan) order.push_back(target.position);
  return order;
}

std::vector<std::uint32_t> Drawn(const std::vector<std::uint32_t>& weights, std::uint64_t seed) {
  std::vector<PlannedTarget> plan = Plan(weights.size());
  for (std::size_t i = 0; i < plan.size(); ++i) plan[i].weight = weights[i];
  Rank(Prefer::kWeighted, seed, absl::MakeSpan(plan));
  return Order(plan);
}

TEST(Ranking, a_seed_always_draws_the_same_order) {
  const std::vector<std::uint32_t> weights = {5, 1, 3, 2};
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    EXPECT_EQ(Drawn(weights, seed), Drawn(weights, seed));
  }
  // Written down, so that recorded decisions are the same on every machine and in every release.
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
  for (const Prefer prefer :
       {Prefer::kOrdered, Prefer::kLowestCost, Prefer::kLowestLatency, Prefer::kWeighted}) {
    std::vector<PlannedTarget> plan = Plan(6);
    for (PlannedTarget& target : plan) {
      target.available = target.position % 2 == 1;
      target.expected_cost = 100 - target.position;
      target.expected_latency_ms = static_cast<float>(100 - target.position);
    }
    Rank(prefer, 3, absl::MakeSpan(plan));
    for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(plan[i].available, i < 3);
    if (prefer == Prefer::kOrdered) {
      EXPECT_THAT(Order(plan), ElementsAre(1, 3, 5, 0, 2, 4));
    } else if (prefer != Prefer::kWeighted) {
      EXPECT_THAT(Order(plan), ElementsAre(5, 3, 1, 4, 2, 0));
    }
  }
}

TEST(Ranking, cost_groups_before_cost) {
  std::vector<PlannedTarget> plan = Plan(5);
  plan[0].cost_basis = CostBasis::kUnpriced;
  plan[1].cost_basis = CostBasis::kNoFreeSlot;
  plan[2].expected_cost = 900;
  plan[3].expected_cost = 0;  // a free API ties with a free slot
  plan[4].cost_basis = CostBasis::kFreeSlot;
  Rank(Prefer::kLowestCost, 0, absl::MakeSpan(plan));
  EXPECT_THAT(Order(plan), ElementsAre(3, 4, 2, 1, 0));
}

TEST(Ranking, an_empty_plan_stays_empty) {
  std::vector<PlannedTarget> plan;
  for (const Prefer prefer :
       {Prefer::kOrdered, Prefer::kLowestCost, Prefer::kLowestLatency, Prefer::kWeighted}) {
    Rank(prefer, 0, absl::MakeSpan(plan));
  }
  EXPECT_TRUE(plan.empty());
}

}  // namespace
}  // namespace headgate::routing

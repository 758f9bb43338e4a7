#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "routing/decide/decision.h"
#include "tests/routing/fixture.h"

namespace headgate::routing {
namespace {

using config::Prefer;
using ::testing::ElementsAre;

TEST(Decide, ordered_keeps_what_was_written) {
  const auto policy = Compiled(
      WithRoute(RouteTo("r", {To("large", "dear"), To("small", "gpu"), To("large", "cheap")})));
  EXPECT_THAT(PlanOf(*policy, Decided(*policy, Asking(*policy))),
              ElementsAre("large@dear", "small@gpu", "large@cheap"));
}

TEST(Decide, lowest_cost_counts_a_free_slot_as_nothing) {
  const auto policy = Compiled(WithRoute(RouteTo("r", {}, Prefer::kLowestCost)));
  DecisionInput input = Asking(*policy);
  EXPECT_THAT(PlanOf(*policy, Decided(*policy, input)),
              ElementsAre("small@gpu", "small@cheap", "large@cheap", "large@dear"));
}

TEST(Decide, lowest_cost_counts_a_full_pool_at_its_rent) {
  config::Config config = WithRoute(RouteTo("r", {}, Prefer::kLowestCost));
  struct Case {
    std::int64_t dollars_an_hour;  // for 4 slots
    std::vector<std::string> plan;
  };
  // 500 tokens at 20 ms and 0.5 s before them: a slot for 10.5 s. small@cheap costs $0.0011,
  // large@cheap $0.0242 (3,000 tokens of reasoning).
  const Case cases[] = {{1, {"small@gpu", "small@cheap", "large@cheap", "large@dear"}},
                        {8, {"small@cheap", "small@gpu", "large@cheap", "large@dear"}},
                        {400, {"small@cheap", "large@cheap", "large@dear", "small@gpu"}}};
  for (const Case& c : cases) {
    config.backends[0].rent.per_hour = c.dollars_an_hour * kNanoPerUsd;
    const auto policy = Compiled(config);
    for (const bool by_tokens : {false, true}) {
      DecisionInput input = Asking(*policy);
      if (by_tokens) {
        input.candidates[0].predicted_wait_ms = 1'900;  // it waits, although a slot is free
      } else {
        input.candidates[0].in_flight = 4;
      }
      EXPECT_EQ(PlanOf(*policy, Decided(*policy, input)), c.plan) << c.dollars_an_hour;
    }
  }
}

TEST(Decide, lowest_cost_puts_unpriced_targets_last) {
  config::Config config = WithRoute(RouteTo("r", {}, Prefer::kLowestCost));
  config.backends[1].models[0].price.reset();
  const auto policy = Compiled(config);
  DecisionInput input = Asking(*policy);
  input.candidates[0].in_flight = 4;
  const Decision decision = Decided(*policy, input);
  EXPECT_THAT(PlanOf(*policy, decision),
              ElementsAre("small@gpu", "large@cheap", "large@dear", "small@cheap"));
  EXPECT_EQ(decision.plan[0].cost_basis, CostBasis::kNoFreeSlot);
  EXPECT_EQ(decision.plan[3].cost_basis, CostBasis::kUnpriced);
}

TEST(Decide, a_wordy_model_is_not_cheap_by_its_list_price) {
  const auto policy = Compiled(
      WithRoute(RouteTo("r", {To("small", "cheap"), To("large", "dear")}, Prefer::kLowestCost)));
  DecisionInput input = Asking(*policy);
  input.candidates[1].expected_output_tokens = 9'000;
  input.candidates[4].expected_output_tokens = 100;
  EXPECT_THAT(PlanOf(*policy, Decided(*policy, input)), ElementsAre("large@dear", "small@cheap"));
}

TEST(Decide, lowest_latency_adds_median_and_wait) {
  const auto policy = Compiled(
      WithRoute(RouteTo("r", {To("small", "gpu"), To("large", "cheap"), To("large", "dear")},
                        Prefer::kLowestLatency)));
  DecisionInput input = Asking(*policy);
  input.candidates[0].ttft_median_ms = 100;
  input.candidates[0].ttft_samples = 20;
  input.candidates[0].predicted_wait_ms = 350;
  input.candidates[2].ttft_median_ms = 1;
  input.candidates[2].ttft_samples = 19;  // too few samples: the estimate is 500 ms
  input.candidates[4].ttft_median_ms = 400;
  input.candidates[4].ttft_samples = 1'000;
  const Decision decision = Decided(*policy, input);
  EXPECT_THAT(PlanOf(*policy, decision), ElementsAre("large@dear", "small@gpu", "large@cheap"));
  EXPECT_FLOAT_EQ(decision.plan[0].expected_latency_ms, 400);
  EXPECT_FLOAT_EQ(decision.plan[1].expected_latency_ms, 450);
  EXPECT_FLOAT_EQ(decision.plan[2].expected_latency_ms, 500);
}

TEST(Decide, lowest_cost_may_count_own_hardware_at_its_rent) {
  config::Config config = WithRoute(RouteTo("r", {}, Prefer::kLowestCost));
  config.backends[0].rent.per_hour = 4 * kNanoPerUsd;  // 4 slots: $1 an hour each
  for (const config::SelfHostedPrice price :
       {config::SelfHostedPrice::kMarginal, config::SelfHostedPrice::kAmortised}) {
    config.self_hosted_price = price;
    const auto policy = Compiled(config);
    DecisionInput input = Asking(*policy);
    // 100 in and 100 out of small@cheap cost $0.0003; a slot for 0.5 s + 100 x 20 ms $0.00069.
    input.max_tokens = 100;
    const Decision decision = Decided(*policy, input);
    const bool marginal = price == config::SelfHostedPrice::kMarginal;
    EXPECT_EQ(PlanOf(*policy, decision)[0], marginal ? "small@gpu" : "small@cheap");
    const PlannedTarget& gpu = decision.plan[marginal ? 0 : 1];
    EXPECT_EQ(gpu.cost_basis, marginal ? CostBasis::kFreeSlot : CostBasis::kAmortised);
    EXPECT_EQ(gpu.expected_cost, marginal ? 0 : 694'444);
    input.candidates[0].in_flight = 4;
    const PlannedTarget full = Decided(*policy, input).plan[1];
    EXPECT_EQ(full.cost_basis, CostBasis::kNoFreeSlot);
    EXPECT_EQ(full.expected_cost, 694'444) << "what it costs under either price";
  }
}

TEST(Decide, highest_quality_goes_by_the_topic) {
  config::Config config =
      WithRoute(RouteTo("r", {To("small", "gpu"), To("large", "cheap"), To("unserved", "dear")},
                        Prefer::kHighestQuality));
  config.backends[2].models.push_back(Served("unserved"));
  config.models[0].scores = {{"mmlu", 60}, {"humaneval", 90}};
  config.models[1].scores = {{"mmlu", 80}, {"humaneval", 70}, {"gsm8k", 50}};
  config.models[3].scores = {{"mbpp", 99}};
  const auto ranked = [&](Topic topic) {
    const auto policy = Compiled(config);
    DecisionInput input = Asking(*policy);
    input.classification.topic = topic;
    return PlanOf(*policy, Decided(*policy, input));
  };
  EXPECT_THAT(ranked(Topic::kGeneral), ElementsAre("large@cheap", "small@gpu", "unserved@dear"));
  EXPECT_THAT(ranked(Topic::kCode), ElementsAre("small@gpu", "large@cheap", "unserved@dear"));
  EXPECT_THAT(ranked(Topic::kMath), ElementsAre("large@cheap", "small@gpu", "unserved@dear"))
      << "missing scores are last, in the order written";
  config.quality.code = "mbpp";
  EXPECT_THAT(ranked(Topic::kCode), ElementsAre("unserved@dear", "small@gpu", "large@cheap"));
}

TEST(Decide, a_blend_weighs_cost_latency_and_quality) {
  config::Config config = WithRoute(RouteTo(
      "r", {To("large", "dear"), To("large", "cheap"), To("small", "cheap")}, Prefer::kBlend));
  config.models[0].scores = {{"mmlu", 60}};
  config.models[1].scores = {{"mmlu", 80}};
  const auto ranked = [&](config::BlendWeights weights) {
    config.routes[0].blend = weights;
    const auto policy = Compiled(config);
    DecisionInput input = Asking(*policy);
    for (const std::size_t i : {1u, 2u, 4u}) input.candidates[i].ttft_samples = 100;
    input.candidates[1].ttft_median_ms = 300;
    input.candidates[2].ttft_median_ms = 900;
    input.candidates[4].ttft_median_ms = 100;
    return PlanOf(*policy, Decided(*policy, input));
  };
  EXPECT_THAT(ranked({1, 0, 0}), ElementsAre("small@cheap", "large@cheap", "large@dear"));
  EXPECT_THAT(ranked({0, 1, 0}), ElementsAre("large@dear", "small@cheap", "large@cheap"));
  EXPECT_THAT(ranked({0, 0, 1}), ElementsAre("large@dear", "large@cheap", "small@cheap"));
  EXPECT_THAT(ranked({0.4, 0.4, 0.4}), ElementsAre("large@dear", "small@cheap", "large@cheap"));
}

TEST(Decide, ties_go_to_the_order_written) {
  config::Config config = FiveTargets();
  config.backends[2].models[0].price = Dollars(2, 8);
  for (const Prefer prefer : {Prefer::kLowestCost, Prefer::kLowestLatency}) {
    config.routes = {RouteTo("r", {To("large", "dear"), To("large", "cheap")}, prefer)};
    auto policy = Compiled(config);
    EXPECT_THAT(PlanOf(*policy, Decided(*policy, Asking(*policy))),
                ElementsAre("large@dear", "large@cheap"));
    config.routes = {RouteTo("r", {To("large", "cheap"), To("large", "dear")}, prefer)};
    policy = Compiled(config);
    EXPECT_THAT(PlanOf(*policy, Decided(*policy, Asking(*policy))),
                ElementsAre("large@cheap", "large@dear"));
  }
}

}  // namespace
}  // namespace headgate::routing

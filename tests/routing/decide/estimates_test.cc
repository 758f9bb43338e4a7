#include "routing/decide/estimates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "tests/routing/fixture.h"

namespace headgate::routing {
namespace {

TEST(Estimates, expected_cost_uses_learned_output_and_limits) {
  struct Case {
    std::string name;
    std::string target;
    float learned;
    std::optional<std::int64_t> max_tokens;
    int choices;
    Endpoint endpoint;
    NanoUsd cost;
  };
  // 100 input tokens; small@cheap at $1/$2 and large@cheap at $2/$8 per 1M tokens. A price of $1
  // per 1M tokens is 1,000 nano-dollars a token.
  const Case cases[] = {
      {"prior", "small@cheap", 0, {}, 1, Endpoint::kChat, 100'000 + 500 * 2'000},
      {"reasoning prior", "large@cheap", 0, {}, 1, Endpoint::kChat, 200'000 + 3'000 * 8'000},
      {"limit", "small@cheap", 0, 10, 1, Endpoint::kChat, 100'000 + 10 * 2'000},
      {"learned", "small@cheap", 40, {}, 1, Endpoint::kChat, 100'000 + 40 * 2'000},
      {"learned beyond the limit", "small@cheap", 40, 10, 1, Endpoint::kChat, 100'000 + 10 * 2'000},
      {"choices", "small@cheap", 40, {}, 3, Endpoint::kChat, 100'000 + 120 * 2'000},
      {"embeddings", "embed@cheap", 40, {}, 1, Endpoint::kEmbeddings, 100'000},
      {"a count, as the message", "small@cheap", 40, {}, 1, Endpoint::kCountTokens, 180'000},
      {"self-hosted backends", "small@gpu", 40, {}, 1, Endpoint::kChat, 0},
  };
  for (const Case& c : cases) {
    const auto policy = Compiled(WithRoute(RouteTo("r", {})));
    DecisionInput input = Asking(*policy, c.target);
    input.endpoint = c.endpoint;
    input.max_tokens = c.max_tokens;
    input.choices = c.choices;
    input.candidates[input.model.target].expected_output_tokens = c.learned;
    const Decision decision = Decided(*policy, input);
    ASSERT_EQ(decision.plan.size(), 1u) << c.name;
    EXPECT_EQ(decision.plan[0].expected_cost, c.cost) << c.name;
  }
}

TEST(Estimates, expected_cost_is_that_of_the_time_and_of_the_length) {
  config::Config config = WithRoute(RouteTo("r", {}));
  config::Prices& prices = *config.backends[1].models[0].price;  // small@cheap, $1/$2
  prices.per_request = 7;
  prices.hours = {{{60, 120}, {}, 500'000}};
  prices.context_tiers = {{.above = 150, .row = Dollars(3, 4).standard}};
  config::PriceChange change;
  change.from = 1'000'000;
  change.standard = Dollars(10, 10).standard;
  prices.changes = {change};
  struct Case {
    std::string name;
    std::int64_t time;
    std::size_t bytes;
    NanoUsd cost;
  };
  // 10 output tokens.
  const Case cases[] = {
      {"standard", 0, 400, 100 * 1'000 + 10 * 2'000 + 7},
      {"at its hours", 3'600, 400, 100 * 500 + 10 * 1'000 + 7},
      {"long", 0, 800, 200 * 3'000 + 10 * 4'000 + 7},
      {"after the change", 1'000'000, 400, 1'100'000},
  };
  const auto policy = Compiled(config);
  for (const Case& c : cases) {
    DecisionInput input = Asking(*policy, "small@cheap");
    input.max_tokens = 10;
    input.unix_seconds = c.time;
    input.text_bytes = c.bytes;
    EXPECT_EQ(Decided(*policy, input).plan.at(0).expected_cost, c.cost) << c.name;
  }
}

TEST(Estimates, own_hardware_costs_the_rent_of_the_time_in_a_slot) {
  config::Config config = WithRoute(RouteTo("r", {}));
  config.backends[0].rent.per_hour = 36 * kNanoPerUsd;  // 4 slots: 2,500 nano a ms
  const auto policy = Compiled(config);
  const Target& gpu = policy->targets()[0];
  EXPECT_EQ(gpu.slot_rent.per_hour, 9 * kNanoPerUsd);
  struct Case {
    std::string name;
    Candidate candidate;
    std::optional<std::int64_t> max_tokens;
    double slot_ms;
  };
  Candidate learned;
  learned.slots = 4;
  learned.ttft_samples = 20;
  learned.ttft_median_ms = 200;
  learned.expected_output_tokens = 300;
  learned.ms_per_output_token = 10;
  const Case cases[] = {
      {"nothing learned", Candidate{}, {}, 500 + 500 * 20},
      {"short answer", Candidate{}, 10, 500 + 10 * 20},
      {"learned", learned, {}, 200 + 300 * 10},
      {"learned, short answer", learned, 10, 200 + 10 * 10},
  };
  for (const Case& c : cases) {
    DecisionInput input = Asking(*policy);
    input.max_tokens = c.max_tokens;
    EXPECT_DOUBLE_EQ(SlotTimeAt(gpu, c.candidate, SizeOf(input)), c.slot_ms) << c.name;
    const ExpectedCost amortised =
        CostAt(gpu, c.candidate, input, 100, config::SelfHostedPrice::kAmortised);
    EXPECT_EQ(amortised.cost, static_cast<NanoUsd>(c.slot_ms * 2'500)) << c.name;
    EXPECT_EQ(amortised.basis, CostBasis::kAmortised) << c.name;
    const ExpectedCost marginal =
        CostAt(gpu, c.candidate, input, 100, config::SelfHostedPrice::kMarginal);
    EXPECT_EQ(marginal.cost, 0) << c.name;
    EXPECT_EQ(marginal.basis, CostBasis::kFreeSlot) << c.name;
    Candidate full = c.candidate;
    full.slots = full.in_flight = 4;
    full.predicted_wait_ms = 700;  // a request that waits holds no slot
    for (const auto price :
         {config::SelfHostedPrice::kMarginal, config::SelfHostedPrice::kAmortised}) {
      const ExpectedCost cost = CostAt(gpu, full, input, 100, price);
      EXPECT_EQ(cost.cost, amortised.cost) << c.name;
      EXPECT_EQ(cost.basis, CostBasis::kNoFreeSlot) << c.name;
    }
  }
}

TEST(Estimates, a_paid_target_costs_the_same_under_either_price_of_own_hardware) {
  const auto policy = Compiled(WithRoute(RouteTo("r", {})));
  const DecisionInput input = Asking(*policy);
  const Target& cheap = policy->targets()[1];
  for (const auto price :
       {config::SelfHostedPrice::kMarginal, config::SelfHostedPrice::kAmortised}) {
    const ExpectedCost cost = CostAt(cheap, Candidate{}, input, 100, price);
    EXPECT_EQ(cost.cost, 100'000 + 500 * 2'000);
    EXPECT_EQ(cost.basis, CostBasis::kPriced);
  }
}

TEST(Estimates, a_slot_is_free_if_a_request_would_begin_at_once) {
  struct Case {
    int in_flight;
    int slots;
    float wait_ms;
    bool free;
  };
  const Case cases[] = {{3, 4, 0, true},  {4, 4, 0, false}, {9, 4, 0, false},
                        {3, 4, 1, false}, {99, 0, 0, true}, {0, 0, 5, false}};
  for (const Case& c : cases) {
    Candidate candidate;
    candidate.in_flight = c.in_flight;
    candidate.slots = c.slots;
    candidate.predicted_wait_ms = c.wait_ms;
    EXPECT_EQ(HasFreeSlot(candidate), c.free) << c.in_flight << " of " << c.slots;
  }
}

TEST(Estimates, a_request_takes_room_for_its_input_and_for_the_output_of_all_choices) {
  const auto policy = Compiled(WithRoute(RouteTo("r", {})));
  const Target& gpu = policy->targets()[0];
  DecisionInput input = Asking(*policy);
  input.text_bytes = 4'000;
  input.other_input_tokens = 85;
  EXPECT_EQ(SlotTokensAt(gpu, Candidate{}, input), 1'085 + 500);
  Candidate candidate;
  candidate.tokens_per_byte = 0.5f;
  candidate.expected_output_tokens = 200;
  EXPECT_EQ(SlotTokensAt(gpu, candidate, input), 2'085 + 200);
  input.choices = 3;
  input.max_tokens = 100;
  EXPECT_EQ(SlotTokensAt(gpu, candidate, input), 2'085 + 300);
}

TEST(Estimates, a_silent_target_may_have_a_free_slot) {
  Candidate candidate;
  candidate.slots = 4;
  candidate.silent_wait_ms = 9'000;
  EXPECT_TRUE(HasFreeSlot(candidate));
}

TEST(EstimateInputTokens, bytes_times_rate_and_what_is_not_text) {
  EXPECT_EQ(EstimateInputTokens(400, 0, 0), 100);
  EXPECT_EQ(EstimateInputTokens(400, 85, 0), 185);
  EXPECT_EQ(EstimateInputTokens(400, 0, 0.5f), 200);
  EXPECT_EQ(EstimateInputTokens(0, 0, 0), 1);
  EXPECT_EQ(EstimateInputTokens(0, -5, 0), 1);
  EXPECT_EQ(EstimateInputTokens(400, 0, -1), 100);
}

TEST(Estimates, a_silence_counts_as_a_wait_once_the_usual_time_has_passed) {
  Candidate candidate;
  EXPECT_EQ(WaitBehindSilence(candidate, 400), 0);  // the prior is 500 ms
  EXPECT_EQ(WaitBehindSilence(candidate, 5'000), 4'500);
  candidate.ttft_samples = 20;
  candidate.ttft_median_ms = 4'000;
  EXPECT_EQ(WaitBehindSilence(candidate, 3'000), 0);
  candidate.silent_wait_ms = WaitBehindSilence(candidate, 6'000);
  EXPECT_EQ(LatencyAt(candidate), 6'000);
  candidate.predicted_wait_ms = 1'000;
  EXPECT_EQ(LatencyAt(candidate), 6'000) << "the silence is longer than the queue";
  candidate.predicted_wait_ms = 3'000;
  EXPECT_EQ(LatencyAt(candidate), 7'000);
}

}  // namespace
}  // namespace headgate::routing

#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <string>

#include "gateway/explain/explanation.h"
#include "gateway/explain/explanation_text.h"
#include "tests/routing/fixture.h"

namespace headgate::gateway {
namespace {

using routing::DecisionInput;

// A pool of 4 slots, then a paid API.
config::Config PoolAndApi(const config::Spill& spill) {
  config::Config config = routing::WithRoute(
      routing::RouteTo("chat", {routing::To("small", "gpu"), routing::To("large", "dear")}));
  config.routes[0].spill = spill;
  return config;
}

boost::json::object Explained(const config::Spill& spill, float wait_ms) {
  const config::Config config = PoolAndApi(spill);
  const auto policy = routing::Compiled(config);
  DecisionInput input = routing::Asking(*policy);
  input.slo_ttft_ms = 3'000;
  input.classification.request_class = routing::Class::kLatencyCritical;
  input.candidates[0].in_flight = wait_ms > 0 ? 4 : 3;
  input.candidates[0].predicted_wait_ms = wait_ms;
  return Explain(config, *policy, input, routing::Decided(*policy, input), std::nullopt);
}

constexpr config::Spill kOverHalfASecond{.when = config::Spill::When::kWaitOver,
                                         .limit = config::Milliseconds(500)};
constexpr config::Spill kAfter50{.when = config::Spill::When::kAfter,
                                 .limit = config::Milliseconds(50)};

TEST(ExplainedQueue, says_what_spills_and_why) {
  const boost::json::object explained = Explained(kOverHalfASecond, 800);
  EXPECT_EQ(explained.at("spill").as_string(), "when_wait_over 500ms");
  EXPECT_EQ(explained.at("spilled_from").as_string(), "small@gpu");
  EXPECT_EQ(explained.at("request").at("slo_ttft_ms").to_number<int>(), 3'000);
  EXPECT_EQ(explained.at("classification").at("band").as_string(), "latency_critical");
  const auto& targets = explained.at("targets").as_array();
  EXPECT_EQ(targets[0].at("target").as_string(), "large@dear");
  EXPECT_FALSE(targets[0].as_object().contains("predicted_wait_ms"));
  EXPECT_EQ(targets[1].at("predicted_wait_ms").as_int64(), 800);
  EXPECT_TRUE(targets[1].at("spilled").as_bool());
  EXPECT_EQ(targets[1].at("queue").as_string(),
            "spills: predicted wait 800 ms is over when_wait_over 500ms");
  const std::string text = ExplanationText(explained, false);
  for (const char* const said :
       {"(spilled from small@gpu)\n", ", first token within 3000 ms\n", ", band latency_critical\n",
        " spills: predicted wait 800 ms is over when_wait_over 500ms\n",
        "spill    when_wait_over 500ms\n"}) {
    EXPECT_NE(text.find(said), std::string::npos) << said << "\nin\n" << text;
  }
}

TEST(ExplainedQueue, says_how_long_a_request_waits_and_where_it_goes_then) {
  const boost::json::object explained = Explained(kAfter50, 900);
  const auto& first = explained.at("targets").as_array()[0];
  EXPECT_EQ(first.at("target").as_string(), "small@gpu");
  EXPECT_FALSE(first.at("spilled").as_bool());
  EXPECT_EQ(first.at("queue").as_string(), "waits up to 50 ms, then goes to large@dear");
  EXPECT_FALSE(explained.contains("spilled_from"));
}

TEST(ExplainedQueue, says_nothing_of_a_free_slot) {
  const boost::json::object explained = Explained(kOverHalfASecond, 0);
  const auto& first = explained.at("targets").as_array()[0].as_object();
  EXPECT_EQ(first.at("predicted_wait_ms").as_int64(), 0);
  EXPECT_FALSE(first.contains("queue"));
}

// A silence is not a queue: the pool is idle, and nothing spills.
TEST(ExplainedQueue, says_a_silence_apart_from_the_queue) {
  const config::Config config = PoolAndApi(kOverHalfASecond);
  const auto policy = routing::Compiled(config);
  DecisionInput input = routing::Asking(*policy);
  input.candidates[0].silent_wait_ms = 4'500;
  const boost::json::object explained =
      Explain(config, *policy, input, routing::Decided(*policy, input), std::nullopt);
  const auto& targets = explained.at("targets").as_array();
  const auto& first = targets[0].as_object();
  EXPECT_EQ(first.at("target").as_string(), "small@gpu");
  EXPECT_EQ(first.at("silent_wait_ms").as_int64(), 4'500);
  EXPECT_EQ(first.at("predicted_wait_ms").as_int64(), 0);
  EXPECT_EQ(first.at("expected_latency_ms").as_int64(), 5'000);
  EXPECT_FALSE(first.contains("queue"));
  EXPECT_FALSE(targets[1].as_object().contains("silent_wait_ms"));
  EXPECT_NE(ExplanationText(explained, false)
                .find(" silent: its first tokens are at least 4500 ms late\n"),
            std::string::npos);
}

}  // namespace
}  // namespace headgate::gateway

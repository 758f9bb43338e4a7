#include "gateway/explain/explained_queue.h"

#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/explain/explained_refusal.h"
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
       {"(spilled from small@gpu)\n", "\ndeadline first token within 3s (x-slo-ttft-ms)\n",
        ", band latency_critical\n",
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

TEST(ExplainedQueue, says_the_deadline_of_the_class_without_a_deadline_of_the_request) {
  const config::Config config = PoolAndApi(kAfter50);
  const auto policy = routing::Compiled(config);
  DecisionInput input = routing::Asking(*policy);
  input.classification.request_class = routing::Class::kLatencyCritical;
  const boost::json::object explained =
      Explain(config, *policy, input, routing::Decided(*policy, input), std::nullopt);
  EXPECT_EQ(explained.at("request").at("deadline_ms").to_number<int>(), 500);
  EXPECT_EQ(explained.at("request").at("deadline_from").as_string(),
            "target_ttft of class latency_critical");
}

TEST(ExplainedQueue, says_that_a_wait_would_be_longer_than_the_time_of_the_request) {
  config::Config config = PoolAndApi({.when = config::Spill::When::kNever, .limit = {}});
  config.routes[0].timeouts.total = config::Milliseconds(5'000);
  const auto explain = [&config] {
    const auto policy = routing::Compiled(config);
    DecisionInput input = routing::Asking(*policy);
    input.candidates[0].in_flight = 4;
    input.candidates[0].predicted_wait_ms = 6'055;
    input.candidates[0].firm_wait = true;
    return Explain(config, *policy, input, routing::Decided(*policy, input), std::nullopt);
  };
  const boost::json::object left = explain();
  EXPECT_EQ(left.at("targets").as_array()[0].at("queue").as_string(),
            "predicted wait 6055 ms is longer than timeouts.total 5s: goes to large@dear");
  EXPECT_TRUE(left.at("answer").as_string().ends_with("total 5s: goes to large@dear"));
  config.routes[0].targets.pop_back();
  EXPECT_TRUE(explain().at("answer").as_string().ends_with(
      "timeouts.total 5s: it would be refused with 429 queue_full"));
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

TEST(ExplainedQueue, turns_away_who_would_be_the_lowest_of_a_full_line) {
  using backends::Band;
  struct Case {
    QueueLine line;
    Band band;
    bool turned_away;
  };
  const Case cases[] = {
      {{{0, 0, 0}, std::nullopt}, Band::kBatch, false},
      {{{1, 2, 1}, 5}, Band::kBatch, false},
      {{{1, 2, 2}, 5}, Band::kBatch, true},
      {{{1, 2, 2}, 5}, Band::kNormal, false},
      {{{2, 3, 0}, 5}, Band::kNormal, true},
      {{{2, 3, 0}, 5}, Band::kLatencyCritical, false},
      {{{6, 0, 0}, 5}, Band::kLatencyCritical, true},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(TurnsAway(c.line, c.band), c.turned_away)
        << c.line.waiting[0] << c.line.waiting[1] << c.line.waiting[2] << NameOf(c.band);
  }
}

// Explains a request for a pool whose queue has its limit.
boost::json::object AtAFullQueue(const config::Config& config, bool has_free_slot) {
  const auto policy = routing::Compiled(config);
  DryRunResult result;
  result.input = routing::Asking(*policy);
  result.input.candidates[0].in_flight = has_free_slot ? 3 : 4;
  result.input.candidates[0].predicted_wait_ms = has_free_slot ? 0 : 900;
  result.input.candidates[0].firm_wait = true;
  result.decision = routing::Decided(*policy, result.input);
  boost::json::object explained =
      Explain(config, *policy, result.input, result.decision, std::nullopt);
  std::vector<QueueLine> lines(policy->targets().size());
  lines[0] = {.waiting = {0, 5, 0}, .limit = 5};
  AddFullQueues(*policy, lines, result, explained);
  return explained;
}

TEST(ExplainedQueue, says_that_a_queue_is_full) {
  config::Config config = PoolAndApi(kAfter50);
  const boost::json::object left = AtAFullQueue(config, /*has_free_slot=*/false);
  EXPECT_EQ(left.at("targets").as_array()[0].at("queue").as_string(),
            "the queue is full (5 of 5 wait): goes to large@dear");
  EXPECT_TRUE(left.at("answer").as_string().ends_with("wait): goes to large@dear"));

  config.routes[0].targets.pop_back();
  const boost::json::object refused = AtAFullQueue(config, /*has_free_slot=*/false);
  EXPECT_TRUE(refused.at("answer").as_string().ends_with(
      "; the queue is full (5 of 5 wait): it would be refused with 429 queue_full"));

  const boost::json::object free = AtAFullQueue(config, /*has_free_slot=*/true);
  EXPECT_FALSE(free.at("targets").as_array()[0].as_object().contains("queue"));
  EXPECT_EQ(free.at("answer").as_string().find("full"), std::string::npos);
}

// What became of its waits is known, so the forecast is not shown.
// Such a request does not come as far as the limit of the queue.
TEST(ExplainedQueue, says_that_a_request_comes_too_late_before_that_the_queue_is_full) {
  config::Config config = PoolAndApi(kAfter50);
  config.routes[0].timeouts.total = config::Milliseconds(800);
  const boost::json::object explained = AtAFullQueue(config, /*has_free_slot=*/false);
  EXPECT_EQ(explained.at("targets").as_array()[0].at("queue").as_string(),
            "predicted wait 900 ms is longer than timeouts.total 800ms: goes to large@dear");
  EXPECT_EQ(explained.at("answer").as_string().find("full"), std::string::npos);
}

TEST(ExplainedQueue, says_how_a_refused_request_has_waited) {
  boost::json::object explained = Explained(kAfter50, 900);
  AddRefusal({Rejection::kQueueFull, {{"gpu", "5 of 5 requests wait for gpu"}}}, explained);
  EXPECT_EQ(explained.at("refused").as_string(), "queue_full");
  EXPECT_TRUE(explained.at("answer").as_string().ends_with("; it was refused with 429 queue_full"));
  const auto& first = explained.at("targets").as_array()[0];
  EXPECT_EQ(first.at("queue").as_string(), "5 of 5 requests wait for gpu");

  boost::json::object elsewhere = Explained(kAfter50, 900);
  AddRefusal({Rejection::kDraining, {{"pool", "it waited there"}}}, elsewhere);
  EXPECT_FALSE(elsewhere.at("targets").as_array()[0].as_object().contains("queue"));

  boost::json::object spilled = Explained(kOverHalfASecond, 800);
  AddRefusal({Rejection::kQueueTimeout}, spilled);
  EXPECT_TRUE(spilled.at("targets").as_array()[1].as_object().contains("queue"))
      << "it did not wait there";
}

TEST(ExplainedQueue, says_what_the_client_of_a_refused_request_was_told) {
  const std::pair<Rejection, std::string_view> cases[] = {
      {Rejection::kQueueFull, "429 queue_full"},
      {Rejection::kShed, "429 queue_full (shed)"},
      {Rejection::kMaxWait, "429 queue_full (max_wait)"},
      {Rejection::kWaitTooLong, "429 queue_full (wait_too_long)"},
      {Rejection::kQueueTimeout, "503 (queue_timeout)"},
      {Rejection::kDraining, "503 (draining)"},
  };
  for (const auto& [why, told] : cases) {
    boost::json::object explained = Explained(kAfter50, 0);
    AddRefusal({why}, explained);
    EXPECT_TRUE(
        explained.at("answer").as_string().ends_with("it was refused with " + std::string(told)));
  }
}

}  // namespace
}  // namespace headgate::gateway

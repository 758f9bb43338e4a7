#include "routing/decide/words/spill_words.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "routing/decide/words/why.h"
#include "tests/routing/fixture.h"

namespace headgate::routing {
namespace {

using config::Milliseconds;
using config::Spill;
using SpillWhen = config::Spill::When;

config::Config PoolThenPaid(const Spill& spill) {
  config::Config config = WithRoute(RouteTo("r", {To("small", "gpu"), To("large", "dear")}));
  config.routes[0].spill = spill;
  return config;
}

TEST(SpillWords, rules_as_written) {
  const std::pair<Spill, std::string> cases[] = {
      {{}, "after 2s"},
      {{SpillWhen::kAfter, Milliseconds(50)}, "after 50ms"},
      {{SpillWhen::kAfter, Milliseconds(0)}, "at once"},
      {{SpillWhen::kWaitOver, Milliseconds(500)}, "when_wait_over 500ms"},
      {{SpillWhen::kWaitOver, Milliseconds(0)}, "at once"},
      {{SpillWhen::kNever, Milliseconds(0)}, "never"}};
  for (const auto& [spill, words] : cases) EXPECT_EQ(SpillRule(spill), words);
}

TEST(SpillWords, what_happens_in_a_queue) {
  struct Case {
    Spill spill;
    int in_flight;
    float wait_ms;
    std::optional<std::uint32_t> slo_ms;
    bool other_is_up;
    std::string words;
  };
  const Spill over{SpillWhen::kWaitOver, Milliseconds(500)};
  const Spill at_once{SpillWhen::kAfter, Milliseconds(0)};
  const Spill after{SpillWhen::kAfter, Milliseconds(50)};
  const Spill never{SpillWhen::kNever, Milliseconds(0)};
  const Case cases[] = {
      {over, 3, 0, {}, true, ""},
      {over, 4, 800, {}, true, "spills: predicted wait 800 ms is over when_wait_over 500ms"},
      {over, 4, 300, 250, true, "spills: predicted wait 300 ms is over x-slo-ttft-ms 250"},
      {over,
       4,
       800,
       {},
       false,
       "predicted wait 800 ms is over when_wait_over 500ms, but no other target is up and less "
       "full"},
      {at_once,
       4,
       0,
       {},
       false,
       "no slot is free, and the route spills at once, but no other target is up and less full"},
      {over, 4, 300, {}, true, "waits up to 500 ms, then goes to large@dear"},
      {at_once, 4, 0, {}, true, "spills: no slot is free, and the route spills at once"},
      {after, 4, 9'000, {}, true, "waits up to 50 ms, then goes to large@dear"},
      {after,
       4,
       9'000,
       {},
       false,
       "waits for a slot, predicted wait 9000 ms; no target is left to spill to"},
      {never,
       4,
       9'000,
       {},
       true,
       "waits for a slot, predicted wait 9000 ms; the route never spills"},
  };
  for (const Case& c : cases) {
    const auto policy = Compiled(PoolThenPaid(c.spill));
    DecisionInput input = Asking(*policy);
    input.candidates[0].in_flight = c.in_flight;
    input.candidates[0].predicted_wait_ms = c.wait_ms;
    input.candidates[4].available = c.other_is_up;
    input.slo_ttft_ms = c.slo_ms;
    const Decision decision = Decided(*policy, input);
    const std::size_t gpu = decision.plan[0].target == 0 ? 0 : 1;
    EXPECT_EQ(QueueWords(*policy, input, decision, gpu), c.words);
    EXPECT_EQ(QueueWords(*policy, input, decision, 1 - gpu), "") << "a paid API";
  }
}

TEST(SpillWords, what_happens_before_a_second_pool) {
  config::Config config = PoolThenPaid({SpillWhen::kAfter, Milliseconds(20)});
  config.backends.push_back(OwnBackend("pool", 4, {Served("small")}));
  config.routes[0].targets[1] = To("small", "pool");
  const auto words = [&](const Spill& spill, float wait_ms, float wait_there_ms) {
    config.routes[0].spill = spill;
    const auto policy = Compiled(config);
    DecisionInput input = Asking(*policy);
    input.candidates[0].predicted_wait_ms = wait_ms;
    input.candidates[5].predicted_wait_ms = wait_there_ms;
    return QueueWords(*policy, input, Decided(*policy, input), 0);
  };
  EXPECT_EQ(words({SpillWhen::kAfter, Milliseconds(20)}, 900, 20),
            "waits up to 20 ms, then goes to small@pool if that has room");
  EXPECT_EQ(
      words({SpillWhen::kAfter, Milliseconds(20)}, 900, 21),
      "waits for a slot, predicted wait 900 ms; no other target has room now; looks every 50 ms "
      "whether one has room");
  EXPECT_EQ(words({SpillWhen::kWaitOver, Milliseconds(500)}, 900, 800),
            "predicted wait 900 ms is over when_wait_over 500ms, but no other target is up and "
            "less full; looks every 500 ms whether one has room");
}

TEST(SpillWords, a_target_that_is_down_says_nothing) {
  const auto policy = Compiled(PoolThenPaid({}));
  DecisionInput input = Asking(*policy);
  input.candidates[0].in_flight = 4;
  input.candidates[0].available = false;
  const Decision decision = Decided(*policy, input);
  EXPECT_EQ(QueueWords(*policy, input, decision, 1), "");
}

TEST(SpillWords, why_a_conversation_does_not_stay) {
  const config::Config config = PoolThenPaid({SpillWhen::kWaitOver, Milliseconds(500)});
  const auto policy = Compiled(config);
  DecisionInput input = Asking(*policy);
  input.conversation_target = 0;
  input.candidates[0].predicted_wait_ms = 800;
  EXPECT_EQ(WhyNotKept(config, *policy, input, Decided(*policy, input)),
            "it spills: predicted wait 800 ms is over when_wait_over 500ms");
  input.candidates[0].available = false;
  EXPECT_EQ(WhyNotKept(config, *policy, input, Decided(*policy, input)), "it is down");
}

}  // namespace
}  // namespace headgate::routing

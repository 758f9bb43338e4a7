#include "loadtest/load/traffic/scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace headgate::loadtest::load {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Scenario, every_key_is_read) {
  const ScenarioResult read = ParseScenario(R"(
duration: 2m
rate: 2.5
arrivals: constant
seed: 9
concurrency: 7
ramp: 500ms
mix:
  - name: a
    weight: 3
    endpoint: completions
    model: m
    stream: true
    prompt_bytes: 100
    max_tokens: 5
    headers: {x-a: "1", x-b: two}
    extra: {service_tier: flex, temperature: 0.5, top_p: "1", stop: [a, 2], deep: {x: null, y: true}}
    abort_after: 3 chunks
  - {name: b, endpoint: embeddings, text: hello, abort_after: 1.5s}
)",
                                            "s.yaml");
  ASSERT_TRUE(read.scenario) << testing::PrintToString(read.problems);
  const Scenario& scenario = *read.scenario;
  EXPECT_EQ(scenario.duration, std::chrono::minutes(2));
  EXPECT_EQ(scenario.rate, 2.5);
  EXPECT_EQ(scenario.arrivals, Arrivals::kConstant);
  EXPECT_EQ(scenario.seed, 9u);
  EXPECT_EQ(scenario.concurrency, 7);
  EXPECT_EQ(scenario.ramp, std::chrono::milliseconds(500));
  ASSERT_EQ(scenario.mix.size(), 2u);
  const MixEntry& a = scenario.mix[0];
  EXPECT_EQ(a.name, "a");
  EXPECT_EQ(a.weight, 3);
  EXPECT_EQ(a.endpoint, Endpoint::kCompletions);
  EXPECT_TRUE(a.stream);
  EXPECT_EQ(a.prompt_bytes, 100u);
  EXPECT_EQ(a.max_tokens, 5);
  EXPECT_THAT(a.headers, ElementsAre(testing::Pair("x-a", "1"), testing::Pair("x-b", "two")));
  EXPECT_EQ(a.extra, R"("service_tier":"flex","temperature":5E-1,"top_p":"1","stop":["a",2],)"
                     R"("deep":{"x":null,"y":true})");
  EXPECT_EQ(a.abort_after_chunks, 3);
  EXPECT_EQ(scenario.mix[1].text, "hello");
  EXPECT_EQ(scenario.mix[1].abort_after, std::chrono::milliseconds(1500));
}

TEST(Scenario, all_mistakes_are_told_with_their_lines) {
  const ScenarioResult read = ParseScenario(R"(duration: soon
rate: 0
arrivals: often
seeds: 3
mix:
  - {name: a, stream: maybe, weight: -1}
  - {name: a, headers: {x: "a\nb"}, abort_after: 0 chunks}
  - {name: c, text: t, prompt_bytes: 3, endpoint: images}
  - 7
)",
                                            "s.yaml");
  EXPECT_FALSE(read.scenario);
  EXPECT_THAT(
      read.problems,
      ElementsAre(
          HasSubstr("s.yaml:1: duration: is not a duration; write 250ms"),
          HasSubstr("s.yaml:2: rate: is not a number above 0"),
          HasSubstr("s.yaml:3: arrivals: is unknown; write constant or poisson"),
          HasSubstr("s.yaml:4: seeds: is not a key of a scenario; the keys here are arrivals"),
          HasSubstr("s.yaml:6: mix[0].stream: is not a boolean"),
          HasSubstr("s.yaml:6: mix[0].weight: is not a number above 0"),
          HasSubstr("s.yaml:7: mix[1].headers.x: is not a header of one line"),
          HasSubstr("s.yaml:7: mix[1].abort_after: does not say when the client leaves"),
          HasSubstr("s.yaml:7: mix[1].name: is used twice"),
          HasSubstr("s.yaml:8: mix[2].endpoint: is unknown; write chat or completions"),
          HasSubstr("s.yaml:8: mix[2]: has both text and prompt_bytes"),
          HasSubstr("s.yaml:9: mix[3]: is not a mapping")));
}

TEST(Scenario, what_is_no_scenario_is_said_to_be_none) {
  EXPECT_THAT(ParseScenario("rate: 1", "s").problems, ElementsAre(HasSubstr("mix: is missing")));
  EXPECT_THAT(ParseScenario("mix: []", "s").problems, ElementsAre(HasSubstr("is not a list")));
  EXPECT_THAT(ParseScenario("- a", "s").problems, ElementsAre(HasSubstr("is not a mapping")));
  EXPECT_THAT(ParseScenario("a: {", "s").problems, ElementsAre(HasSubstr("is not YAML")));
  EXPECT_THAT(ReadScenario("/nowhere/at/all.yaml").problems, ElementsAre(HasSubstr("be read")));
}

TEST(Scenario, durations) {
  EXPECT_EQ(ParseDuration("250ms"), std::chrono::milliseconds(250));
  EXPECT_EQ(ParseDuration("0.5s"), std::chrono::milliseconds(500));
  EXPECT_EQ(ParseDuration("2m"), std::chrono::minutes(2));
  for (const char* wrong : {"", "5", "s", "-1s", "1 s", "1d", "nan", "1e300s", "1sx"}) {
    EXPECT_EQ(ParseDuration(wrong), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace headgate::loadtest::load

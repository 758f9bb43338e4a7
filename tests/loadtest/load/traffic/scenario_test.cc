#include "loadtest/load/traffic/scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "loadtest/load/traffic/yaml_reader.h"

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
  ASSERT_TRUE(scenario.mix[1].abort_after);
  EXPECT_EQ(scenario.mix[1].abort_after->low, std::chrono::milliseconds(1500));
  EXPECT_EQ(scenario.mix[1].abort_after->high, std::chrono::milliseconds(1500));
}

TEST(Scenario, streams_of_traffic_have_a_class_a_key_and_an_slo) {
  const ScenarioResult read = ParseScenario(R"(
mix:
  - name: checkout
    class: checkout
    key: sk-shop
    slo_ttft: 400ms
    headers: {x-a: b}
    prompt_tokens: 200..50000
    abort_after: 0ms..2s
  - name: talk
    prompt_tokens: 300
    chat: {turns: 5..8, system_tokens: 600, systems: 3, pause: 1s}
  - {name: short-talk, chat: {}}
)",
                                            "s.yaml");
  ASSERT_TRUE(read.scenario) << testing::PrintToString(read.problems);
  const MixEntry& checkout = read.scenario->mix[0];
  EXPECT_THAT(checkout.headers,
              ElementsAre(testing::Pair("x-a", "b"), testing::Pair("x-headgate-class", "checkout"),
                          testing::Pair("Authorization", "Bearer sk-shop"),
                          testing::Pair("x-slo-ttft-ms", "400")));
  EXPECT_EQ(checkout.slo_ttft, std::chrono::milliseconds(400));
  EXPECT_EQ(checkout.prompt_tokens->low, 200);
  EXPECT_EQ(checkout.prompt_tokens->high, 50'000);
  EXPECT_EQ(checkout.abort_after->low, std::chrono::milliseconds(0));
  EXPECT_EQ(checkout.abort_after->high, std::chrono::seconds(2));
  const MixEntry& talk = read.scenario->mix[1];
  ASSERT_TRUE(talk.chat);
  EXPECT_EQ(talk.prompt_tokens->high, 300);
  EXPECT_EQ(talk.chat->turns.low, 5);
  EXPECT_EQ(talk.chat->turns.high, 8);
  EXPECT_EQ(talk.chat->system_tokens, 600u);
  EXPECT_EQ(talk.chat->systems, 3);
  EXPECT_EQ(talk.chat->pause, std::chrono::seconds(1));
  EXPECT_TRUE(talk.headers.empty());
  EXPECT_EQ(read.scenario->mix[2].chat->turns.low, 4);
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
  - {name: d, prompt_tokens: 5..3, chat: {turns: 0, rest: 1}, abort_after: 2s..1s, slo_ttft: soon}
  - {name: e, prompt_tokens: 9, text: t, endpoint: embeddings, chat: {}, key: "a\nb"}
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
          HasSubstr("s.yaml:8: mix[2]: has more than one of text, prompt_bytes"),
          HasSubstr("s.yaml:9: mix[3]: is not a mapping"),
          HasSubstr("s.yaml:10: mix[4].prompt_tokens: is not a number or a range; write 500"),
          HasSubstr("s.yaml:10: mix[4].chat.turns: is not a number or a range"),
          HasSubstr("s.yaml:10: mix[4].chat.rest: is not a key of a scenario"),
          HasSubstr("s.yaml:10: mix[4].abort_after: does not say when the client leaves"),
          HasSubstr("s.yaml:10: mix[4].slo_ttft: is not a duration"),
          HasSubstr("s.yaml:11: mix[5]: has a class or a key of more than one line"),
          HasSubstr("s.yaml:11: mix[5]: has more than one of text, prompt_bytes"),
          HasSubstr("s.yaml:11: mix[5]: has chat at another endpoint")));
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

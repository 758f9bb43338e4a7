#include <gtest/gtest.h>

#include <string>

#include "routing/classify/classifier.h"
#include "routing/classify/topic_model.h"
#include "routing/decide/request_facts.h"
#include "tests/routing/fixture.h"
#include "tests/support/allocations.h"

namespace headgate::routing {
namespace {

TEST(Allocation, the_counter_counts) {
  EXPECT_GT(AllocationsIn([] { delete new std::string(100, 'x'); }), 1u);
}

TEST(Allocation, deciding_takes_none_once_there_is_room) {
  for (const config::Prefer prefer :
       {config::Prefer::kOrdered, config::Prefer::kLowestCost, config::Prefer::kLowestLatency,
        config::Prefer::kHighestQuality, config::Prefer::kWeighted, config::Prefer::kBlend}) {
    config::Config config = MixedRoutes(100, 20, prefer);
    config.routes.back().blend = {0.6, 0.2, 0.2};
    const auto policy = Compiled(config);
    Signals signals = Chat({{Role::kUser, "hello"}});
    signals.model = "auto";
    signals.uses_tools = true;
    signals.metadata = {{"customer", "customer-of-nobody-who-has-a-route"}, {"job", "daily"}};
    DecisionInput input = Asking(*policy);
    input.conversation_target = 7;
    Decision decision;
    const auto decide = [&](std::size_t key) {
      FillRequest(*policy, signals, key, input);
      AddHeader(*policy, "x-tenant", "a-tenant-whose-name-is-longer-than-any-short-string", input);
      AddHeader(*policy, "x-data-class", "public", input);
      AddHeader(*policy, "x-that-nothing-looks-at", "value", input);
      ApplyCustomClasses(*policy, input);
      Decide(*policy, input, decision);
    };
    decide(0);
    ASSERT_EQ(decision.route, 99u);
    ASSERT_EQ(decision.plan.size(), 20u);
    ASSERT_TRUE(decision.sticky);
    EXPECT_EQ(AllocationsIn([&] {
                decide(0);
                decide(1);
              }),
              0u);
  }
}

TEST(Allocation, facts_that_are_not_known_take_none_once_there_is_room) {
  const auto policy = Compiled(MixedRoutes(100, 20, config::Prefer::kOrdered));
  DecisionInput input = Asking(*policy);
  Decision decision;
  const auto decide = [&] {
    input.facts.Reset(policy->patterns().size());
    for (std::size_t i = 0; i < policy->patterns().size(); ++i) input.facts.SetUnknown(i);
    ApplyCustomClasses(*policy, input);
    Decide(*policy, input, decision);
  };
  decide();
  ASSERT_TRUE(decision.undecided);
  EXPECT_EQ(AllocationsIn(decide), 0u);
}

TEST(Allocation, relaxing_takes_none_once_there_is_room) {
  config::Config config = MixedRoutes(100, 20, config::Prefer::kLowestCost);
  config.routes.back().on_no_target = config::OnNoTarget::kRelax;
  config.routes.back().require.scores["mmlu"] = {{config::Comparator::kGreater, 0}};
  const auto policy = Compiled(config);
  const DecisionInput input = AskingAs(*policy, 0);
  Decision decision;
  Decide(*policy, input, decision);
  ASSERT_EQ(decision.relax_level, RelaxLevel::kAllButBinding);
  ASSERT_EQ(decision.relaxed, kRelaxedScores);
  EXPECT_EQ(AllocationsIn([&] { Decide(*policy, input, decision); }), 0u);
}

TEST(Allocation, spilling_takes_none_once_there_is_room) {
  config::Config config = WithRoute(RouteTo("r", {}));
  for (const char* const pool : {"pool-1", "pool-2", "pool-3"}) {
    config.backends.insert(config.backends.begin(), OwnBackend(pool, 4, {Served("small")}));
  }
  config.routes[0].spill.limit = config::Milliseconds(0);
  const auto policy = Compiled(config);
  DecisionInput input = Asking(*policy);
  for (Candidate& candidate : input.candidates) candidate.in_flight = 4;
  Decision decision;
  Decide(*policy, input, decision);
  ASSERT_EQ(decision.spilled_from, 0u);
  EXPECT_EQ(AllocationsIn([&] { Decide(*policy, input, decision); }), 0u);
}

TEST(Allocation, resolving_a_model_takes_none) {
  const auto policy = Compiled(FiveTargets());
  const std::string long_name(100, 'n');
  EXPECT_EQ(AllocationsIn([&] {
              policy->Resolve("large@dear");
              policy->Resolve("auto");
              policy->Resolve(long_name);
            }),
            0u);
}

TEST(Allocation, classifying_takes_none) {
  TopicModel::Shipped();  // is read once
  const std::string text = [] {
    std::string all =
        "Why does `f(x)` fail?\n```\nint main() {\n  return f(1);\n}\n```\n$\\frac12$\n";
    while (all.size() < 100'000) all += "at f (a.js:1:2)\n x^2 = 4; <|fim_prefix|> ∑ prose.\n";
    return all;
  }();
  for (const Endpoint endpoint : {Endpoint::kChat, Endpoint::kCompletions}) {
    Signals signals = Chat({{Role::kSystem, "be kind"}, {Role::kUser, text}});
    signals.endpoint = endpoint;
    signals.class_header = "latency_critical";
    signals.slo_ttft_header = "not a number";
    signals.tool_names = {"mcp__files__read_file", "get_weather"};
    EXPECT_EQ(AllocationsIn([&] { Classify(signals, HintTrust{}); }), 0u);
  }
}

TEST(Allocation, reading_words_takes_none) {
  Classify(Chat({{Role::kUser, "the shipped model is read once"}}), HintTrust{});
  std::string text;
  while (text.size() < 100'000) {
    text += "Please tell me, in your own words, how the harvest of 1987 was in Ærø und 京都. ";
  }
  for (const std::size_t size : {100u, 1024u, 100'000u}) {
    const Signals signals = Chat({{Role::kSystem, "be kind"},
                                  {Role::kUser, "hello"},
                                  {Role::kUser, std::string_view(text).substr(0, size)}});
    Classification c;
    EXPECT_EQ(AllocationsIn([&] { c = Classify(signals, HintTrust{}); }), 0u);
    EXPECT_TRUE(c.topic_reason == Reason::kModel || c.topic_reason == Reason::kAbstained);
  }
}

}  // namespace
}  // namespace headgate::routing

#include <gtest/gtest.h>

#include <string>

#include "routing/classifier.h"
#include "tests/routing/fixture.h"
#include "tests/support/allocations.h"

namespace headgate::routing {
namespace {

TEST(Allocation, the_counter_counts) {
  EXPECT_GT(AllocationsIn([] { delete new std::string(100, 'x'); }), 1u);
}

TEST(Allocation, deciding_takes_none_once_there_is_room) {
  for (const config::Prefer prefer : {config::Prefer::kOrdered, config::Prefer::kLowestCost,
                                      config::Prefer::kLowestLatency, config::Prefer::kWeighted}) {
    const auto policy = Compiled(ManyRoutes(100, 20, prefer));
    DecisionInput input = Asking(*policy);
    Decision decision;
    Decide(*policy, input, decision);
    ASSERT_EQ(decision.plan.size(), 20u);
    EXPECT_EQ(AllocationsIn([&] { Decide(*policy, input, decision); }), 0u);
  }
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

}  // namespace
}  // namespace headgate::routing

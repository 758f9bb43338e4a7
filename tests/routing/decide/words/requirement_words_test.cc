#include "routing/decide/words/requirement_words.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "routing/decide/words/why.h"
#include "tests/routing/fixture.h"

namespace headgate::routing {
namespace {

using config::Comparator;

// FiveTargets with one route, which has large@cheap alone.
config::Config OneTarget() {
  config::Config config = WithRoute(RouteTo("clinic", {To("large", "cheap")}));
  config.models[1].license = "proprietary";
  config.models[1].scores = {{"mmlu", 86.5}};
  config.models[1].supports = {"tools"};
  config.backends[1].labels = {{"region", "us"}};
  return config;
}

// Why the request of the first key, if there is one, does not get large@cheap.
std::string Detail(const config::Config& config) {
  const auto policy = Compiled(config);
  const DecisionInput input = config.keys.empty() ? Asking(*policy) : AskingAs(*policy, 0);
  const Decision decision = Decided(*policy, input);
  EXPECT_EQ(decision.dropped.size(), 1u);
  if (decision.dropped.empty()) return "";
  return DropDetail(config, *policy, input, decision, decision.dropped.front());
}

TEST(DropDetail, says_what_is_required_and_what_the_target_has) {
  struct Case {
    std::function<void(config::Require&)> change;
    const char* detail;
  };
  const Case cases[] = {
      {[](auto& require) { require.hosting = config::Hosting::kSelfHosted; },
       "hosting self_hosted; cheap has paid_api"},
      {[](auto& require) {
         require.labels = {{"region", {"eu-*", "ch"}}};
       },
       "region eu-* or ch; cheap has region us"},
      {[](auto& require) {
         require.labels = {{"zone", {"eu"}}};
       },
       "zone eu; cheap has no zone"},
      {[](auto& require) { require.licenses = {"Apache-*"}; },
       "license Apache-*; large has proprietary"},
      {[](auto& require) { require.min_context = 1'000'000; },
       "a context window of 1000000 tokens; large has 131072"},
      {[](auto& require) {
         require.scores = {{"mmlu", {{Comparator::kGreaterEqual, 90}}}};
       },
       "mmlu >= 90; large has mmlu 86.5"},
      {[](auto& require) {
         require.scores = {{"gsm8k", {{Comparator::kGreater, 1}}}};
       },
       "gsm8k > 1; large has no gsm8k"},
      {[](auto& require) {
         require.input_price = {{Comparator::kLessEqual, kNanoPerUsd}};
       },
       "an input price <= $1; large@cheap costs $2 for input and $8 for output"},
      {[](auto& require) { require.supports = {"images"}; },
       "support of images; large supports tools"},
  };
  for (const Case& c : cases) {
    config::Config config = OneTarget();
    c.change(config.routes[0].require);
    EXPECT_EQ(Detail(config), std::string("route clinic requires ") + c.detail);
  }
}

TEST(DropDetail, names_the_key_or_team_that_requires_it) {
  config::Config config = OneTarget();
  config.keys = {KeyNamed("intern", "legal")};
  config.teams.emplace_back();
  config.teams.back().name = "legal";
  config.teams.back().require.labels = {{"region", {"eu"}}};
  EXPECT_EQ(Detail(config), "team legal requires region eu; cheap has region us");
  config.keys[0].require.hosting = config::Hosting::kSelfHosted;
  EXPECT_EQ(Detail(config), "key intern requires hosting self_hosted; cheap has paid_api");
}

TEST(AboutInputTokens, are_counted_in_singular_and_plural) {
  EXPECT_EQ(AboutInputTokens(1), "about 1 input token");
  EXPECT_EQ(AboutInputTokens(2), "about 2 input tokens");
}

TEST(ComparisonWords, are_spelled_as_in_a_policy) {
  EXPECT_EQ(ComparisonWords({{Comparator::kGreaterEqual, 10}, {Comparator::kLess, 20}}),
            ">= 10 and < 20");
}

}  // namespace
}  // namespace headgate::routing

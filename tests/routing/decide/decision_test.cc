#include "routing/decide/decision.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/routing/fixture.h"

namespace headgate::routing {
namespace {

using config::Prefer;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Decide, plans_what_the_model_asks_for) {
  struct Case {
    std::string model;
    std::vector<config::TargetReference> targets;
    std::vector<std::string> plan;
  };
  const Case cases[] = {
      {"auto", {}, {"small@gpu", "small@cheap", "large@cheap", "large@dear"}},
      {"auto", {To("large", "dear"), To("small", "gpu")}, {"large@dear", "small@gpu"}},
      {"large", {To("large", "dear"), To("small", "gpu")}, {"large@dear"}},
      {"large", {}, {"large@cheap", "large@dear"}},
      {"large", {To("small", "gpu")}, {"large@cheap", "large@dear"}},
      {"large@dear", {To("large", "cheap")}, {"large@dear"}},
      {"large@dear", {To("large", "dear"), To("large", "cheap")}, {"large@dear"}},
  };
  for (const Case& c : cases) {
    const auto policy = Compiled(WithRoute(RouteTo("r", c.targets)));
    const Decision decision = Decided(*policy, Asking(*policy, c.model));
    EXPECT_EQ(decision.outcome, Outcome::kPlanned) << c.model;
    EXPECT_EQ(PlanOf(*policy, decision), c.plan) << c.model;
  }
}

TEST(Decide, says_which_targets_were_not_asked_for) {
  const auto policy = Compiled(WithRoute(RouteTo("r", {To("small", "gpu"), To("large", "dear")})));
  const Decision decision = Decided(*policy, Asking(*policy, "large"));
  EXPECT_EQ(DropOf(*policy, decision, "small@gpu"), Drop::kNotRequestedModel);
}

TEST(Decide, unknown_model_is_an_outcome) {
  const auto policy = Compiled(WithRoute(RouteTo("r", {})));
  for (const char* model : {"gpt-9", "", "large@nowhere"}) {
    EXPECT_EQ(Decided(*policy, Asking(*policy, model)).outcome, Outcome::kUnknownModel) << model;
  }
}

TEST(Decide, a_key_uses_only_its_models) {
  config::Config config = WithRoute(RouteTo("r", {}));
  config.keys = {KeyNamed("limited"), KeyNamed("free")};
  config.keys[0].models = {"small"};
  const auto policy = Compiled(config);
  for (const char* model : {"large", "big", "large@dear"}) {
    EXPECT_EQ(Decided(*policy, AskingAs(*policy, 0, model)).outcome, Outcome::kModelNotAllowed)
        << model;
    EXPECT_EQ(Decided(*policy, AskingAs(*policy, 1, model)).outcome, Outcome::kPlanned) << model;
  }
  const Decision decision = Decided(*policy, AskingAs(*policy, 0));
  EXPECT_THAT(PlanOf(*policy, decision), ElementsAre("small@gpu", "small@cheap"));
  EXPECT_EQ(DropOf(*policy, decision, "large@dear"), Drop::kModelNotAllowed);
  EXPECT_EQ(Decided(*policy, AskingAs(*policy, 1)).plan.size(), 4u);
  EXPECT_EQ(Decided(*policy, Asking(*policy)).plan.size(), 4u) << "without a key";
}

TEST(Decide, unavailable_targets_stand_behind_all_others) {
  for (const Prefer prefer : {Prefer::kOrdered, Prefer::kLowestCost, Prefer::kLowestLatency,
                              Prefer::kHighestQuality, Prefer::kWeighted, Prefer::kBlend}) {
    const auto policy = Compiled(WithRoute(
        RouteTo("r", {To("small", "gpu"), To("large", "cheap"), To("large", "dear")}, prefer)));
    DecisionInput input = Asking(*policy);
    input.candidates[0].available = false;
    for (input.seed = 0; input.seed < 20; ++input.seed) {
      const Decision decision = Decided(*policy, input);
      ASSERT_EQ(decision.plan.size(), 3u);
      EXPECT_EQ(policy->targets()[decision.plan[2].target].name, "small@gpu");
      EXPECT_FALSE(decision.plan[2].available);
      EXPECT_THAT(decision.dropped, IsEmpty());
    }
    for (Candidate& candidate : input.candidates) candidate.available = false;
    EXPECT_EQ(Decided(*policy, input).plan.size(), 3u) << "the least bad is tried";
  }
}

TEST(Decide, leaves_nothing_of_the_decision_before) {
  config::Route route = RouteTo("r", {To("small", "gpu"), To("large", "dear")});
  const auto policy = Compiled(WithRoute(route));
  Decision decision;
  Decide(*policy, Asking(*policy, "large"), decision);
  Decide(*policy, Asking(*policy, "nothing"), decision);
  EXPECT_EQ(decision.outcome, Outcome::kUnknownModel);
  EXPECT_THAT(decision.plan, IsEmpty());
  EXPECT_THAT(decision.dropped, IsEmpty());
}

}  // namespace
}  // namespace headgate::routing

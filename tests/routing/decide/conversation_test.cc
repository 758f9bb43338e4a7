#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "routing/decide/decision.h"
#include "tests/routing/fixture.h"

namespace headgate::routing {
namespace {

using config::Prefer;
using ::testing::ElementsAre;

constexpr std::size_t kSmallAtGpu = 0;
constexpr std::size_t kLargeAtDear = 4;

TEST(Conversation, a_conversation_stays_where_it_was) {
  for (const Prefer prefer : {Prefer::kOrdered, Prefer::kLowestCost, Prefer::kLowestLatency,
                              Prefer::kHighestQuality, Prefer::kWeighted, Prefer::kBlend}) {
    const auto policy = Compiled(WithRoute(RouteTo("r", {}, prefer)));
    DecisionInput input = Asking(*policy);
    const std::vector<std::string> others = [&] {
      std::vector<std::string> plan = PlanOf(*policy, Decided(*policy, input));
      plan.erase(std::find(plan.begin(), plan.end(), "large@dear"));
      return plan;
    }();
    input.conversation_target = kLargeAtDear;
    const Decision decision = Decided(*policy, input);
    EXPECT_TRUE(decision.sticky);
    std::vector<std::string> plan = PlanOf(*policy, decision);
    EXPECT_EQ(plan.front(), "large@dear");
    plan.erase(plan.begin());
    EXPECT_EQ(plan, others) << "in their previous order";
  }
}

TEST(Conversation, stays_as_well_where_it_is_the_first_anyway) {
  const auto policy = Compiled(WithRoute(RouteTo("r", {})));
  DecisionInput input = Asking(*policy);
  EXPECT_FALSE(Decided(*policy, input).sticky);
  input.conversation_target = kSmallAtGpu;
  EXPECT_TRUE(Decided(*policy, input).sticky);
}

TEST(Conversation, is_broken_by_health) {
  const auto policy = Compiled(WithRoute(RouteTo("r", {})));
  DecisionInput input = Asking(*policy);
  input.conversation_target = kLargeAtDear;
  input.candidates[kLargeAtDear].available = false;
  const Decision decision = Decided(*policy, input);
  EXPECT_FALSE(decision.sticky);
  EXPECT_THAT(PlanOf(*policy, decision),
              ElementsAre("small@gpu", "small@cheap", "large@cheap", "large@dear"));
}

TEST(Conversation, is_broken_by_a_full_queue) {
  config::Config config = WithRoute(RouteTo("r", {To("large", "dear"), To("small", "gpu")}));
  config.routes[0].spill.limit = config::Milliseconds(0);
  const auto policy = Compiled(config);
  DecisionInput input = Asking(*policy);
  input.conversation_target = kSmallAtGpu;
  input.candidates[kSmallAtGpu].in_flight = 3;
  EXPECT_TRUE(Decided(*policy, input).sticky);
  input.candidates[kSmallAtGpu].in_flight = 4;
  const Decision decision = Decided(*policy, input);
  EXPECT_FALSE(decision.sticky);
  EXPECT_THAT(PlanOf(*policy, decision), ElementsAre("large@dear", "small@gpu"));
}

TEST(Conversation, waits_for_a_slot_where_the_route_lets_it) {
  const auto policy = Compiled(WithRoute(RouteTo("r", {To("large", "dear"), To("small", "gpu")})));
  DecisionInput input = Asking(*policy);
  input.conversation_target = kSmallAtGpu;
  input.candidates[kSmallAtGpu].in_flight = 4;
  input.candidates[kSmallAtGpu].predicted_wait_ms = 1'000;
  const Decision decision = Decided(*policy, input);
  EXPECT_TRUE(decision.sticky) << "after: 2s";
  EXPECT_THAT(PlanOf(*policy, decision), ElementsAre("small@gpu", "large@dear"));
}

TEST(Conversation, is_broken_by_what_excludes_the_target) {
  config::Config config = WithRoute(RouteTo("r", {To("small", "gpu"), To("large", "dear")}));
  config.keys = {KeyNamed("clinic"), KeyNamed("limited"), KeyNamed("free")};
  config.keys[0].require.hosting = config::Hosting::kSelfHosted;
  config.keys[1].models = {"small"};
  const auto policy = Compiled(config);
  for (const std::size_t key : {0u, 1u, 2u}) {
    DecisionInput input = AskingAs(*policy, key);
    input.conversation_target = kLargeAtDear;
    const Decision decision = Decided(*policy, input);
    EXPECT_EQ(decision.sticky, key == 2) << key;
    EXPECT_EQ(decision.plan[0].target, key == 2 ? kLargeAtDear : kSmallAtGpu) << key;
  }
  DecisionInput input = Asking(*policy, "small");
  input.conversation_target = kLargeAtDear;
  EXPECT_FALSE(Decided(*policy, input).sticky) << "the request pins another model";
  input = Asking(*policy);
  input.conversation_target = 2;
  EXPECT_FALSE(Decided(*policy, input).sticky) << "not a target of this route";
}

}  // namespace
}  // namespace headgate::routing

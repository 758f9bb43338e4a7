#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "routing/decide/words/refusal.h"
#include "routing/decide/words/why.h"
#include "tests/routing/fixture.h"

namespace headgate::routing {
namespace {

// FiveTargets, where large@dear has no price, with one route to it and to what `others` names.
config::Config WithUnpriced(std::vector<config::TargetReference> others) {
  others.push_back(To("large", "dear"));
  config::Config config = WithRoute(RouteTo("strict", std::move(others)));
  config.backends[2].models[0].price.reset();
  config.routes[0].unpriced = config::OnUnpriced::kReject;
  return config;
}

TEST(Unpriced, ARouteThatRejectsDropsTheTarget) {
  config::Config config = WithUnpriced({To("large", "cheap"), To("small", "gpu")});
  auto policy = Compiled(config);
  Decision decision = Decided(*policy, Asking(*policy));
  EXPECT_EQ(PlanOf(*policy, decision), (std::vector<std::string>{"large@cheap", "small@gpu"}));
  EXPECT_EQ(DropOf(*policy, decision, "large@dear"), Drop::kUnpriced);
  EXPECT_EQ(DropDetail(config, *policy, Asking(*policy), decision, decision.dropped.front()),
            "it has no price, and route strict has `unpriced: reject`");

  config.routes[0].unpriced = config::OnUnpriced::kAllow;
  policy = Compiled(config);
  decision = Decided(*policy, Asking(*policy));
  EXPECT_EQ(PlanOf(*policy, decision).back(), "large@dear");
}

TEST(Unpriced, IsNotRelaxed) {
  config::Config config = WithUnpriced({});
  config.routes[0].on_no_target = config::OnNoTarget::kRelax;
  const auto policy = Compiled(config);
  const Decision decision = Decided(*policy, Asking(*policy));
  EXPECT_EQ(decision.outcome, Outcome::kNoTarget);
  EXPECT_EQ(DropOf(*policy, decision, "large@dear"), Drop::kUnpriced);
}

TEST(Unpriced, HoldsForAPinnedTargetToo) {
  const auto policy = Compiled(WithUnpriced({To("small", "gpu")}));
  for (const char* const model : {"large@dear", "large"}) {
    const Decision decision = Decided(*policy, Asking(*policy, model));
    EXPECT_EQ(DropOf(*policy, decision, "large@dear"), Drop::kUnpriced) << model;
  }
}

TEST(Unpriced, TheRefusalSaysWhatIsMissing) {
  config::Config config = WithUnpriced({});
  auto policy = Compiled(config);
  DecisionInput input = Asking(*policy);
  Decision decision = Decided(*policy, input);
  EXPECT_EQ(WhyNoTarget(config, *policy, input, decision),
            "needs a target with a price (`unpriced: reject`), but no target of route strict has "
            "one");
  EXPECT_EQ(WhyNoTargetInGeneral(*policy, input, decision),
            "No model is available for this request: the price of the models that could serve it "
            "is not known.");

  config = WithUnpriced({To("small", "cheap")});
  config.models[0].supports = {"json_schema"};
  policy = Compiled(config);
  input = Asking(*policy);
  input.uses = kImages;
  decision = Decided(*policy, input);
  EXPECT_EQ(WhyNoTarget(config, *policy, input, decision),
            "no target of route strict is left: 1 target does not support images; 1 target does "
            "not have a price, which the route requires");
}

TEST(PriceRequired, APriceThatDependsOnTheTimeCompliesOnlyIfItAlwaysDoes) {
  config::Config config = WithRoute(RouteTo("r", {To("small", "cheap")}));
  config.routes[0].require.input_price = {{config::Comparator::kLessEqual, kNanoPerUsd}};
  EXPECT_EQ(Decided(*Compiled(config), Asking(*Compiled(config))).outcome, Outcome::kPlanned);
  config::PriceChange change;
  change.from = 1'000;
  change.standard = Dollars(3, 4).standard;
  config.backends[1].models[0].price->changes = {change};
  const auto policy = Compiled(config);
  const DecisionInput input = Asking(*policy);
  const Decision decision = Decided(*policy, input);
  EXPECT_EQ(DropOf(*policy, decision, "small@cheap"), Drop::kPrice);
  EXPECT_EQ(DropDetail(config, *policy, input, decision, decision.dropped.front()),
            "route r requires an input price <= $1; small@cheap costs $3 for input and $4 for "
            "output");
}

}  // namespace
}  // namespace headgate::routing

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "routing/decision.h"
#include "tests/routing/fixture.h"

namespace headgate::routing {
namespace {

using config::Comparator;
using config::Hosting;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

void MakeSlow(DecisionInput& input) {
  for (Candidate& candidate : input.candidates) {
    candidate.ttft_p95_ms = 9'000;
    candidate.ttft_samples = 100;
    candidate.error_rate = 0.5f;
    candidate.attempt_samples = 100;
  }
}

config::Config Relaxing() {
  config::Config config = WithRoute(RouteTo("r", {}));
  config.routes[0].on_no_target = config::OnNoTarget::kRelax;
  config.routes[0].require.ttft_p95 = {{Comparator::kLess, 1'000}};
  return config;
}

TEST(Relax, lets_go_of_live_filters_first) {
  config::Config config = Relaxing();
  config.routes[0].require.error_rate = {{Comparator::kLess, 100}};
  config.routes[0].require.min_context = 100'000;
  const auto policy = Compiled(config);
  DecisionInput input = Asking(*policy);
  EXPECT_EQ(Decided(*policy, input).relaxed, Relaxed::kNothing) << "nothing had to go";
  MakeSlow(input);
  const Decision decision = Decided(*policy, input);
  EXPECT_EQ(decision.outcome, Outcome::kPlanned);
  EXPECT_EQ(decision.relaxed, Relaxed::kLive);
  EXPECT_THAT(PlanOf(*policy, decision), ElementsAre("large@cheap", "large@dear"));
  EXPECT_EQ(DropOf(*policy, decision, "small@gpu"), Drop::kContextRequired);
  EXPECT_EQ(DropOf(*policy, decision, "large@dear"), Drop::kNone) << "what was dropped before";
}

TEST(Relax, then_of_all_but_hosting_labels_and_license) {
  config::Config config = Relaxing();
  config.models[0].license = "apache-2.0";
  config.backends[0].labels["region"] = "eu";
  config.backends[1].labels["region"] = "eu";
  config::Require& require = config.routes[0].require;
  require.min_context = 1'000'000;
  require.scores["mmlu"] = {{Comparator::kGreater, 90}};
  require.input_price = {{Comparator::kLess, 0}};
  require.supports = {"audio"};
  struct Case {
    std::string name;
    void (*bind)(config::Require& require);
    std::vector<std::string> plan;
  };
  const Case cases[] = {
      {"nothing",
       [](config::Require&) {},
       {"small@gpu", "small@cheap", "large@cheap", "large@dear"}},
      {"hosting", [](config::Require& r) { r.hosting = Hosting::kSelfHosted; }, {"small@gpu"}},
      {"labels",
       [](config::Require& r) { r.labels["region"] = {"eu"}; },
       {"small@gpu", "small@cheap", "large@cheap"}},
      {"license",
       [](config::Require& r) { r.licenses = {"apache*"}; },
       {"small@gpu", "small@cheap"}},
  };
  for (const Case& c : cases) {
    config::Config bound = config;
    c.bind(bound.routes[0].require);
    const auto policy = Compiled(bound);
    DecisionInput input = Asking(*policy);
    MakeSlow(input);
    const Decision decision = Decided(*policy, input);
    EXPECT_EQ(decision.relaxed, Relaxed::kAllButBinding) << c.name;
    EXPECT_EQ(PlanOf(*policy, decision), c.plan) << c.name;
  }
}

TEST(Relax, gives_up_where_only_what_binds_is_left) {
  config::Config config = Relaxing();
  config.routes[0].require.labels["region"] = {"mars"};
  const auto policy = Compiled(config);
  const Decision decision = Decided(*policy, Asking(*policy));
  EXPECT_EQ(decision.outcome, Outcome::kNoTarget);
  EXPECT_EQ(decision.relaxed, Relaxed::kNothing);
  EXPECT_THAT(decision.plan, IsEmpty());
  EXPECT_EQ(DropOf(*policy, decision, "small@gpu"), Drop::kLabels);
  EXPECT_EQ(decision.dropped.size(), 5u) << "each target once, however often it was tried";
}

TEST(Relax, never_sends_what_the_model_cannot_do) {
  config::Config config = Relaxing();
  const auto policy = Compiled(config);
  DecisionInput input = Asking(*policy, "large");
  MakeSlow(input);
  input.uses = kAudio;
  EXPECT_EQ(Decided(*policy, input).outcome, Outcome::kNoTarget);
  input.uses = 0;
  input.max_tokens = 1'000'000;
  EXPECT_EQ(Decided(*policy, input).outcome, Outcome::kNoTarget);
}

TEST(Relax, is_asked_for) {
  config::Config config = Relaxing();
  config.routes[0].on_no_target = config::OnNoTarget::kReject;
  const auto policy = Compiled(config);
  DecisionInput input = Asking(*policy);
  MakeSlow(input);
  const Decision decision = Decided(*policy, input);
  EXPECT_EQ(decision.outcome, Outcome::kNoTarget);
  EXPECT_EQ(DropOf(*policy, decision, "small@gpu"), Drop::kTtft);
}

// --- what a key or its team requires ------------------------------------------------------------

TEST(KeyRequire, is_joined_to_the_teams_and_the_routes) {
  config::Config config = WithRoute(RouteTo("r", {}));
  config.keys = {KeyNamed("clinic", "health"), KeyNamed("office", "health"), KeyNamed("other")};
  config.keys[0].require.hosting = Hosting::kPaidApi;
  config.teams = {{"health", {}, {}}, {"search", {}, {}}};
  config.teams[0].require.min_context = 30'000;
  config.teams[1].require.min_context = 1'000'000;  // nobody here is of it
  config.routes[0].require.supports = {"tools"};
  config.models[0].supports = {"tools"};
  const auto policy = Compiled(config);
  EXPECT_THAT(PlanOf(*policy, Decided(*policy, AskingAs(*policy, 0))),
              ElementsAre("small@cheap", "large@cheap", "large@dear"));
  EXPECT_EQ(DropOf(*policy, Decided(*policy, AskingAs(*policy, 0)), "small@gpu"), Drop::kHosting);
  EXPECT_EQ(Decided(*policy, AskingAs(*policy, 1)).plan.size(), 4u);
  EXPECT_EQ(Decided(*policy, AskingAs(*policy, 2)).plan.size(), 4u);
  EXPECT_EQ(Decided(*policy, AskingAs(*policy, 0, "small@gpu")).outcome, Outcome::kNoTarget);

  config.teams[0].require.min_context = 100'000;
  const auto stricter = Compiled(config);
  EXPECT_THAT(PlanOf(*stricter, Decided(*stricter, AskingAs(*stricter, 0))),
              ElementsAre("large@cheap", "large@dear"));
  EXPECT_EQ(DropOf(*stricter, Decided(*stricter, AskingAs(*stricter, 0)), "small@cheap"),
            Drop::kContextRequired);
}

TEST(KeyRequire, is_never_relaxed) {
  struct Case {
    std::string name;
    void (*require)(config::Require& require);
    Drop drop;
  };
  const Case cases[] = {
      {"hosting", [](config::Require& r) { r.hosting = Hosting::kSelfHosted; }, Drop::kHosting},
      {"labels", [](config::Require& r) { r.labels["region"] = {"eu"}; }, Drop::kLabels},
      {"license", [](config::Require& r) { r.licenses = {"mit"}; }, Drop::kLicense},
      {"context", [](config::Require& r) { r.min_context = 1'000'000; }, Drop::kContextRequired},
      {"scores",
       [](config::Require& r) {
         r.scores["mmlu"] = {{Comparator::kGreater, 90}};
       },
       Drop::kScores},
      {"price",
       [](config::Require& r) {
         r.input_price = {{Comparator::kLess, 1}};
       },
       Drop::kPrice},
      {"supports", [](config::Require& r) { r.supports = {"audio"}; }, Drop::kSupports},
      {"ttft",
       [](config::Require& r) {
         r.ttft_p95 = {{Comparator::kLess, 2'000}};
       },
       Drop::kTtft},
      {"errors",
       [](config::Require& r) {
         r.error_rate = {{Comparator::kLess, 9}};
       },
       Drop::kErrorRate},
  };
  for (const Case& c : cases) {
    for (const bool of_team : {false, true}) {
      config::Config config = Relaxing();
      config.routes[0].targets = {To("large", "cheap"), To("large", "dear")};
      config.keys = {KeyNamed("clinic", "health")};
      config.teams = {{"health", {}, {}}};
      c.require(of_team ? config.teams[0].require : config.keys[0].require);
      const auto policy = Compiled(config);
      DecisionInput input = AskingAs(*policy, 0);
      MakeSlow(input);
      const Decision decision = Decided(*policy, input);
      EXPECT_EQ(decision.outcome, Outcome::kNoTarget) << c.name;
      EXPECT_EQ(ToString(DropOf(*policy, decision, "large@dear")), ToString(c.drop)) << c.name;
      input = Asking(*policy);
      MakeSlow(input);
      EXPECT_EQ(Decided(*policy, input).plan.size(), 2u) << c.name << ", without the key";
    }
  }
}

}  // namespace
}  // namespace headgate::routing

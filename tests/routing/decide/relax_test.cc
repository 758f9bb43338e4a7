#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "routing/decide/decision.h"
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
  EXPECT_EQ(Decided(*policy, input).relax_level, RelaxLevel::kNothing)
      << "nothing had to be relaxed";
  MakeSlow(input);
  const Decision decision = Decided(*policy, input);
  EXPECT_EQ(decision.outcome, Outcome::kPlanned);
  EXPECT_EQ(decision.relax_level, RelaxLevel::kLive);
  EXPECT_THAT(PlanOf(*policy, decision), ElementsAre("large@cheap", "large@dear"));
  EXPECT_EQ(DropOf(*policy, decision, "small@gpu"), Drop::kContextRequired);
  EXPECT_EQ(DropOf(*policy, decision, "large@dear"), Drop::kNone)
      << "it was dropped before relaxing";
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
    EXPECT_EQ(decision.relax_level, RelaxLevel::kAllButBinding) << c.name;
    EXPECT_EQ(PlanOf(*policy, decision), c.plan) << c.name;
  }
}

TEST(Relax, gives_up_where_only_what_binds_is_left) {
  config::Config config = Relaxing();
  config.routes[0].require.labels["region"] = {"mars"};
  const auto policy = Compiled(config);
  const Decision decision = Decided(*policy, Asking(*policy));
  EXPECT_EQ(decision.outcome, Outcome::kNoTarget);
  EXPECT_EQ(decision.relax_level, RelaxLevel::kNothing);
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

std::string RelaxedOf(const Decision& decision) {
  std::string names;
  AppendRelaxed(decision.relaxed, names);
  return names;
}

// Targets: small@gpu, small@cheap, large@cheap, embed@cheap, large@dear.
TEST(Relax, helps_when_all_that_meet_it_are_down) {
  config::Config config = Relaxing();
  config.routes[0].require.min_context = 100'000;
  const auto policy = Compiled(config);
  DecisionInput input = Asking(*policy);
  input.candidates[2].available = false;
  Decision decision = Decided(*policy, input);
  EXPECT_EQ(decision.relax_level, RelaxLevel::kNothing) << "another target is up";
  EXPECT_THAT(PlanOf(*policy, decision), ElementsAre("large@dear", "large@cheap"));

  input.candidates[4].available = false;
  decision = Decided(*policy, input);
  EXPECT_EQ(decision.relax_level, RelaxLevel::kAllButBinding);
  EXPECT_EQ(RelaxedOf(decision), "context");
  EXPECT_THAT(PlanOf(*policy, decision),
              ElementsAre("small@gpu", "small@cheap", "large@cheap", "large@dear"))
      << "targets that meet it come behind, in case they are up again";

  input.candidates[4].available = true;
  input.candidates[4].ttft_samples = 100;
  input.candidates[4].ttft_p95_ms = 9'000;
  decision = Decided(*policy, input);
  EXPECT_EQ(decision.relax_level, RelaxLevel::kLive)
      << "the first step that finds a target that is up";
  EXPECT_EQ(RelaxedOf(decision), "ttft_p95");
  EXPECT_THAT(PlanOf(*policy, decision), ElementsAre("large@dear", "large@cheap"));
}

TEST(Relax, lets_go_of_nothing_for_targets_that_are_down_as_well) {
  config::Config config = Relaxing();
  config.routes[0].require.min_context = 100'000;
  const auto policy = Compiled(config);
  DecisionInput input = Asking(*policy);
  for (Candidate& candidate : input.candidates) candidate.available = false;
  Decision decision = Decided(*policy, input);
  EXPECT_EQ(decision.relax_level, RelaxLevel::kNothing);
  EXPECT_EQ(RelaxedOf(decision), "");
  EXPECT_THAT(PlanOf(*policy, decision), ElementsAre("large@cheap", "large@dear"));
  MakeSlow(input);
  decision = Decided(*policy, input);
  EXPECT_EQ(decision.relax_level, RelaxLevel::kLive) << "the first step that gives any plan";
  EXPECT_THAT(PlanOf(*policy, decision), ElementsAre("large@cheap", "large@dear"));
}

TEST(Relax, of_a_key_helps_not_even_then) {
  config::Config config = Relaxing();
  config.keys = {KeyNamed("clinic", "health")};
  config.keys[0].require.hosting = Hosting::kSelfHosted;
  config.routes[0].require.hosting = Hosting::kSelfHosted;
  config.teams = {{"health", {}, {}}};
  config.teams[0].require.min_context = 30'000;
  const auto policy = Compiled(config);
  DecisionInput input = AskingAs(*policy, 0);
  input.candidates[0].available = false;
  const Decision decision = Decided(*policy, input);
  EXPECT_THAT(PlanOf(*policy, decision), ElementsAre("small@gpu"));
  EXPECT_EQ(decision.relax_level, RelaxLevel::kNothing);
}

TEST(Relax, names_all_that_it_relaxed) {
  config::Config config = Relaxing();
  config.models[1].supports = {"tools"};
  config::Require& require = config.routes[0].require;
  require.error_rate = {{Comparator::kLess, 100}};
  require.min_context = 1'000'000;
  require.scores["mmlu"] = {{Comparator::kGreater, 90}};
  require.input_price = {{Comparator::kLess, 1}};
  require.supports = {"images"};
  const auto policy = Compiled(config);
  DecisionInput input = Asking(*policy);
  MakeSlow(input);
  EXPECT_EQ(RelaxedOf(Decided(*policy, input)),
            "ttft_p95, error_rate, context, scores, price, supports");
}

// --- what is refused now, and might not be later -------------------------------------------------

TEST(MayFindTargetLater, where_live_windows_alone_are_in_the_way) {
  struct Case {
    std::string name;
    void (*set)(config::Config& config, DecisionInput& input);
    bool later;
  };
  const Case cases[] = {
      {"slow", [](config::Config&, DecisionInput& input) { MakeSlow(input); }, true},
      {"a key's window",
       [](config::Config& config, DecisionInput& input) {
         config.routes[0].require = {};
         config.keys[0].require.error_rate = {{Comparator::kLess, 100}};
         MakeSlow(input);
       },
       true},
      {"a label",
       [](config::Config& config, DecisionInput& input) {
         config.routes[0].require.labels["region"] = {"mars"};
         MakeSlow(input);
       },
       false},
      {"what it uses",
       [](config::Config& config, DecisionInput& input) {
         for (config::Model& model : config.models) model.supports = {"tools"};
         input.uses = kAudio;
         MakeSlow(input);
       },
       false},
      {"its length",
       [](config::Config&, DecisionInput& input) {
         input.max_tokens = 1'000'000;
         MakeSlow(input);
       },
       false},
  };
  for (const Case& c : cases) {
    config::Config config = Relaxing();
    config.routes[0].on_no_target = config::OnNoTarget::kReject;
    config.keys = {KeyNamed("web")};
    DecisionInput input = AskingAs(*Compiled(config), 0);
    c.set(config, input);
    const auto policy = Compiled(config);
    const Decision decision = Decided(*policy, input);
    ASSERT_EQ(decision.outcome, Outcome::kNoTarget) << c.name;
    EXPECT_EQ(MayFindTargetLater(decision), c.later) << c.name;
  }
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
  config.teams[1].require.min_context = 1'000'000;  // no key of the test is in this team
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

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "routing/decide/decision.h"
#include "tests/routing/fixture.h"

namespace headgate::routing {
namespace {

using config::Comparator;
using config::Hosting;
using config::Require;
using Names = std::vector<std::string>;
using Live = std::function<void(Candidate&)>;

// FiveTargets with everything that a `require` checks: `small` is open and weak, `large` is strong
// and proprietary; `gpu` is in Europe; `dear` is in the USA; `unserved` of `dear` has an empty row.
config::Config Described() {
  config::Config config = WithRoute(RouteTo("r", {}));
  config.models[0].license = "Apache-2.0";
  config.models[0].scores = {{"mmlu", 60}, {"humaneval", 40.5}};
  config.models[0].supports = {"tools"};
  config.models[1].license = "proprietary";
  config.models[1].scores = {{"mmlu", 86.5}};
  config.models[1].supports = {"tools", "json_schema", "images", "reasoning"};
  config.models[3].context = 0;
  config.backends[0].labels = {{"region", "eu-west"}, {"tier", "gold"}};
  config.backends[1].labels = {{"region", "eu-north"}};
  config.backends[2].labels = {{"region", "us-east"}};
  config.backends[2].models.push_back(Served("unserved"));
  return config;
}

const Names kAll = {"small@gpu", "small@cheap", "large@cheap", "large@dear", "unserved@dear"};

Names Without(Names names) {
  Names rest;
  for (const std::string& name : kAll) {
    if (std::count(names.begin(), names.end(), name) == 0) rest.push_back(name);
  }
  return rest;
}

TEST(Require, keeps_the_targets_that_meet_it) {
  struct Case {
    std::string name;
    std::function<void(Require&)> require;
    Names plan;
    Drop drop;  // the reason why the other targets are dropped
  };
  const auto dollars = [](int amount) { return amount * kNanoPerUsd; };
  const Case cases[] = {
      {"nothing", [](Require&) {}, kAll, Drop::kNone},
      {"self-hosted backends",
       [](Require& r) { r.hosting = Hosting::kSelfHosted; },
       {"small@gpu"},
       Drop::kHosting},
      {"paid", [](Require& r) { r.hosting = Hosting::kPaidApi; }, Without({"small@gpu"}),
       Drop::kHosting},
      {"label", [](Require& r) { r.labels["region"] = {"eu-west"}; }, {"small@gpu"}, Drop::kLabels},
      {"label glob",
       [](Require& r) { r.labels["region"] = {"EU-*"}; },
       {"small@gpu", "small@cheap", "large@cheap"},
       Drop::kLabels},
      {"one of two values",
       [](Require& r) {
         r.labels["region"] = {"us-*", "eu-west"};
       },
       {"small@gpu", "large@dear", "unserved@dear"},
       Drop::kLabels},
      {"two labels",
       [](Require& r) {
         r.labels["region"] = {"eu-*"};
         r.labels["tier"] = {"gold"};
       },
       {"small@gpu"},
       Drop::kLabels},
      {"label is there",
       [](Require& r) { r.labels["tier"] = {"*"}; },
       {"small@gpu"},
       Drop::kLabels},
      {"label that nobody has", [](Require& r) { r.labels["zone"] = {"*"}; }, {}, Drop::kLabels},
      {"license",
       [](Require& r) { r.licenses = {"apache-2.0"}; },
       {"small@gpu", "small@cheap"},
       Drop::kLicense},
      {"licenses",
       [](Require& r) {
         r.licenses = {"mit", "a*"};
       },
       {"small@gpu", "small@cheap"},
       Drop::kLicense},
      {"any license at all", [](Require& r) { r.licenses = {"*"}; }, Without({"unserved@dear"}),
       Drop::kLicense},
      {"context",
       [](Require& r) { r.min_context = 32'769; },
       {"large@cheap", "large@dear"},
       Drop::kContextRequired},
      {"context, exactly", [](Require& r) { r.min_context = 32'768; }, Without({"unserved@dear"}),
       Drop::kContextRequired},
      {"score",
       [](Require& r) {
         r.scores["mmlu"] = {{Comparator::kGreaterEqual, 86.5}};
       },
       {"large@cheap", "large@dear"},
       Drop::kScores},
      {"score above",
       [](Require& r) {
         r.scores["mmlu"] = {{Comparator::kGreater, 86.5}};
       },
       {},
       Drop::kScores},
      {"score below, and it must be known",
       [](Require& r) {
         r.scores["humaneval"] = {{Comparator::kLess, 100}};
       },
       {"small@gpu", "small@cheap"},
       Drop::kScores},
      {"score range",
       [](Require& r) {
         r.scores["mmlu"] = {{Comparator::kGreater, 59.5}, {Comparator::kLessEqual, 60}};
       },
       {"small@gpu", "small@cheap"},
       Drop::kScores},
      {"score equal",
       [](Require& r) {
         r.scores["humaneval"] = {{Comparator::kEqual, 40.5}};
       },
       {"small@gpu", "small@cheap"},
       Drop::kScores},
      {"two scores",
       [](Require& r) {
         r.scores["mmlu"] = {{Comparator::kGreater, 0}};
         r.scores["humaneval"] = {{Comparator::kGreater, 0}};
       },
       {"small@gpu", "small@cheap"},
       Drop::kScores},
      {"input price, self-hosted backends pass, unpriced fails",
       [&](Require& r) {
         r.input_price = {{Comparator::kLessEqual, dollars(2)}};
       },
       {"small@gpu", "small@cheap", "large@cheap"},
       Drop::kPrice},
      {"output price",
       [&](Require& r) {
         r.output_price = {{Comparator::kLess, dollars(8)}};
       },
       {"small@gpu", "small@cheap"},
       Drop::kPrice},
      {"both prices",
       [&](Require& r) {
         r.input_price = {{Comparator::kGreater, dollars(1)}};
         r.output_price = {{Comparator::kLess, dollars(16)}};
       },
       {"small@gpu", "large@cheap"},
       Drop::kPrice},
      {"supports", [](Require& r) { r.supports = {"tools"}; }, Without({"unserved@dear"}),
       Drop::kSupports},
      {"supports both",
       [](Require& r) {
         r.supports = {"tools", "json_schema"};
       },
       {"large@cheap", "large@dear"},
       Drop::kSupports},
      {"supports what nobody does",
       [](Require& r) { r.supports = {"audio"}; },
       {},
       Drop::kSupports},
  };
  for (const Case& c : cases) {
    config::Config config = Described();
    c.require(config.routes[0].require);
    const auto policy = Compiled(config);
    const Decision decision = Decided(*policy, Asking(*policy));
    EXPECT_EQ(PlanOf(*policy, decision), c.plan) << c.name;
    for (const std::string& name : Without(c.plan)) {
      EXPECT_EQ(ToString(DropOf(*policy, decision, name)), ToString(c.drop)) << c.name << name;
    }
    EXPECT_EQ(decision.outcome, c.plan.empty() ? Outcome::kNoTarget : Outcome::kPlanned) << c.name;
    EXPECT_EQ(decision.relax_level, RelaxLevel::kNothing) << c.name;
  }
}

TEST(Require, says_the_first_filter_that_a_target_fails) {
  config::Config config = Described();
  Require& require = config.routes[0].require;
  require.hosting = Hosting::kSelfHosted;
  require.labels["region"] = {"eu-*"};
  require.licenses = {"mit"};
  const auto policy = Compiled(config);
  const Decision decision = Decided(*policy, Asking(*policy));
  EXPECT_EQ(DropOf(*policy, decision, "large@dear"), Drop::kHosting);
  EXPECT_EQ(DropOf(*policy, decision, "small@gpu"), Drop::kLicense);
}

TEST(Require, live_windows_count_from_20_samples_on) {
  struct Case {
    std::string name;
    Live live;
    Drop drop;
  };
  const auto ttft = [](float ms, std::uint32_t samples) {
    return [=](Candidate& c) { c.ttft_p95_ms = ms, c.ttft_samples = samples; };
  };
  const auto errors = [](float rate, std::uint32_t samples) {
    return [=](Candidate& c) { c.error_rate = rate, c.attempt_samples = samples; };
  };
  const Case cases[] = {
      {"nothing known", ttft(0, 0), Drop::kNone},
      {"fast", ttft(2'999, 100), Drop::kNone},
      {"at the limit", ttft(3'000, 100), Drop::kNone},
      {"rounded to the millisecond", ttft(3'000.4f, 100), Drop::kNone},
      {"slow", ttft(3'001, 20), Drop::kTtft},
      {"slow, too few samples", ttft(90'000, 19), Drop::kNone},
      {"slow in the median alone", [](Candidate& c) { c.ttft_median_ms = 9'000; }, Drop::kNone},
      {"no errors", errors(0, 1'000), Drop::kNone},
      {"errors at the limit", errors(0.05f, 1'000), Drop::kNone},
      {"errors above it", errors(0.0501f, 20), Drop::kErrorRate},
      {"errors, too few attempts", errors(1, 19), Drop::kNone},
  };
  for (const Case& c : cases) {
    config::Config config = Described();
    config.routes[0].targets = {To("small", "gpu"), To("large", "dear")};
    config.routes[0].require.ttft_p95 = {{Comparator::kLessEqual, 3'000}};
    config.routes[0].require.error_rate = {{Comparator::kLessEqual, 50'000}};
    const auto policy = Compiled(config);
    DecisionInput input = Asking(*policy);
    c.live(input.candidates[0]);
    const Decision decision = Decided(*policy, input);
    EXPECT_EQ(ToString(DropOf(*policy, decision, "small@gpu")), ToString(c.drop)) << c.name;
    EXPECT_EQ(decision.plan.size(), c.drop == Drop::kNone ? 2u : 1u) << c.name;
  }
}

// Inference servers take no files, whatever their model sees.
TEST(Require, no_inference_server_reads_documents) {
  config::Config config = Described();
  for (config::Backend& backend : config.backends) {
    if (backend.name == "cheap") backend.engine = config::Engine::kVllm;
  }
  const auto policy = Compiled(config);
  DecisionInput input = Asking(*policy);
  input.uses = kDocuments;
  EXPECT_EQ(DropOf(*policy, Decided(*policy, input), "large@cheap"), Drop::kAbilities);
  EXPECT_EQ(DropOf(*policy, Decided(*policy, input), "large@dear"), Drop::kNone);
  input.uses = kImages;
  EXPECT_EQ(DropOf(*policy, Decided(*policy, input), "large@cheap"), Drop::kNone);
}

TEST(Require, what_a_request_uses_the_model_must_support) {
  struct Case {
    std::string name;
    std::uint8_t uses;
    Names plan;
  };
  const Case cases[] = {
      {"nothing", 0, kAll},
      {"tools", kTools, kAll},
      {"a schema", kJsonSchema, {"large@cheap", "large@dear", "unserved@dear"}},
      {"images", kImages, {"large@cheap", "large@dear", "unserved@dear"}},
      {"tools and images", kTools | kImages, {"large@cheap", "large@dear", "unserved@dear"}},
      {"documents", kDocuments, {"large@cheap", "large@dear", "unserved@dear"}},
      {"audio", kAudio, {"unserved@dear"}},  // its row names no abilities: it may support anything
  };
  for (const Case& c : cases) {
    const auto policy = Compiled(Described());
    DecisionInput input = Asking(*policy);
    input.uses = c.uses;
    const Decision decision = Decided(*policy, input);
    EXPECT_EQ(PlanOf(*policy, decision), c.plan) << c.name;
    for (const std::string& name : Without(c.plan)) {
      EXPECT_EQ(DropOf(*policy, decision, name), Drop::kAbilities) << c.name;
    }
  }
}

TEST(Require, holds_for_pinned_models_in_the_route_and_out_of_it) {
  config::Config config = Described();
  config.routes[0].targets = {To("small", "gpu")};
  config.routes[0].require.labels["region"] = {"eu-*"};
  const auto policy = Compiled(config);
  const Decision decision = Decided(*policy, Asking(*policy, "large"));
  EXPECT_EQ(PlanOf(*policy, decision), Names{"large@cheap"});
  EXPECT_EQ(DropOf(*policy, decision, "large@dear"), Drop::kLabels);
  EXPECT_EQ(Decided(*policy, Asking(*policy, "large@dear")).outcome, Outcome::kNoTarget);
}

}  // namespace
}  // namespace headgate::routing

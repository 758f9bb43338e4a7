#include "routing/policy/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/routing/fixture.h"

namespace headgate::routing {
namespace {

using ModelKind = ModelRequest::Kind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(CompiledPolicy, targets_stand_in_the_order_written) {
  const auto policy = Compiled(FiveTargets());
  const std::vector<Target>& targets = policy->targets();
  ASSERT_EQ(targets.size(), 5u);
  EXPECT_EQ(targets[0].name, "small@gpu");
  EXPECT_EQ(targets[0].upstream_model, "upstream/small");
  EXPECT_EQ(targets[0].backend, 0u);
  EXPECT_EQ(targets[0].hosting, config::Hosting::kSelfHosted);
  EXPECT_EQ(targets[0].context, 32'768);
  EXPECT_FALSE(targets[0].reasoning);
  EXPECT_EQ(targets[2].name, "large@cheap");
  EXPECT_EQ(targets[2].backend, 1u);
  EXPECT_TRUE(targets[2].reasoning);
  EXPECT_TRUE(targets[3].embeddings);
  EXPECT_EQ(targets[4].name, "large@dear");
  EXPECT_TRUE(policy->knows_embeddings());
}

TEST(CompiledPolicy, targets_know_what_their_backend_serves) {
  config::Config config = FiveTargets();
  config.backends[0].endpoints = {"responses", "messages"};
  config.backends[1].endpoints = {"messages"};
  config.backends[1].engine = config::Engine::kOllama;
  const auto policy = Compiled(config);
  const std::vector<Target>& targets = policy->targets();
  EXPECT_EQ(targets[0].endpoints, BitOf(Endpoint::kResponses) | BitOf(Endpoint::kMessages) |
                                      BitOf(Endpoint::kCountTokens));
  EXPECT_EQ(targets[1].endpoints, BitOf(Endpoint::kMessages)) << "Ollama counts no tokens";
  EXPECT_EQ(targets[4].endpoints, kUsualEndpoints);
}

TEST(CompiledPolicy, prices_are_the_backends_own_else_the_catalogues) {
  config::Config config = FiveTargets();
  config.models[0].price = Dollars(7, 7);
  config.models[1].price = Dollars(9, 9);
  config.backends[2].models[0].price.reset();
  const auto policy = Compiled(config);
  EXPECT_FALSE(policy->targets()[0].prices.has_value())
      << "self-hosted backends have rent, not prices";
  EXPECT_EQ(policy->targets()[1].prices->standard.input, 1 * kNanoPerUsd);
  EXPECT_EQ(policy->targets()[4].prices->standard.input, 9 * kNanoPerUsd);

  config.models[1].price.reset();
  EXPECT_FALSE(Compiled(config)->targets()[4].prices.has_value());
}

TEST(CompiledPolicy, resolves_what_clients_write) {
  config::Config config = FiveTargets();
  config.aliases = {{"gpt-4o", "auto"},
                    {"fast", "small"},
                    {"best", "large@dear"},
                    {"unserved", "large"},
                    {"roundabout", "big"}};
  const auto policy = Compiled(config);
  struct Case {
    std::string_view written;
    ModelKind kind;
    std::string_view model;
    std::size_t target;
  };
  constexpr Case kCases[] = {
      {"auto", ModelKind::kAuto, "", 0},
      {"small", ModelKind::kModel, "small", 0},
      {"large", ModelKind::kModel, "large", 0},
      {"big", ModelKind::kModel, "large", 0},
      {"large@cheap", ModelKind::kTarget, "large", 2},
      {"large@dear", ModelKind::kTarget, "large", 4},
      {"gpt-4o", ModelKind::kAuto, "", 0},
      {"fast", ModelKind::kModel, "small", 0},
      {"best", ModelKind::kTarget, "large", 4},
      {"unserved", ModelKind::kModel, "large", 0},
      {"roundabout", ModelKind::kModel, "large", 0},
      {"", ModelKind::kUnknown, "", 0},
      {"Auto", ModelKind::kUnknown, "", 0},
      {"LARGE", ModelKind::kUnknown, "", 0},
      {"large@", ModelKind::kUnknown, "", 0},
      {"@dear", ModelKind::kUnknown, "", 0},
      {"small@dear", ModelKind::kUnknown, "", 0},
      {"large@nowhere", ModelKind::kUnknown, "", 0},
      {"unserved@cheap", ModelKind::kUnknown, "", 0},
      {"nothing", ModelKind::kUnknown, "", 0},
  };
  for (const Case& c : kCases) {
    const ModelRequest request = policy->Resolve(c.written);
    EXPECT_EQ(request.kind, c.kind) << c.written;
    EXPECT_EQ(request.model, c.model) << c.written;
    EXPECT_EQ(request.target, c.target) << c.written;
  }
}

TEST(CompiledPolicy, a_catalogue_row_that_nobody_serves_is_unknown) {
  EXPECT_EQ(Compiled(FiveTargets())->Resolve("unserved").kind, ModelKind::kUnknown);
}

TEST(CompiledPolicy, resolved_names_outlive_the_configuration) {
  const auto policy = [] {
    config::Config config = FiveTargets();
    return Compiled(config);
  }();
  EXPECT_EQ(policy->Resolve("big").model, "large");
}

TEST(CompiledPolicy, routes_without_targets_mean_every_target) {
  config::Config config = FiveTargets();
  config.routes = {RouteTo("all", {}), RouteTo("one", {To("large", "dear", 3)})};
  const auto policy = Compiled(config);
  EXPECT_THAT(policy->routes()[0].targets, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(policy->routes()[0].weights, ElementsAre(1, 1, 1, 1, 1));
  EXPECT_THAT(policy->routes()[1].targets, ElementsAre(4));
  EXPECT_THAT(policy->routes()[1].weights, ElementsAre(3));
}

TEST(CompiledPolicy, conditions_share_their_patterns) {
  config::Config config = FiveTargets();
  config.routes = {RouteTo("a", {}), RouteTo("b", {})};
  config.routes[0].when.headers = {{"x-data-class", {"phi"}}, {"x-tenant", {"*"}}};
  config.routes[1].when.headers = {{"x-tenant", {"acme", "*"}}};
  config.routes[1].when.metadata = {{"x-tenant", {"acme"}}};
  const auto policy = Compiled(config);
  EXPECT_THAT(policy->header_names(), ElementsAre("x-data-class", "x-tenant"));
  ASSERT_EQ(policy->patterns().size(), 4u);
  EXPECT_THAT(policy->PatternsOf(Pattern::Source::kHeader, "x-tenant"), ElementsAre(1, 2));
  EXPECT_THAT(policy->PatternsOf(Pattern::Source::kMetadata, "x-tenant"), ElementsAre(3));
  EXPECT_TRUE(policy->PatternsOf(Pattern::Source::kMetadata, "x-data-class").empty());
  ASSERT_EQ(policy->routes()[1].when.facts.size(), 2u);
  EXPECT_EQ(policy->routes()[1].when.facts[0].mask, 0b0110u) << "acme and *";
  EXPECT_EQ(policy->routes()[1].when.facts[1].mask, 0b1000u);
}

TEST(CompiledPolicy, baseline_is_a_target) {
  config::Config config = FiveTargets();
  EXPECT_FALSE(Compiled(config)->baseline().has_value());
  config.baseline = To("large", "dear");
  EXPECT_EQ(Compiled(config)->baseline(), 4u);
}

TEST(CompiledPolicy, dangling_references_are_named) {
  struct Case {
    void (*spoil)(config::Config& config);
    std::string message;
  };
  const Case cases[] = {
      {[](config::Config& c) { c.routes = {RouteTo("night", {To("small", "dear")})}; },
       "night: no target small@dear"},
      {[](config::Config& c) { c.baseline = To("huge", "dear"); }, "baseline: no target huge@dear"},
      {[](config::Config& c) {
         c.aliases = {{"old", "huge"}};
       },
       "alias old: no backend serves"},
      {[](config::Config& c) {
         c.routes = {RouteTo("night", {})};
         c.routes[0].when.topics = {"poetry"};
       },
       "night: unknown name poetry"},
      {[](config::Config& c) {
         c.routes = {RouteTo("night", {})};
         c.routes[0].when.urgencies = {"normal", "asap"};
       },
       "night: unknown name asap"},
      {[](config::Config& c) {
         c.routes = {RouteTo("night", {})};
         c.routes[0].when.endpoints = {"images"};
       },
       "night: unknown name images"},
      {[](config::Config& c) {
         c.routes = {RouteTo("night", {})};
         c.routes[0].when.classes = {"checkout"};
       },
       "night: unknown class checkout"},
      {[](config::Config& c) {
         c.routes = {RouteTo("night", {})};
         c.routes[0].when.times = {{}};
         c.routes[0].when.times[0].zone = "Europe/Atlantis";
       },
       "night: unknown time zone Europe/Atlantis"},
      {[](config::Config& c) {
         c.routes = {RouteTo("night", {})};
         c.routes[0].when.all = {config::When{}};
         c.routes[0].when.all[0].none = {config::When{}};
         c.routes[0].when.all[0].none[0].topics = {"poetry"};
       },
       "night: unknown name poetry"},
      {[](config::Config& c) {
         c.classes = {{"checkout", {}, {}}};
         c.classes[0].when.topics = {"poetry"};
       },
       "checkout: unknown name poetry"},
      {[](config::Config& c) {
         for (int i = 0; i < 29; ++i) c.classes.push_back({"c" + std::to_string(i), {}, {}});
       },
       "more than 32 classes"},
  };
  for (const Case& c : cases) {
    config::Config config = FiveTargets();
    c.spoil(config);
    const auto policy = CompiledPolicy::Compile(config);
    ASSERT_FALSE(policy.ok()) << c.message;
    EXPECT_THAT(std::string(policy.status().message().data(), policy.status().message().size()),
                HasSubstr(c.message));
  }
}

}  // namespace
}  // namespace headgate::routing

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "routing/decide/decision.h"
#include "tests/routing/fixture.h"

namespace headgate::routing {
namespace {

constexpr std::size_t kBytesPerToken = 4;  // the prior

using config::Hosting;
using ::testing::ElementsAre;

TEST(Decide, require_on_hosting_holds_for_pinned_models_too) {
  config::Route route = RouteTo("r", {});
  route.require.hosting = Hosting::kSelfHosted;
  const auto policy = Compiled(WithRoute(route));
  const Decision decision = Decided(*policy, Asking(*policy));
  EXPECT_THAT(PlanOf(*policy, decision), ElementsAre("small@gpu"));
  EXPECT_EQ(DropOf(*policy, decision, "large@dear"), Drop::kHosting);
  for (const char* model : {"large", "large@dear"}) {
    EXPECT_EQ(Decided(*policy, Asking(*policy, model)).outcome, Outcome::kNoTarget) << model;
  }
}

TEST(Decide, require_on_context_wants_a_known_window) {
  config::Config config = WithRoute(RouteTo("r", {}));
  config.routes[0].require.min_context = 100'000;
  config.backends[2].models.push_back(Served("unserved", Dollars(1, 1)));
  config.models[3].context = 0;
  const auto policy = Compiled(config);
  const Decision decision = Decided(*policy, Asking(*policy));
  EXPECT_THAT(PlanOf(*policy, decision), ElementsAre("large@cheap", "large@dear"));
  EXPECT_EQ(DropOf(*policy, decision, "small@gpu"), Drop::kContextRequired);
  EXPECT_EQ(DropOf(*policy, decision, "unserved@dear"), Drop::kContextRequired);
}

TEST(Decide, the_request_must_fit_the_window) {
  struct Case {
    std::string name;
    std::size_t text_bytes;
    std::int64_t other;
    std::optional<std::int64_t> max_tokens;
    bool small_fits;
  };
  constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();
  const Case cases[] = {
      {"short", 400, 0, {}, true},
      {"exactly", kBytesPerToken * 32'768, 0, {}, true},
      {"one token more", kBytesPerToken * 32'769, 0, {}, false},
      {"with output, exactly", kBytesPerToken * 32'000, 0, 768, true},
      {"with output, one more", kBytesPerToken * 32'000, 0, 769, false},
      {"with an image", kBytesPerToken * 32'000, 769, {}, false},
      {"absurd output", 4, 0, kHuge, false},
      {"absurd input", 4, kHuge, {}, false},
  };
  for (const Case& c : cases) {
    const auto policy = Compiled(WithRoute(RouteTo("r", {To("small", "gpu")})));
    DecisionInput input = Asking(*policy);
    input.text_bytes = c.text_bytes;
    input.other_input_tokens = c.other;
    input.max_tokens = c.max_tokens;
    const Decision decision = Decided(*policy, input);
    EXPECT_EQ(decision.outcome, c.small_fits ? Outcome::kPlanned : Outcome::kNoTarget) << c.name;
    EXPECT_EQ(DropOf(*policy, decision, "small@gpu"), c.small_fits ? Drop::kNone : Drop::kContext)
        << c.name;
  }
}

TEST(Decide, an_unknown_window_fits_everything) {
  config::Config config = WithRoute(RouteTo("r", {To("small", "gpu")}));
  config.models[0].context = 0;
  const auto policy = Compiled(config);
  DecisionInput input = Asking(*policy);
  input.text_bytes = 100'000'000;
  EXPECT_EQ(Decided(*policy, input).outcome, Outcome::kPlanned);
}

TEST(Decide, each_target_counts_with_its_own_tokenizer) {
  const auto policy = Compiled(WithRoute(RouteTo("r", {To("small", "gpu"), To("small", "cheap")})));
  DecisionInput input = Asking(*policy);
  input.text_bytes = kBytesPerToken * 32'768;
  input.candidates[0].tokens_per_byte = 0.3f;
  const Decision decision = Decided(*policy, input);
  EXPECT_THAT(PlanOf(*policy, decision), ElementsAre("small@cheap"));
  EXPECT_EQ(DropOf(*policy, decision, "small@gpu"), Drop::kContext);
  EXPECT_EQ(decision.input_tokens, 32'768) << "auto: the prior";

  input.model = policy->Resolve("small");
  EXPECT_EQ(Decided(*policy, input).input_tokens, 39'322) << "pinned: what its model taught";
}

TEST(Decide, endpoints_get_models_of_their_kind) {
  config::Config config = WithRoute(RouteTo("r", {}));
  auto policy = Compiled(config);
  DecisionInput input = Asking(*policy);
  input.endpoint = Endpoint::kEmbeddings;
  input.text_bytes = 10'000'000;  // many texts, each with a window of its own
  Decision decision = Decided(*policy, input);
  EXPECT_THAT(PlanOf(*policy, decision), ElementsAre("embed@cheap"));
  EXPECT_EQ(DropOf(*policy, decision, "large@dear"), Drop::kEndpoint);

  for (const Endpoint endpoint : {Endpoint::kChat, Endpoint::kCompletions}) {
    input = Asking(*policy);
    input.endpoint = endpoint;
    decision = Decided(*policy, input);
    EXPECT_EQ(decision.plan.size(), 4u);
    EXPECT_EQ(DropOf(*policy, decision, "embed@cheap"), Drop::kEndpoint);
  }

  config.models[2].supports = {"tools", "embeddings"};  // it supports both
  policy = Compiled(config);
  input = Asking(*policy);
  EXPECT_EQ(Decided(*policy, input).plan.size(), 5u);
  input.endpoint = Endpoint::kEmbeddings;
  EXPECT_THAT(PlanOf(*policy, Decided(*policy, input)), ElementsAre("embed@cheap"));

  config.models[2].supports.clear();  // no model is known to support embeddings
  policy = Compiled(config);
  input = Asking(*policy);
  input.endpoint = Endpoint::kEmbeddings;
  EXPECT_EQ(Decided(*policy, input).plan.size(), 5u);
}

struct Serves {
  std::vector<std::string> backend;  // what it serves itself
  Endpoint endpoint;
  bool native_only;
  Drop drop;
};

TEST(Decide, backends_get_what_they_serve_themselves_or_by_translation) {
  const std::vector<std::string> usual = {"chat", "completions", "embeddings"};
  const Serves cases[] = {
      {usual, Endpoint::kChat, true, Drop::kNone},
      {usual, Endpoint::kCompletions, true, Drop::kNone},
      {usual, Endpoint::kMessages, false, Drop::kNone},
      {usual, Endpoint::kMessages, true, Drop::kNativeOnly},
      {usual, Endpoint::kResponses, false, Drop::kNone},
      {usual, Endpoint::kResponses, true, Drop::kNativeOnly},
      {usual, Endpoint::kCountTokens, false, Drop::kNone},
      {usual, Endpoint::kCountTokens, true, Drop::kNativeOnly},
      {{"messages"}, Endpoint::kMessages, true, Drop::kNone},
      {{"messages"}, Endpoint::kCountTokens, true, Drop::kNone},
      {{"messages"}, Endpoint::kChat, false, Drop::kNone},
      {{"messages"}, Endpoint::kChat, true, Drop::kNativeOnly},
      {{"messages"}, Endpoint::kResponses, false, Drop::kNone},
      {{"messages"}, Endpoint::kCompletions, false, Drop::kEndpoint},
      {{"responses"}, Endpoint::kChat, false, Drop::kNone},
      {{"responses"}, Endpoint::kResponses, true, Drop::kNone},
      {{"responses"}, Endpoint::kMessages, true, Drop::kNativeOnly},
      {{"completions"}, Endpoint::kChat, false, Drop::kEndpoint},
      {{"completions"}, Endpoint::kMessages, true, Drop::kEndpoint},
      {{"completions"}, Endpoint::kCompletions, false, Drop::kNone},
  };
  for (const Serves& c : cases) {
    config::Config config = WithRoute(RouteTo("r", {To("small", "cheap")}));
    config.backends[1].endpoints = c.backend;
    const auto policy = Compiled(config);
    DecisionInput input = Asking(*policy);
    input.endpoint = c.endpoint;
    if (c.native_only) input.native_only = "background";
    EXPECT_EQ(DropOf(*policy, Decided(*policy, input), "small@cheap"), c.drop)
        << c.backend[0] << " " << kEndpointNames[static_cast<std::size_t>(c.endpoint)] << " "
        << c.native_only;
  }
}

TEST(Decide, embeddings_need_a_backend_that_serves_them) {
  config::Config config = WithRoute(RouteTo("r", {}));
  config.backends[1].endpoints = {"chat"};
  const auto policy = Compiled(config);
  DecisionInput input = Asking(*policy);
  input.endpoint = Endpoint::kEmbeddings;
  const Decision decision = Decided(*policy, input);
  EXPECT_EQ(decision.outcome, Outcome::kNoTarget);
  EXPECT_EQ(DropOf(*policy, decision, "embed@cheap"), Drop::kEndpoint);
}

// Nothing is generated, and the client asks because it does not know whether the prompt fits.
TEST(Decide, a_count_of_tokens_needs_no_room) {
  const auto policy = Compiled(WithRoute(RouteTo("r", {To("small", "gpu")})));
  DecisionInput input = Asking(*policy);
  input.text_bytes = 100'000'000;
  input.endpoint = Endpoint::kMessages;
  EXPECT_EQ(Decided(*policy, input).outcome, Outcome::kNoTarget);
  input.endpoint = Endpoint::kCountTokens;
  EXPECT_EQ(Decided(*policy, input).outcome, Outcome::kPlanned);
}

}  // namespace
}  // namespace headgate::routing

#include "routing/decision.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "tests/routing/fixture.h"

namespace headgate::routing {
namespace {

using config::Comparator;
using config::Hosting;
using config::Prefer;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Decision Decided(const CompiledPolicy& policy, const DecisionInput& input) {
  Decision decision;
  Decide(policy, input, decision);
  return decision;
}

// --- when ---------------------------------------------------------------------------------------

struct WhenCase {
  std::string name;
  std::function<void(config::When&)> when;
  std::function<void(DecisionInput&, const CompiledPolicy&)> ask;
  bool matches;
};

TEST(Decide, matches_what_when_says) {
  using When = config::When;
  using Input = DecisionInput;
  const auto model = [](const char* name) {
    return [name](Input& i, const CompiledPolicy& p) { i.model = p.Resolve(name); };
  };
  const auto header = [](const char* value) {
    return [value](Input& i, const CompiledPolicy&) { i.headers[0] = value; };
  };
  const auto none = [](Input&, const CompiledPolicy&) {};
  const auto tokens = [](Comparator op, std::int64_t value) {
    return [=](When& w) { w.input_tokens = {{op, value}}; };
  };
  const auto models = [](std::vector<std::string> names) {
    return [names = std::move(names)](When& w) { w.models = names; };
  };
  const auto headers = [](std::vector<std::string> values) {
    return [values = std::move(values)](When& w) { w.headers = {{"x-data-class", values}}; };
  };
  const WhenCase cases[] = {
      {"nothing", [](When&) {}, none, true},
      {"class",
       [](When& w) {
         w.classes = {"code", "batch"};
       },
       [](Input& i, const CompiledPolicy&) { i.classification.request_class = Class::kBatch; },
       true},
      {"other class",
       [](When& w) {
         w.classes = {"code", "batch"};
       },
       none, false},
      {"topic", [](When& w) { w.topics = {"math"}; },
       [](Input& i, const CompiledPolicy&) { i.classification.topic = Topic::kMath; }, true},
      {"other topic",
       [](When& w) {
         w.topics = {"math", "code"};
       },
       none, false},
      {"urgency", [](When& w) { w.urgencies = {"normal"}; }, none, true},
      {"other urgency",
       [](When& w) {
         w.urgencies = {"latency_critical", "batch"};
       },
       none, false},
      {"endpoint", [](When& w) { w.endpoints = {"completions"}; },
       [](Input& i, const CompiledPolicy&) { i.endpoint = Endpoint::kCompletions; }, true},
      {"other endpoint",
       [](When& w) {
         w.endpoints = {"completions", "embeddings"};
       },
       none, false},
      {"stream", [](When& w) { w.stream = true; },
       [](Input& i, const CompiledPolicy&) { i.stream = true; }, true},
      {"no stream", [](When& w) { w.stream = true; }, none, false},
      {"not streamed", [](When& w) { w.stream = false; }, none, true},
      {"auto", models({"auto"}), none, true},
      {"auto, but pinned", models({"auto"}), model("large"), false},
      {"model", models({"small", "large"}), model("large"), true},
      {"model by its alias", models({"big"}), model("large"), true},
      {"model, asked by alias", models({"large"}), model("big"), true},
      {"other model", models({"small"}), model("large"), false},
      {"model, but auto", models({"small"}), none, false},
      {"model, pinned to a backend", models({"large"}), model("large@dear"), true},
      {"target", models({"large@dear"}), model("large@dear"), true},
      {"other target", models({"large@cheap"}), model("large@dear"), false},
      {"target, but any backend", models({"large@dear"}), model("large"), false},
      {"unserved model", models({"unserved"}), none, false},
      {"header", headers({"phi", "pci"}), header("pci"), true},
      {"header in capitals", headers({"phi"}), header("PHI"), true},
      {"other header value", headers({"phi"}), header("public"), false},
      {"header absent", headers({"phi"}), none, false},
      {"header present", headers({}), header("anything"), true},
      {"header not present", headers({}), none, false},
      {"100 tokens >= 100", tokens(Comparator::kGreaterEqual, 100), none, true},
      {"100 tokens > 100", tokens(Comparator::kGreater, 100), none, false},
      {"100 tokens <= 100", tokens(Comparator::kLessEqual, 100), none, true},
      {"100 tokens < 100", tokens(Comparator::kLess, 100), none, false},
      {"100 tokens = 100", tokens(Comparator::kEqual, 100), none, true},
      {"100 tokens = 99", tokens(Comparator::kEqual, 99), none, false},
      {"a range, inside",
       [](When& w) {
         w.input_tokens = {{Comparator::kGreaterEqual, 50}, {Comparator::kLess, 200}};
       },
       none, true},
      {"a range, outside",
       [](When& w) {
         w.input_tokens = {{Comparator::kGreaterEqual, 50}, {Comparator::kLess, 100}};
       },
       none, false},
      {"all must hold",
       [](When& w) {
         w.classes = {"general"};
         w.stream = true;
       },
       none, false},
  };
  for (const WhenCase& c : cases) {
    config::Config config = FiveTargets();
    config.routes = {RouteTo("tested", {}), RouteTo("rest", {})};
    c.when(config.routes[0].when);
    const auto policy = Compiled(config);
    DecisionInput input = Asking(*policy);
    c.ask(input, *policy);
    const Decision decision = Decided(*policy, input);
    EXPECT_EQ(decision.outcome, Outcome::kPlanned) << c.name;
    EXPECT_EQ(decision.route, c.matches ? 0u : 1u) << c.name;
  }
}

TEST(Decide, any_number_of_headers_can_be_looked_at) {
  config::Config config = FiveTargets();
  constexpr std::size_t kHeaders = 130;
  for (std::size_t i = 0; i < kHeaders; ++i) {
    config.routes.push_back(RouteTo("r" + std::to_string(i), {}));
    config.routes.back().when.headers = {{"x-" + std::to_string(i), {"on"}}};
  }
  const auto policy = Compiled(config);
  for (std::size_t i = 0; i < kHeaders; ++i) {
    DecisionInput input = Asking(*policy);
    EXPECT_EQ(Decided(*policy, input).outcome, Outcome::kNoRoute);
    input.headers[i] = "off";
    EXPECT_EQ(Decided(*policy, input).outcome, Outcome::kNoRoute) << i;
    input.headers[i] = "on";
    EXPECT_EQ(Decided(*policy, input).route, i);
    EXPECT_EQ(Decided(*policy, input).outcome, Outcome::kPlanned) << i;
  }
}

TEST(Decide, no_matching_route_is_an_outcome) {
  config::Config config = FiveTargets();
  config.routes = {RouteTo("code", {})};
  config.routes[0].when.classes = {"code"};
  const auto policy = Compiled(config);
  const Decision decision = Decided(*policy, Asking(*policy));
  EXPECT_EQ(decision.outcome, Outcome::kNoRoute);
  EXPECT_THAT(decision.plan, IsEmpty());
}

// --- models -------------------------------------------------------------------------------------

config::Config WithRoute(config::Route route) {
  config::Config config = FiveTargets();
  config.routes = {std::move(route)};
  return config;
}

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
  const auto policy = Compiled(WithRoute(RouteTo("r", {})));
  const std::vector<std::string> allowed = {"small"};
  for (const char* model : {"large", "big", "large@dear"}) {
    DecisionInput input = Asking(*policy, model);
    input.allowed_models = &allowed;
    EXPECT_EQ(Decided(*policy, input).outcome, Outcome::kModelNotAllowed) << model;
  }
  DecisionInput input = Asking(*policy, "auto");
  input.allowed_models = &allowed;
  const Decision decision = Decided(*policy, input);
  EXPECT_THAT(PlanOf(*policy, decision), ElementsAre("small@gpu", "small@cheap"));
  EXPECT_EQ(DropOf(*policy, decision, "large@dear"), Drop::kModelNotAllowed);

  const std::vector<std::string> all;
  input.allowed_models = &all;
  EXPECT_EQ(Decided(*policy, input).plan.size(), 4u);
}

// --- hard filters -------------------------------------------------------------------------------

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
      {"exactly", 4 * 32'768, 0, {}, true},
      {"one token more", 4 * 32'769, 0, {}, false},
      {"with output, exactly", 4 * 32'000, 0, 768, true},
      {"with output, one more", 4 * 32'000, 0, 769, false},
      {"with an image", 4 * 32'000, 769, {}, false},
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
  input.text_bytes = 4 * 32'768;
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

  config.models[2].supports.clear();  // nothing is known to be for embeddings
  policy = Compiled(config);
  input = Asking(*policy);
  input.endpoint = Endpoint::kEmbeddings;
  EXPECT_EQ(Decided(*policy, input).plan.size(), 5u);
}

TEST(Decide, unavailable_targets_stand_behind_all_others) {
  for (const Prefer prefer :
       {Prefer::kOrdered, Prefer::kLowestCost, Prefer::kLowestLatency, Prefer::kWeighted}) {
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

// --- prefer -------------------------------------------------------------------------------------

TEST(Decide, ordered_keeps_what_was_written) {
  const auto policy = Compiled(
      WithRoute(RouteTo("r", {To("large", "dear"), To("small", "gpu"), To("large", "cheap")})));
  EXPECT_THAT(PlanOf(*policy, Decided(*policy, Asking(*policy))),
              ElementsAre("large@dear", "small@gpu", "large@cheap"));
}

TEST(Decide, lowest_cost_counts_a_free_slot_as_nothing) {
  const auto policy = Compiled(WithRoute(RouteTo("r", {}, Prefer::kLowestCost)));
  DecisionInput input = Asking(*policy);
  EXPECT_THAT(PlanOf(*policy, Decided(*policy, input)),
              ElementsAre("small@gpu", "small@cheap", "large@cheap", "large@dear"));
  input.candidates[0].in_flight = 4;
  EXPECT_THAT(PlanOf(*policy, Decided(*policy, input)),
              ElementsAre("small@cheap", "large@cheap", "large@dear", "small@gpu"));
}

TEST(Decide, lowest_cost_puts_unpriced_targets_last) {
  config::Config config = WithRoute(RouteTo("r", {}, Prefer::kLowestCost));
  config.backends[1].models[0].price.reset();
  const auto policy = Compiled(config);
  DecisionInput input = Asking(*policy);
  input.candidates[0].in_flight = 4;
  const Decision decision = Decided(*policy, input);
  EXPECT_THAT(PlanOf(*policy, decision),
              ElementsAre("large@cheap", "large@dear", "small@gpu", "small@cheap"));
  EXPECT_EQ(decision.plan[2].cost_basis, CostBasis::kNoFreeSlot);
  EXPECT_EQ(decision.plan[3].cost_basis, CostBasis::kUnpriced);
}

TEST(Decide, expected_cost_uses_learned_output_and_limits) {
  struct Case {
    std::string name;
    std::string target;
    float learned;
    std::optional<std::int64_t> max_tokens;
    int choices;
    Endpoint endpoint;
    NanoUsd cost;
  };
  // 100 input tokens; small@cheap at $1/$2, large@cheap at $2/$8 per 1M tokens: 1,000 nano-dollars
  // a token are $1 per 1M.
  const Case cases[] = {
      {"prior", "small@cheap", 0, {}, 1, Endpoint::kChat, 100'000 + 500 * 2'000},
      {"reasoning prior", "large@cheap", 0, {}, 1, Endpoint::kChat, 200'000 + 3'000 * 8'000},
      {"limit", "small@cheap", 0, 10, 1, Endpoint::kChat, 100'000 + 10 * 2'000},
      {"learned", "small@cheap", 40, {}, 1, Endpoint::kChat, 100'000 + 40 * 2'000},
      {"learned beyond the limit", "small@cheap", 40, 10, 1, Endpoint::kChat, 100'000 + 10 * 2'000},
      {"choices", "small@cheap", 40, {}, 3, Endpoint::kChat, 100'000 + 120 * 2'000},
      {"embeddings", "embed@cheap", 40, {}, 1, Endpoint::kEmbeddings, 100'000},
      {"own hardware", "small@gpu", 40, {}, 1, Endpoint::kChat, 0},
  };
  for (const Case& c : cases) {
    const auto policy = Compiled(WithRoute(RouteTo("r", {})));
    DecisionInput input = Asking(*policy, c.target);
    input.endpoint = c.endpoint;
    input.max_tokens = c.max_tokens;
    input.choices = c.choices;
    input.candidates[input.model.target].expected_output_tokens = c.learned;
    const Decision decision = Decided(*policy, input);
    ASSERT_EQ(decision.plan.size(), 1u) << c.name;
    EXPECT_EQ(decision.plan[0].expected_cost, c.cost) << c.name;
  }
}

TEST(Decide, a_wordy_model_is_not_cheap_by_its_list_price) {
  const auto policy = Compiled(
      WithRoute(RouteTo("r", {To("small", "cheap"), To("large", "dear")}, Prefer::kLowestCost)));
  DecisionInput input = Asking(*policy);
  input.candidates[1].expected_output_tokens = 9'000;
  input.candidates[4].expected_output_tokens = 100;
  EXPECT_THAT(PlanOf(*policy, Decided(*policy, input)), ElementsAre("large@dear", "small@cheap"));
}

TEST(Decide, lowest_latency_adds_median_and_wait) {
  const auto policy = Compiled(
      WithRoute(RouteTo("r", {To("small", "gpu"), To("large", "cheap"), To("large", "dear")},
                        Prefer::kLowestLatency)));
  DecisionInput input = Asking(*policy);
  input.candidates[0].ttft_median_ms = 100;
  input.candidates[0].ttft_samples = 20;
  input.candidates[0].predicted_wait_ms = 350;
  input.candidates[2].ttft_median_ms = 1;
  input.candidates[2].ttft_samples = 19;  // too few: counts as 500 ms
  input.candidates[4].ttft_median_ms = 400;
  input.candidates[4].ttft_samples = 1'000;
  const Decision decision = Decided(*policy, input);
  EXPECT_THAT(PlanOf(*policy, decision), ElementsAre("large@dear", "small@gpu", "large@cheap"));
  EXPECT_FLOAT_EQ(decision.plan[0].expected_latency_ms, 400);
  EXPECT_FLOAT_EQ(decision.plan[1].expected_latency_ms, 450);
  EXPECT_FLOAT_EQ(decision.plan[2].expected_latency_ms, 500);
}

TEST(Decide, ties_go_to_the_order_written) {
  config::Config config = FiveTargets();
  config.backends[2].models[0].price = Dollars(2, 8);
  for (const Prefer prefer : {Prefer::kLowestCost, Prefer::kLowestLatency}) {
    config.routes = {RouteTo("r", {To("large", "dear"), To("large", "cheap")}, prefer)};
    auto policy = Compiled(config);
    EXPECT_THAT(PlanOf(*policy, Decided(*policy, Asking(*policy))),
                ElementsAre("large@dear", "large@cheap"));
    config.routes = {RouteTo("r", {To("large", "cheap"), To("large", "dear")}, prefer)};
    policy = Compiled(config);
    EXPECT_THAT(PlanOf(*policy, Decided(*policy, Asking(*policy))),
                ElementsAre("large@cheap", "large@dear"));
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

TEST(EstimateInputTokens, bytes_times_rate_and_what_is_not_text) {
  EXPECT_EQ(EstimateInputTokens(400, 0, 0), 100);
  EXPECT_EQ(EstimateInputTokens(400, 85, 0), 185);
  EXPECT_EQ(EstimateInputTokens(400, 0, 0.5f), 200);
  EXPECT_EQ(EstimateInputTokens(0, 0, 0), 1);
  EXPECT_EQ(EstimateInputTokens(0, -5, 0), 1);
  EXPECT_EQ(EstimateInputTokens(400, 0, -1), 100);
}

}  // namespace
}  // namespace headgate::routing

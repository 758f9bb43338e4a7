#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "routing/decide/decision.h"
#include "routing/decide/request_facts.h"
#include "tests/routing/fixture.h"

namespace headgate::routing {
namespace {

using config::Comparator;
using ::testing::IsEmpty;

struct WhenCase {
  std::string name;
  std::function<void(config::When&)> when;
  std::function<void(DecisionInput&, const CompiledPolicy&)> ask;
  bool matches;
};

TEST(When, matches_what_when_says) {
  using When = config::When;
  using Input = DecisionInput;
  const auto model = [](const char* name) {
    return [name](Input& i, const CompiledPolicy& p) { i.model = p.Resolve(name); };
  };
  const auto header = [](const char* value) {
    return [value](Input& i, const CompiledPolicy& p) { AddHeader(p, "x-data-class", value, i); };
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
      {"messages", [](When& w) { w.endpoints = {"messages"}; },
       [](Input& i, const CompiledPolicy&) { i.endpoint = Endpoint::kMessages; }, true},
      {"tokens of messages", [](When& w) { w.endpoints = {"messages"}; },
       [](Input& i, const CompiledPolicy&) { i.endpoint = Endpoint::kCountTokens; }, true},
      {"tokens, but not of messages",
       [](When& w) {
         w.endpoints = {"chat", "responses"};
       },
       [](Input& i, const CompiledPolicy&) { i.endpoint = Endpoint::kCountTokens; }, false},
      {"responses", [](When& w) { w.endpoints = {"responses"}; },
       [](Input& i, const CompiledPolicy&) { i.endpoint = Endpoint::kResponses; }, true},
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
      {"model glob", models({"la*"}), model("large"), true},
      {"model glob, asked by alias", models({"la*"}), model("big"), true},
      {"model glob is not over aliases", models({"bi?"}), model("big"), false},
      {"model glob, pinned to a backend", models({"la*"}), model("large@dear"), true},
      {"other model glob", models({"sm*"}), model("large"), false},
      {"every model", models({"*"}), model("large@dear"), true},
      {"every model, and auto", models({"*"}), none, true},
      {"auto by a glob", models({"aut?"}), none, true},
      {"target glob", models({"large@*"}), model("large@cheap"), true},
      {"target glob over the backend", models({"*@dear"}), model("large@dear"), true},
      {"other target glob", models({"*@dear"}), model("large@cheap"), false},
      {"target glob, but any backend", models({"large@*"}), model("large"), false},
      {"glob that nothing matches", models({"gpt-*"}), none, false},
      {"one of several", models({"gpt-*", "auto", "small"}), none, true},
      {"letters of names have a case", models({"LARGE"}), model("large"), false},
      {"tools", [](When& w) { w.tools = true; },
       [](Input& i, const CompiledPolicy&) { i.uses = kTools | kImages; }, true},
      {"no tools", [](When& w) { w.tools = true; },
       [](Input& i, const CompiledPolicy&) { i.uses = kJsonSchema; }, false},
      {"without tools", [](When& w) { w.tools = false; }, none, true},
      {"without tools, but", [](When& w) { w.tools = false; },
       [](Input& i, const CompiledPolicy&) { i.uses = kTools; }, false},
      {"images", [](When& w) { w.images = true; },
       [](Input& i, const CompiledPolicy&) { i.uses = kImages; }, true},
      {"no images", [](When& w) { w.images = true; },
       [](Input& i, const CompiledPolicy&) { i.uses = kTools; }, false},
      {"without images", [](When& w) { w.images = false; }, none, true},
      {"max_tokens",
       [](When& w) {
         w.max_tokens = {{Comparator::kLessEqual, 10}};
       },
       [](Input& i, const CompiledPolicy&) { i.max_tokens = 10; }, true},
      {"max_tokens above",
       [](When& w) {
         w.max_tokens = {{Comparator::kLessEqual, 10}};
       },
       [](Input& i, const CompiledPolicy&) { i.max_tokens = 11; }, false},
      {"max_tokens not said",
       [](When& w) {
         w.max_tokens = {{Comparator::kLessEqual, 10}};
       },
       none, false},
      {"header", headers({"phi", "pci"}), header("pci"), true},
      {"header in capitals", headers({"phi"}), header("PHI"), true},
      {"other header value", headers({"phi"}), header("public"), false},
      {"header absent", headers({"phi"}), none, false},
      {"header present", headers({"*"}), header("anything"), true},
      {"header not present", headers({"*"}), none, false},
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

TEST(When, parts_are_nested_to_any_depth) {
  // not (code and (streamed or with tools)), or batch
  config::Config config = FiveTargets();
  config.models[0].supports = config.models[1].supports = {"tools"};
  config.routes = {RouteTo("tested", {}), RouteTo("rest", {})};
  config::When streamed;
  streamed.stream = true;
  config::When tools;
  tools.tools = true;
  config::When code;
  code.topics = {"code"};
  code.any = {streamed, tools};
  config::When no_code;
  no_code.none = {code};
  config::When batch;
  batch.urgencies = {"batch"};
  config.routes[0].when.any = {no_code, batch};
  const auto policy = Compiled(config);
  for (int bits = 0; bits < 16; ++bits) {
    const bool is_code = (bits & 1) != 0;
    const bool is_streamed = (bits & 2) != 0;
    const bool has_tools = (bits & 4) != 0;
    const bool is_batch = (bits & 8) != 0;
    DecisionInput input = Asking(*policy);
    if (is_code) input.classification.topic = Topic::kCode;
    input.stream = is_streamed;
    if (has_tools) input.uses = kTools;
    if (is_batch) input.classification.urgency = Urgency::kBatch;
    const bool matches = !(is_code && (is_streamed || has_tools)) || is_batch;
    EXPECT_EQ(Decided(*policy, input).route, matches ? 0u : 1u) << bits;
  }
}

TEST(When, all_and_any_and_not_stand_side_by_side) {
  config::Config config = FiveTargets();
  config.routes = {RouteTo("tested", {}), RouteTo("rest", {})};
  config::When& when = config.routes[0].when;
  when.all = {config::When{}, config::When{}};
  when.all[0].headers = {{"x-a", {"1"}}};
  when.all[1].headers = {{"x-b", {"1"}}};
  when.none = {config::When{}, config::When{}};
  when.none[0].headers = {{"x-c", {"1"}}};
  when.none[1].headers = {{"x-d", {"1"}}};
  const auto policy = Compiled(config);
  for (int bits = 0; bits < 16; ++bits) {
    DecisionInput input = Asking(*policy);
    for (int i = 0; i < 4; ++i) {
      const char name[] = {'x', '-', static_cast<char>('a' + i), 0};
      if ((bits >> i & 1) != 0) AddHeader(*policy, name, "1", input);
    }
    EXPECT_EQ(Decided(*policy, input).route, bits == 3 ? 0u : 1u) << bits;
  }
}

TEST(When, a_route_that_hangs_on_an_unknown_fact_leaves_the_request_undecided) {
  config::Config config = FiveTargets();
  config.routes = {RouteTo("code", {}), RouteTo("tenant", {}), RouteTo("rest", {})};
  config.routes[0].when.topics = {"code"};
  config.routes[1].when.headers = {{"x-tenant", {"acme"}}};
  config.routes[2].when.none = {config.routes[1].when};
  const auto policy = Compiled(config);
  DecisionInput input = Asking(*policy);
  EXPECT_EQ(Decided(*policy, input).route, 2u);
  EXPECT_FALSE(Decided(*policy, input).undecided);
  input.facts.SetUnknown(0);
  EXPECT_TRUE(Decided(*policy, input).undecided);
  input.classification.topic = Topic::kCode;
  EXPECT_FALSE(Decided(*policy, input).undecided) << "an earlier route needs no fact";
  EXPECT_EQ(Decided(*policy, input).route, 0u);
}

TEST(When, any_number_of_headers_can_be_looked_at) {
  config::Config config = FiveTargets();
  constexpr std::size_t kHeaders = 130;
  for (std::size_t i = 0; i < kHeaders; ++i) {
    config.routes.push_back(RouteTo("r" + std::to_string(i), {}));
    config.routes.back().when.headers = {{"x-" + std::to_string(i), {"on"}}};
  }
  const auto policy = Compiled(config);
  for (std::size_t i = 0; i < kHeaders; ++i) {
    const std::string name = "x-" + std::to_string(i);
    DecisionInput input = Asking(*policy);
    EXPECT_EQ(Decided(*policy, input).outcome, Outcome::kNoRoute);
    AddHeader(*policy, name, "off", input);
    EXPECT_EQ(Decided(*policy, input).outcome, Outcome::kNoRoute) << i;
    AddHeader(*policy, name, "on", input);
    EXPECT_EQ(Decided(*policy, input).route, i);
    EXPECT_EQ(Decided(*policy, input).outcome, Outcome::kPlanned) << i;
  }
}

TEST(When, no_matching_route_is_an_outcome) {
  config::Config config = FiveTargets();
  config.routes = {RouteTo("code", {})};
  config.routes[0].when.classes = {"code"};
  const auto policy = Compiled(config);
  const Decision decision = Decided(*policy, Asking(*policy));
  EXPECT_EQ(decision.outcome, Outcome::kNoRoute);
  EXPECT_THAT(decision.plan, IsEmpty());
}

}  // namespace
}  // namespace headgate::routing

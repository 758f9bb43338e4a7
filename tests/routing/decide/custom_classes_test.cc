#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "routing/decide/decision.h"
#include "routing/decide/request_facts.h"
#include "tests/routing/fixture.h"

namespace headgate::routing {
namespace {

config::CustomClass ClassNamed(std::string name) {
  config::CustomClass custom_class;
  custom_class.name = std::move(name);
  return custom_class;
}

// `checkout` is the chat of the shop, `shop` all requests of the shop, `long` all long requests.
config::Config WithClasses() {
  config::Config config = WithRoute(RouteTo("r", {}));
  config.keys = {KeyNamed("shop", "shop"), KeyNamed("other")};
  config.classes = {ClassNamed("checkout"), ClassNamed("shop"), ClassNamed("long")};
  config.classes[0].when.teams = {"shop"};
  config.classes[0].when.headers = {{"x-page", {"checkout"}}};
  config.classes[1].when.teams = {"shop"};
  config.classes[2].when.input_tokens = {{config::Comparator::kGreater, 100}};
  return config;
}

std::string ClassOf(const CompiledPolicy& policy, DecisionInput& input) {
  EXPECT_TRUE(ApplyCustomClasses(policy, input));
  return policy.NameOf(input.classification.request_class);
}

TEST(CustomClasses, follow_the_built_in_ones) {
  const auto policy = Compiled(WithClasses());
  EXPECT_EQ(policy->class_names(),
            (std::vector<std::string>{"batch", "latency_critical", "code", "general", "checkout",
                                      "shop", "long"}));
}

TEST(CustomClasses, the_first_that_holds_counts) {
  const auto policy = Compiled(WithClasses());
  DecisionInput input = AskingAs(*policy, 0);
  EXPECT_EQ(ClassOf(*policy, input), "shop");
  EXPECT_EQ(input.classification.class_reason, Reason::kPolicy);
  input.text_bytes = 404;  // 101 tokens
  EXPECT_EQ(ClassOf(*policy, input), "shop") << "before `long`, by the order written";
  AddHeader(*policy, "x-page", "checkout", input);
  EXPECT_EQ(ClassOf(*policy, input), "checkout");

  input = AskingAs(*policy, 1);
  EXPECT_EQ(ClassOf(*policy, input), "general");
  EXPECT_EQ(input.classification.class_reason, Reason::kDefault);
  input.text_bytes = 404;
  EXPECT_EQ(ClassOf(*policy, input), "long");
}

TEST(CustomClasses, go_before_an_explicit_class) {
  const auto policy = Compiled(WithClasses());
  Signals signals = Chat({{Role::kUser, "hello"}});
  signals.class_header = "batch";
  for (const auto& [key, name, reason] :
       {std::tuple{0u, "shop", Reason::kPolicy}, std::tuple{1u, "batch", Reason::kExplicit}}) {
    DecisionInput input = AskingAs(*policy, key);
    input.classification = Classify(signals, HintTrust::All());
    EXPECT_EQ(ClassOf(*policy, input), name);
    EXPECT_EQ(input.classification.class_reason, reason);
    EXPECT_EQ(input.classification.built_in_class, Class::kBatch) << "the built-in class is kept";
    EXPECT_EQ(input.classification.built_in_reason, Reason::kExplicit);
    EXPECT_EQ(input.classification.urgency, Urgency::kBatch) << "only the class is replaced";
  }
}

TEST(CustomClasses, applying_them_again_changes_nothing) {
  const auto policy = Compiled(WithClasses());
  DecisionInput input = AskingAs(*policy, 0);
  input.classification.built_in_class = Class::kCode;
  input.classification.built_in_reason = Reason::kFence;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ClassOf(*policy, input), "shop");
  // Under a policy without custom classes, a request that had one gets its built-in class.
  const auto plain = Compiled(WithRoute(RouteTo("r", {})));
  input.facts.Reset(0);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(ClassOf(*plain, input), "code");
    EXPECT_EQ(input.classification.class_reason, Reason::kFence);
  }
}

TEST(CustomClasses, see_the_built_in_class_alone) {
  config::Config config = WithRoute(RouteTo("r", {}));
  config.classes = {ClassNamed("special")};
  config.classes[0].when.classes = {"code"};
  const auto policy = Compiled(config);
  DecisionInput input = Asking(*policy);
  input.classification.built_in_class = Class::kCode;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ClassOf(*policy, input), "special");
}

TEST(CustomClasses, take_a_model_that_nobody_serves_for_none_not_for_auto) {
  config::Config config = WithRoute(RouteTo("r", {}));
  config.classes = {ClassNamed("chosen")};
  config.classes[0].when.models = {"auto", "small"};
  const auto policy = Compiled(config);
  for (const auto& [model, name] :
       {std::pair{"auto", "chosen"}, {"small", "chosen"}, {"gpt-9", "general"}}) {
    DecisionInput input = Asking(*policy, model);
    EXPECT_EQ(ClassOf(*policy, input), name) << model;
  }
}

TEST(CustomClasses, choose_routes) {
  config::Config config = WithClasses();
  config.routes = {RouteTo("shop", {}), RouteTo("code", {}), RouteTo("rest", {})};
  config.routes[0].when.classes = {"checkout", "shop"};
  config.routes[1].when.classes = {"code"};
  const auto policy = Compiled(config);
  for (const Class built_in : {Class::kCode, Class::kGeneral}) {
    for (const std::size_t key : {0u, 1u}) {
      DecisionInput input = AskingAs(*policy, key);
      input.classification.built_in_class = built_in;
      ApplyCustomClasses(*policy, input);
      const std::size_t otherwise = built_in == Class::kCode ? 1 : 2;
      EXPECT_EQ(Decided(*policy, input).route, key == 0 ? 0 : otherwise);
    }
  }
}

TEST(CustomClasses, say_when_a_fact_they_hang_on_is_not_known) {
  const auto policy = Compiled(WithClasses());
  const std::size_t page = policy->PatternsOf(Pattern::Source::kHeader, "x-page")[0];
  DecisionInput input = AskingAs(*policy, 0);
  input.facts.SetUnknown(page);
  EXPECT_FALSE(ApplyCustomClasses(*policy, input)) << "the class is checkout or shop";
  std::vector<Class> possible;
  PossibleClasses(*policy, input, possible);
  ASSERT_EQ(possible.size(), 2u);
  EXPECT_EQ(policy->NameOf(possible[0]), "checkout");
  EXPECT_EQ(policy->NameOf(possible[1]), "shop");
  input = AskingAs(*policy, 1);
  input.facts.SetUnknown(page);
  EXPECT_TRUE(ApplyCustomClasses(*policy, input)) << "the other team has neither class";
}

TEST(CustomClasses, there_is_room_for_28) {
  config::Config config = WithRoute(RouteTo("r", {}));
  for (std::size_t i = kClassNames.size(); i < kMaxClasses; ++i) {
    config.classes.push_back(ClassNamed("class-" + std::to_string(i)));
    config.classes.back().when.headers = {{"x-class", {std::to_string(i)}}};
  }
  config.routes[0].when.classes = {"class-31"};
  const auto policy = Compiled(config);
  DecisionInput input = Asking(*policy);
  AddHeader(*policy, "x-class", "31", input);
  EXPECT_EQ(ClassOf(*policy, input), "class-31");
  EXPECT_EQ(Decided(*policy, input).outcome, Outcome::kPlanned);

  config.classes.push_back(ClassNamed("one-too-many"));
  EXPECT_FALSE(CompiledPolicy::Compile(config).ok());
}

}  // namespace
}  // namespace headgate::routing

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "routing/request_facts.h"
#include "routing/training/composer.h"
#include "routing/training/trainer.h"
#include "tests/routing/fixture.h"

namespace headgate::routing {
namespace {

constexpr std::string_view kForms = R"([law]
contract; tenancy; lawsuit; court; clause; damages; notary; appeal
[dish]
soup; bread; cake; salad; risotto; curry; stew; pancakes
= legal 300
what does the {law} say about the {law}
draft a letter to the {law} about a {law}
is this {law} valid after the {law}
= kitchen 300
how long does {dish} take in the oven
what goes well with {dish} and {dish}
a recipe for {dish} please
= code 300
write a function that sorts a {dish} array in python
fix the bug in this {law} class
)";

TopicModel Trained() {
  const auto examples = ComposePrompts(kForms, 1);
  EXPECT_TRUE(examples.ok()) << examples.status();
  auto trained = TrainTopics(*examples, {});
  EXPECT_TRUE(trained.ok()) << trained.status();
  return std::move(trained->model);
}

config::Config WithModel() {
  config::Config config = FiveTargets();
  config.routes = {RouteTo("law", {To("small", "gpu")}), RouteTo("rest", {To("small", "cheap")})};
  config.routes[0].when.topics = {"legal"};
  config.classifier.model = config::TopicModelFile{"mine.bin", Trained().Serialise(), {}};
  return config;
}

TEST(OwnTopics, are_numbered_behind_the_built_in_ones) {
  const TopicModel model = Trained();
  EXPECT_EQ(model.topics(), (std::vector<std::string>{"code", "kitchen", "legal"}));
  EXPECT_EQ(model.TopicOf(0), Topic::kCode);
  EXPECT_EQ(model.TopicOf(1), static_cast<Topic>(3));
  EXPECT_EQ(model.TopicOf(2), static_cast<Topic>(4));
  const auto policy = Compiled(WithModel());
  EXPECT_EQ(policy->topic_names(),
            (std::vector<std::string>{"general", "code", "math", "kitchen", "legal"}));
}

TEST(OwnTopics, are_what_routes_may_ask_for) {
  const auto policy = Compiled(WithModel());
  struct Case {
    std::string prompt;
    std::string topic;
    std::string route;
  };
  for (const Case& c : {Case{"is the clause of this contract valid in court", "legal", "law"},
                        Case{"a recipe for bread and soup please", "kitchen", "rest"},
                        Case{"write a function that sorts an array", "code", "rest"}}) {
    SCOPED_TRACE(c.prompt);
    DecisionInput input = Asking(*policy);
    input.classification =
        Classify(Chat({{Role::kUser, c.prompt}}), HintTrust::All(), policy->classifier());
    EXPECT_EQ(policy->NameOf(input.classification.topic), c.topic);
    EXPECT_EQ(input.classification.topic_reason, Reason::kModel);
    EXPECT_EQ(policy->routes()[Decided(*policy, input).route].name, c.route);
  }
}

TEST(OwnTopics, training_is_the_same_every_time) {
  EXPECT_EQ(Trained().Serialise(), Trained().Serialise());
}

TEST(OwnTopics, a_threshold_of_the_operator_decides_when_to_abstain) {
  config::Config config = WithModel();
  config.classifier.threshold = 1.0;
  const auto policy = Compiled(config);
  const Classification c = Classify(Chat({{Role::kUser, "how are you in the garden today"}}),
                                    HintTrust::All(), policy->classifier());
  EXPECT_EQ(c.topic_reason, Reason::kAbstained);
  EXPECT_EQ(c.topic, Topic::kGeneral);
}

TEST(OwnTopics, a_model_of_another_format_is_no_policy) {
  config::Config config = WithModel();
  std::string& bytes = config.classifier.model->bytes;
  bytes.replace(bytes.find(" 1."), 3, " 9.");
  const auto policy = CompiledPolicy::Compile(config);
  ASSERT_FALSE(policy.ok());
  EXPECT_NE(std::string(policy.status().message()).find("its format is 9."), std::string::npos);
}

TEST(ComposePrompts, names_what_it_cannot_compose) {
  for (const auto& [forms, says] : {std::pair{"= code 1\nuse {nothing}\n", "no list {nothing}"},
                                    {"[a]\n{a}\n= code 1\n{a}\n", "contains itself"},
                                    {"= code many\nx\n", "line 1: is not `= topic count`"},
                                    {"x\n", "line 1: belongs to no list"}}) {
    const auto composed = ComposePrompts(forms, 1);
    ASSERT_FALSE(composed.ok()) << forms;
    EXPECT_NE(std::string(composed.status().message()).find(says), std::string::npos)
        << composed.status();
  }
}

}  // namespace
}  // namespace headgate::routing

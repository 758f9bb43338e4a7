#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "routing/classify/topic_model.h"
#include "routing/classify/topic_opinions.h"
#include "routing/decide/request_facts.h"
#include "routing/training/composer.h"
#include "routing/training/templates.h"
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

// A model without code and math, whose topics include a kind of code.
TopicModel TrainedWithoutBuiltIn() {
  constexpr std::string_view kOthers = R"([law]
contract; tenancy; lawsuit; court; clause; damages; notary; appeal
[table]
orders; customers; invoices; payments; users; sessions
= legal 300
what does the {law} say about the {law}
draft a letter to the {law} about a {law}
is this {law} valid after the {law}
= general 300
plan a trip to the mountains for two
write a short note that thanks the {law}
what should I cook for the {law}
= sql 300
write a SQL query that joins {table} and {table}
optimise this SQL query, it scans all of {table}
add an index in PostgreSQL to the table {table}
)";
  const auto examples = ComposePrompts(kOthers, 1);
  EXPECT_TRUE(examples.ok()) << examples.status();
  auto trained = TrainTopics(*examples, {});
  EXPECT_TRUE(trained.ok()) << trained.status();
  return std::move(trained->model);
}

TEST(OwnTopics, what_the_model_was_not_taught_the_shipped_one_says) {
  const TopicModel model = TrainedWithoutBuiltIn();
  EXPECT_EQ(model.topics(), (std::vector<std::string>{"general", "legal", "sql"}));
  EXPECT_EQ(model.KindOf(1), Topic::kGeneral);
  EXPECT_EQ(model.KindOf(2), Topic::kCode);
  config::Config config = WithModel();
  config.classifier.model->bytes = model.Serialise();
  const auto policy = Compiled(config);
  EXPECT_EQ(policy->topic_names(),
            (std::vector<std::string>{"general", "code", "math", "legal", "sql"}));
  struct Case {
    std::string prompt;
    std::string topic;
  };
  for (const Case& c :
       {Case{"write a python script that renames all files in a folder", "code"},
        Case{"why does my React component re-render when the state does not change", "code"},
        Case{"solve for x: 3x + 7 = 22, then find the roots of x^2 - 5x + 6", "math"},
        Case{"A train travels 60 miles in 1.5 hours. What is its average speed?", "math"},
        Case{"is the clause of this contract valid in court", "legal"},
        Case{"write a SQL query that joins orders and payments", "sql"}}) {
    std::vector<TopicOpinions> opinions;
    ClassifierOptions options = policy->classifier();
    options.opinions = &opinions;
    const Classification found =
        Classify(Chat({{Role::kUser, c.prompt}}), HintTrust::All(), options);
    EXPECT_EQ(policy->NameOf(found.topic), c.topic) << c.prompt;
    EXPECT_EQ(found.topic_reason, Reason::kModel) << c.prompt;
    ASSERT_FALSE(opinions.empty());
    EXPECT_EQ(opinions.back().topic, found.topic) << c.prompt;
    EXPECT_EQ(opinions.back().confidence, found.topic_confidence) << c.prompt;
    const bool shipped = opinions.back().beside == Beside::kDecided;
    EXPECT_EQ(shipped, c.topic == "code" || c.topic == "math") << c.prompt;
  }
}

// With any added topics, texts that the shipped model takes for code or math stay code or math.
TEST(OwnTopics, adding_topics_loses_none_of_the_shipped_models) {
  const TopicModel model = TrainedWithoutBuiltIn();
  const ClassifierOptions with{.model = &model, .threshold = std::nullopt, .urgency = {}};
  int asked = 0;
  for (const std::string_view prompt :
       {"implement a linked list in C++ with iterators", "how do I undo a git commit",
        "what is the integral of sin(x) cos(x)", "fix the memory leak in this Rust service",
        "translate the bash script to PowerShell", "prove that the square root of 2 is irrational",
        "docker compose fails with a port that is in use", "explain the borrow checker to me",
        "how many ways are there to arrange 5 books on a shelf", "write unit tests for a parser"}) {
    const auto signals = Chat({{Role::kUser, prompt}});
    const Classification alone = Classify(signals, HintTrust::All());
    if (alone.topic == Topic::kGeneral) continue;
    ++asked;
    const Topic found = Classify(signals, HintTrust::All(), with).topic;
    const bool kind =
        found > Topic::kMath && model.KindOf(static_cast<std::size_t>(found) - 2) == alone.topic;
    EXPECT_TRUE(found == alone.topic || kind) << prompt;
  }
  EXPECT_GE(asked, 7);
}

TEST(OwnTopics, what_a_topic_is_a_kind_of_is_kept_in_the_file) {
  const std::string bytes = TrainedWithoutBuiltIn().Serialise();
  EXPECT_EQ(bytes.substr(bytes.find("general"), bytes.find('\n') - bytes.find("general")),
            "general legal sql:code");
  const auto read = TopicModel::Parse(bytes);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->KindOf(2), Topic::kCode);
  EXPECT_EQ(read->Serialise(), bytes);
}

TEST(TemplatedTexts, tells_texts_of_a_template_from_texts_that_people_wrote) {
  std::vector<Example> examples;
  examples.reserve(32);
  for (int i = 0; i < 20; ++i) {
    examples.push_back({"Please draft a clause about item " + std::to_string(i) + " for the tenant",
                        "legal", "a"});
  }
  const std::size_t templates = examples.size();
  for (const char* text :
       {"My landlord wants to keep the deposit because of a scratch on the floor.",
        "Can an employee be asked to work on a public holiday in Lyon?",
        "The notary has not answered for six weeks; what are my options?", "yes", "ok then",
        "Please draft a reply to the letter from the city about the trees"}) {
    examples.push_back({text, "legal", "a"});
  }
  const std::size_t written = examples.size();
  for (int i = 0; i < 3; ++i) examples.push_back({"same again", "legal", "a"});
  const std::vector<bool> templated = TemplatedTexts(examples);
  for (std::size_t i = 0; i < examples.size(); ++i) {
    EXPECT_EQ(templated[i], i < templates || i >= written) << examples[i].text;
  }
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
  bytes.replace(bytes.find(" 2."), 3, " 9.");
  const auto policy = CompiledPolicy::Compile(config);
  ASSERT_FALSE(policy.ok());
  EXPECT_NE(std::string(policy.status().message()).find("its format is 9."), std::string::npos);
}

TEST(ComposePrompts, names_what_it_cannot_compose) {
  for (const auto& [forms, says] : {std::pair{"= code 1\nuse {nothing}\n", "no list {nothing}"},
                                    {"[a]\n{a}\n= code 1\n{a}\n", "contains itself"},
                                    {"= code many\nx\n", "line 1: is not `= topic count`"},
                                    {"x\n", "line 1: has no list or topic above it"}}) {
    const auto composed = ComposePrompts(forms, 1);
    ASSERT_FALSE(composed.ok()) << forms;
    EXPECT_NE(std::string(composed.status().message()).find(says), std::string::npos)
        << composed.status();
  }
}

}  // namespace
}  // namespace headgate::routing

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <utility>
#include <vector>

#include "gateway/cli/classifier/evaluation_report.h"
#include "gateway/cli/classifier/training_report.h"
#include "gateway/cli/classifier/training_summary.h"
#include "routing/training/own_topics.h"

namespace headgate::gateway {
namespace {

using routing::Evaluation;
using routing::Example;
using routing::TopicModel;

TopicModel ModelWith(std::vector<std::string> topics, std::vector<routing::Topic> kinds) {
  TopicModel::Weights weights;
  weights.bias.assign(topics.size(), 0);
  weights.rows.assign(routing::kFeatureRows * topics.size(), 0);
  weights.topics = std::move(topics);
  weights.kinds = std::move(kinds);
  weights.calibrations.fill({.temperature = 1, .threshold = 0.25f});
  return TopicModel::Quantised(weights);
}

TEST(TrainingSummary, says_what_was_made_and_what_is_next) {
  using routing::Topic;
  const routing::TrainedTopics trained{
      .model =
          ModelWith({"general", "code", "math", "app_broken", "cards"},
                    {Topic::kGeneral, Topic::kCode, Topic::kMath, Topic::kCode, Topic::kGeneral}),
      .accuracy_on_unseen_sources = std::nullopt,
      .taken = {{"app_broken", 20, 13, 0}, {"cards", 20, 1, 0}}};
  const std::vector<Example> examples = {
      {"it crashes", "app_broken", ""}, {"it hangs", "app_broken", ""}, {"lost it", "cards", ""}};
  EXPECT_EQ(TrainingSummary(trained, examples, "topics.bin"),
            "\ntopics.bin is written.\n"
            "Topics of your texts: app_broken (2), cards (1)\n"
            "Added from the model in the program: general, code, math (--start none leaves them "
            "out)\n"
            "The model abstains, and the topic is general, if its likeliest topic is below 0.25\n"
            "Note: app_broken: the model in the program takes 13 of its 20 texts for code. It "
            "decides where it is surer than yours and yours does not rule code out; add texts of "
            "`code` to your data to draw the line there.\n"
            "Next: `headgate evaluate --model topics.bin --data FILE` with texts that it was not "
            "taught, then `classifier: {model: topics.bin}` and `headgate check`\n");
}

TEST(TrainingSummary, a_topic_without_code_beside_it_is_kept_where_it_is_sure) {
  using routing::Topic;
  routing::TrainedTopics trained{
      .model = ModelWith({"legal", "sql"}, {Topic::kGeneral, Topic::kCode}),
      .accuracy_on_unseen_sources = std::nullopt,
      .taken = {{"sql", 10, 9, 0}}};
  const std::string said = TrainingSummary(trained, {{"a", "legal", ""}, {"b", "sql", ""}}, "t");
  EXPECT_NE(said.find("9 of its 10 texts for code. `sql` is kept only where yours is 90 % sure; "
                      "add texts of `code`"),
            std::string::npos)
      << said;
  EXPECT_EQ(said.find("Added"), std::string::npos) << said;
}

TEST(OwnTopics, more_than_thirteen_have_no_place_in_a_policy) {
  std::vector<std::string> topics = {"general", "code", "math"};
  for (int i = 0; i < 13; ++i) topics.push_back("own" + std::to_string(i));
  EXPECT_EQ(routing::TopicsProblem(topics, {}), "");
  EXPECT_NE(routing::TopicsProblem(topics, {{"yes", "-bare", ""}}), "");
  topics.erase(topics.begin());
  topics.push_back("own13");
  EXPECT_EQ(routing::TopicsProblem(topics, {}),
            "the texts have 14 topics beside general, code and math, and a policy has room for 13; "
            "put topics together that go to the same route");
  EXPECT_EQ(routing::TopicsProblem({"one"}, {}), "the texts have 1 topic; a model needs 2 or more");
}

// Three texts: a right answer, a wrong one that is sure, and an abstention.
Evaluation Measured() {
  Evaluation e;
  e.topics = {"general", "cards", "loans"};
  e.answers = {
      {"cards", 0.8f, true, false}, {"loans", 0.9f, false, false}, {"loans", 0.2f, false, true}};
  e.confusion = {{"cards", {{"cards", 1}, {"loans", 1}}}, {"general", {{"loans", 1}}}};
  e.labels = {{"cards", {2, 1, 0, 1.7}}, {"general", {1, 0, 1, 0.2}}};
  e.sources = {{"mail", {3, 1, 1, 1.9}}};
  e.languages = {{"de", {3, 1, 1, 1.9}}};
  e.reliability[8] = {1, 1, 0, 0.8};
  e.reliability[9] = {1, 0, 0, 0.9};
  e.texts = 3;
  e.right = 1;
  e.code_right = 3;
  e.covered = 2;
  e.covered_right = 1;
  return e;
}

const std::vector<Example> kTexts = {{"my card", "cards", "mail"},
                                     {"a card\nor a loan", "cards", "mail"},
                                     {"hello", "general", "mail"}};

TEST(EvaluationReport, a_share_of_no_texts_is_null_for_programs) {
  const boost::json::object figures = EvaluationJson(Measured());
  const auto& topics = figures.at("topics").as_object();
  EXPECT_TRUE(topics.at("loans").at("recall").is_null());
  EXPECT_EQ(topics.at("loans").at("precision").as_double(), 0);
  EXPECT_TRUE(topics.at("general").at("precision").is_null());
  EXPECT_EQ(topics.at("cards").at("recall").as_double(), 0.5);
  EXPECT_EQ(topics.at("general").at("abstained").as_int64(), 1);
  EXPECT_EQ(figures.at("languages").at("de").at("abstained").as_int64(), 1);
  EXPECT_DOUBLE_EQ(figures.at("named").as_double(), 2.0 / 3);
  EXPECT_EQ(figures.at("named_accuracy").as_double(), 0.5);
  const auto& bin = figures.at("reliability").at(0);
  EXPECT_DOUBLE_EQ(bin.at("from").as_double(), 0.8);
  EXPECT_DOUBLE_EQ(bin.at("to").as_double(), 0.9);
}

TEST(EvaluationReport, tables_say_what_they_leave_out) {
  const std::string table = routing::Table(Measured());
  EXPECT_NE(table.find("| topic | texts | recall | precision | abstained |"), std::string::npos);
  EXPECT_NE(table.find("| cards | 2 | 50.0 % | 100.0 % | 0.0 % |"), std::string::npos) << table;
  EXPECT_NE(table.find("| loans | 0 | - | 0.0 % | - |"), std::string::npos) << table;
  EXPECT_NE(table.find("| de | 3 | 33.3 % | 33.3 % |"), std::string::npos) << table;
  EXPECT_NE(table.find("Left out: 1 text from which the model abstains."), std::string::npos);
}

TEST(EvaluationReport, wrong_texts_come_with_their_confidence_the_surest_first) {
  EXPECT_EQ(WrongTexts(Measured(), kTexts),
            "\n2 wrong answers, the surest first\n\n| label | answer | text |\n|---|---|---|\n"
            "| cards | loans 0.90 | a card or a loan |\n"
            "| general | loans 0.20 (abstained) | hello |\n");
  const boost::json::array wrong = WrongTextsJson(Measured(), kTexts);
  ASSERT_EQ(wrong.size(), 2u);
  EXPECT_EQ(wrong[1].at("label").as_string(), "general");
  EXPECT_TRUE(wrong[1].at("abstained").as_bool());
}

TEST(EvaluationReport, another_model_changes_the_topics_of_texts) {
  Evaluation after = Measured();
  after.answers[1] = {"cards", 0.6f, true, false};
  after.answers[2] = {"general", 0.7f, true, false};
  const std::string said = ChangedTexts(Measured(), after, kTexts);
  EXPECT_EQ(said,
            "\n1 text changes the topic: 1 to a right one, 0 from a right one. An abstention "
            "counts as general.\n\n| label | before | now | text |\n|---|---|---|---|\n"
            "| cards | loans 0.90 | cards 0.60 | a card or a loan |\n");
  EXPECT_EQ(ChangedTextsJson(Measured(), after, kTexts).size(), 1u);
}

TEST(TrainingReport, a_label_that_the_shipped_model_does_not_have_asks_for_the_model) {
  Evaluation e = Measured();
  EXPECT_EQ(ModelMissing(e), "");
  e.confusion["fees"]["code"] = 2;
  EXPECT_NE(ModelMissing(e).find("Did you mean --model FILE?"), std::string::npos);
}

}  // namespace
}  // namespace headgate::gateway

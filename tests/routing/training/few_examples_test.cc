#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "routing/classify/classifier.h"
#include "routing/classify/topic_opinions.h"
#include "routing/training/evaluation.h"
#include "routing/training/rehearsal.h"
#include "routing/training/trainer.h"
#include "tests/routing/fixture.h"

namespace headgate::routing {
namespace {

struct Tickets {
  std::vector<Example> taught;  // 20 of each topic
  std::vector<Example> others;  // 40 of each topic
};

// Tickets of a bank's support, written for this test.
Tickets ReadTickets() {
  constexpr int kTaught = 20;
  Tickets tickets;
  std::ifstream file(HEADGATE_TICKETS);
  std::string topic;
  int of_topic = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("= ")) {
      topic = line.substr(2);
      of_topic = 0;
    } else {
      (of_topic++ < kTaught ? tickets.taught : tickets.others).push_back({line, topic, "tickets"});
    }
  }
  return tickets;
}

class FewExamples : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::vector<Example> taught = ReadTickets().taught;
    AddRehearsal(taught);
    TrainingOptions options;
    options.start = &TopicModel::Shipped();
    options.LearnFromFew();
    auto trained = TrainTopics(taught, options);
    ASSERT_TRUE(trained.ok()) << trained.status();
    model_ = new TopicModel(std::move(trained->model));
  }
  static void TearDownTestSuite() {
    delete model_;
    model_ = nullptr;
  }

  static Topic TopicOf(std::string_view text) {
    const ClassifierOptions options{.model = model_, .threshold = std::nullopt, .urgency = {}};
    return Classify(Chat({{Role::kUser, text}}), HintTrust{}, options).topic;
  }

  static const TopicModel* model_;
};
const TopicModel* FewExamples::model_ = nullptr;

TEST_F(FewExamples, twenty_of_each_topic_are_enough_for_four_fifths_of_others) {
  const Tickets tickets = ReadTickets();
  ASSERT_EQ(tickets.taught.size(), 100u);
  ASSERT_EQ(tickets.others.size(), 200u);
  const Evaluation e = Evaluate(*model_, tickets.others);
  EXPECT_GE(e.Accuracy(), 0.8);
  EXPECT_GE(e.CoveredAccuracy(), 0.84);
  EXPECT_GE(e.Coverage(), 0.85);
}

// The shipped model may be sure that such tickets are code: it has never read one.
TEST_F(FewExamples, what_the_model_rules_out_the_shipped_model_cannot_say) {
  for (const std::string_view text :
       {"The login by QR code does not scan.", "Does the app run on a phone without Google?"}) {
    std::vector<TopicOpinions> opinions;
    const ClassifierOptions options{
        .model = model_, .threshold = std::nullopt, .urgency = {}, .opinions = &opinions};
    const Classification found = Classify(Chat({{Role::kUser, text}}), HintTrust{}, options);
    EXPECT_GT(found.topic, Topic::kMath) << text;
    ASSERT_FALSE(opinions.empty());
    const TopicOpinions& last = opinions.back();
    EXPECT_EQ(last.decider().model, model_) << text;
    EXPECT_EQ(last.confidence, found.topic_confidence);
    EXPECT_TRUE(last.beside == Beside::kRuledOut || last.beside == Beside::kLessSure ||
                last.beside == Beside::kGeneral || last.beside == Beside::kBelowBar)
        << text;
  }
}

TEST_F(FewExamples, leave_code_mathematics_and_everything_else_what_they_are) {
  for (const std::string_view text :
       {"write a python function that parses JSON files", "how do I undo a git commit",
        "why does my React component render twice?", "docker compose fails, the port is in use",
        "Pourquoi ma requête SQL est-elle si lente ?", "给这个函数写单元测试"}) {
    EXPECT_EQ(TopicOf(text), Topic::kCode) << text;
  }
  for (const std::string_view text :
       {"solve the equation 3x + 7 = 22 for x", "what is the integral of sin(x) cos(x)",
        "A train travels 60 miles in 1.5 hours. What is its average speed?"}) {
    EXPECT_EQ(TopicOf(text), Topic::kMath) << text;
  }
  for (const std::string_view text :
       {"write a poem about the sea", "what should I cook for dinner tonight?",
        "who painted the Mona Lisa?", "Schreibe ein Gedicht über das Meer"}) {
    EXPECT_EQ(TopicOf(text), Topic::kGeneral) << text;
  }
}

}  // namespace
}  // namespace headgate::routing

#include "routing/training/calibration.h"

#include <gtest/gtest.h>

#include <vector>

namespace headgate::routing {
namespace {

TopicModel TwoTopics() {
  TopicModel::Weights weights;
  weights.topics = {"general", "code"};
  weights.bias = {0, 0};
  weights.rows.assign(kFeatureRows * weights.topics.size(), 0);
  return TopicModel::Quantised(weights);
}

// `right` of `all` answers with a difference of scores of `difference` are right.
void AddAnswers(Script script, float difference, int right, int all,
                std::vector<Judgement>& judgements) {
  for (int i = 0; i < all; ++i) {
    Judgement judgement;
    judgement.scores.values[0] = difference;
    judgement.topic = i < right ? 0 : 1;
    judgement.script = script;
    judgements.push_back(judgement);
  }
}

TEST(Calibration, each_script_has_its_own_temperature) {
  std::vector<Judgement> judgements;
  AddAnswers(Script::kLatin, 2, 180, 200, judgements);
  AddAnswers(Script::kArabic, 2, 140, 200, judgements);
  AddAnswers(Script::kIndic, 2, 5, 10, judgements);
  TopicModel model = TwoTopics();
  Calibrate(judgements, 0.2, model);
  TopicScores scores;
  scores.values[0] = 2;
  EXPECT_NEAR(model.Probabilities(scores, Script::kLatin).values[0], 0.9, 0.02);
  EXPECT_NEAR(model.Probabilities(scores, Script::kArabic).values[0], 0.7, 0.02);
  // Too few texts for a temperature of its own.
  EXPECT_EQ(model.temperature(Script::kIndic), model.temperature(Script::kCjk));
}

TEST(Calibration, where_all_answers_are_sure_and_right_unsure_ones_count_too) {
  std::vector<Judgement> judgements;
  AddAnswers(Script::kLatin, 9, 200, 200, judgements);
  TopicModel model = TwoTopics();
  Calibrate(judgements, 0.2, model);
  EXPECT_LE(model.threshold(Script::kLatin), 0.6f);
}

TEST(Calibration, a_gap_between_right_and_wrong_answers_has_the_threshold_in_it) {
  std::vector<Judgement> judgements;
  AddAnswers(Script::kLatin, 6, 100, 100, judgements);
  AddAnswers(Script::kLatin, 1, 20, 80, judgements);
  TopicModel model = TwoTopics();
  Calibrate(judgements, 0.1, model);
  TopicScores unsure;
  unsure.values[0] = 1;
  TopicScores sure;
  sure.values[0] = 6;
  const float threshold = model.threshold(Script::kLatin);
  EXPECT_GT(threshold, model.Probabilities(unsure, Script::kLatin).values[0] + 0.05f);
  EXPECT_LT(threshold, model.Probabilities(sure, Script::kLatin).values[0] - 0.05f);
}

TEST(Calibration, where_the_confidence_is_not_right_the_model_abstains) {
  // Half of the answers are very sure and hardly better than chance, and the others are no better.
  std::vector<Judgement> judgements;
  AddAnswers(Script::kCyrillic, 0.5f, 50, 100, judgements);
  AddAnswers(Script::kCyrillic, 6, 55, 100, judgements);
  AddAnswers(Script::kLatin, 2, 180, 200, judgements);
  TopicModel model = TwoTopics();
  Calibrate(judgements, 0.2, model);
  EXPECT_GT(model.threshold(Script::kCyrillic), 1);
  EXPECT_LT(model.threshold(Script::kLatin), 0.95f);
}

// A hundred texts of an operator: the surest are right 3 times less than they should be, which may
// be chance.
TEST(Calibration, a_difference_that_may_be_chance_silences_nobody) {
  std::vector<Judgement> judgements;
  AddAnswers(Script::kLatin, 2.2f, 51, 60, judgements);
  AddAnswers(Script::kLatin, 1, 35, 45, judgements);
  TopicModel model = TwoTopics();
  Calibrate(judgements, 0.1, model);
  EXPECT_LE(model.threshold(Script::kLatin), 0.6f);
}

}  // namespace
}  // namespace headgate::routing

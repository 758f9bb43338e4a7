#pragma once

#include <cstddef>
#include <vector>

#include "routing/classify/topic_model.h"

namespace headgate::routing {

// The scores of a model for a text that it was not trained on.
struct Judgement {
  TopicScores scores;
  std::size_t topic = 0;  // the label
  float weight = 1;
  Script script = Script::kLatin;
};

// Sets the temperature of `model` to that of the least cross entropy. Sets the threshold to the
// probability below which the least sure `unsure_share` of the judgements lie, at most 0.6. A
// script with at least 100 judgements has a temperature and a threshold of its own, other scripts
// have those of all judgements together. Where the confidence of a script is above its share of
// right answers, its threshold rises until it is not; above 1 if that never happens. Does nothing
// without judgements.
void Calibrate(const std::vector<Judgement>& judgements, double unsure_share, TopicModel& model);

}  // namespace headgate::routing

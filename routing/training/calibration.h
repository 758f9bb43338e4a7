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
};

// Sets the temperature of `model` to that of the least cross entropy. Sets the threshold to the
// probability below which the least sure `unsure_share` of the judgements lie, at most 0.7. Does
// nothing without judgements.
void Calibrate(const std::vector<Judgement>& judgements, double unsure_share, TopicModel& model);

}  // namespace headgate::routing

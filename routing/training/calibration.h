#pragma once

#include <cstddef>
#include <vector>

#include "routing/classify/topic_model.h"

namespace headgate::routing {

// What a model says of a text that it was not fitted to.
struct Judgement {
  TopicScores scores;
  std::size_t topic = 0;  // the label
  float weight = 1;
};

// Gives `model` the temperature of the least cross entropy, and as threshold the probability below
// which the least sure `unsure_share` of the judgements lie, 0.7 at most. No judgements: leaves it
// as it is.
void Calibrate(const std::vector<Judgement>& judgements, double unsure_share, TopicModel& model);

}  // namespace headgate::routing

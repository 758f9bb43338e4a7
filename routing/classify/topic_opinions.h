#pragma once

#include <cstdint>

#include "routing/classify/signals.h"
#include "routing/classify/topic_model.h"
#include "routing/text/topic_features.h"

namespace headgate::routing {

// What became of the topic that the shipped model names where it is asked beside another model
// (ModelReader::Verdict).
enum class Beside : std::uint8_t {
  kNotAsked,  // there is no other model, or it was taught code and math
  kDecided,   // it is the topic
  kGeneral,   // it names none but general, which the other model knows too
  kTaught,    // the other model was taught that topic
  kBelowBar,  // the shipped model is not sure enough
  kLessSure,  // the other model is surer of its own topic
  kRuledOut,  // the other model gives that topic less than an even share
  kSpecific,  // the other model is sure of a kind of that topic
};

// What one model says of the texts of a request.
struct TopicOpinion {
  const TopicModel* model = nullptr;  // null: it was not asked
  TopicScores probabilities;
  float bar = 0;  // below this probability its likeliest topic does not count

  std::size_t likeliest() const { return Likeliest(probabilities, model->topics().size()); }
};

// What the models said for one verdict, for explanations. The models must outlive it.
struct TopicOpinions {
  Topic topic = Topic::kGeneral;  // the verdict
  float confidence = 0;
  bool abstained = false;
  Script script = Script::kLatin;
  TopicOpinion configured;  // of the configured model, else of the shipped model
  TopicOpinion shipped;     // if it was asked beside the configured model
  Beside beside = Beside::kNotAsked;

  const TopicOpinion& decider() const { return beside == Beside::kDecided ? shipped : configured; }
};

}  // namespace headgate::routing

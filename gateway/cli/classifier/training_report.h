#pragma once

#include <map>
#include <string>
#include <vector>

#include "routing/classify/topic_model.h"
#include "routing/training/evaluation.h"
#include "routing/training/example.h"
#include "routing/training/trainer.h"

namespace headgate::gateway {

// The texts that `headgate train` and `headgate evaluate` print about a model. A figure that would
// only show what the model was taught is misleading, so a warning is printed instead. Pure; each
// text ends with a line break or is empty.

// Returns one line for each topic with only a handful of texts. Such a topic is learned by heart
// and measured on no texts.
std::string ThinTopics(const std::vector<routing::Example>& examples);

// Whether the topics have so few texts, on average, that training has to make the most of each.
bool HasFewTexts(const std::vector<routing::Example>& examples);

// Reports on the texts that training held out of `examples`.
std::string HeldOutReport(const routing::TrainedTopics& trained,
                          const std::vector<routing::Example>& examples);

// Reports on the operator's own texts, read from `file`, except the texts that the model was
// taught.
std::string TestReport(const routing::TopicModel& model, const std::string& file,
                       const std::vector<routing::Example>& taught,
                       std::vector<routing::Example> texts);

// Returns the topics that the model cannot answer, and how many texts each has.
std::map<std::string, int> UnknownTopics(const routing::Evaluation& evaluation);
// Names these topics, and says that their texts count as wrong; empty if there are none.
std::string UnknownTopicsWarning(const routing::Evaluation& evaluation, const std::string& file);
// Asks whether the operator forgot to name a model: the model in the program was measured, and the
// labels are unknown to it. Empty if they are not.
std::string ModelMissing(const routing::Evaluation& evaluation);

}  // namespace headgate::gateway

#pragma once

#include <map>
#include <string>
#include <vector>

#include "routing/classify/topic_model.h"
#include "routing/training/evaluation.h"
#include "routing/training/example.h"
#include "routing/training/trainer.h"

namespace headgate::gateway {

// What `headgate train` and `headgate evaluate` say of a model. No figure is better than one that
// flatters: where a figure would only show what the model knows before it is asked, a warning says
// so instead. Pure; each text ends with a line break or is empty.

// One line for each topic of a handful of texts, which is learned by heart and measured on none.
std::string ThinTopics(const std::vector<routing::Example>& examples);

// On the texts that training held out of `examples`.
std::string HeldOutReport(const routing::TrainedTopics& trained,
                          const std::vector<routing::Example>& examples);

// On the operator's own texts, read from `file`, but for those that the model was taught.
std::string TestReport(const routing::TopicModel& model, const std::string& file,
                       const std::vector<routing::Example>& taught,
                       std::vector<routing::Example> texts);

// Topics of texts that the model has no answer for, and how many texts each has.
std::map<std::string, int> UnknownTopics(const routing::Evaluation& evaluation);
// Names them, and says that they count as wrong; empty where there are none.
std::string UnknownTopicsWarning(const routing::Evaluation& evaluation, const std::string& file);

}  // namespace headgate::gateway

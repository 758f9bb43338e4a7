#pragma once

#include <string>
#include <vector>

#include "routing/training/example.h"
#include "routing/training/trainer.h"

namespace headgate::gateway {

// What `headgate train` has made of `examples`, for people: the topics, which of them are the
// operator's and which were added, below which confidence the model abstains, what the model in
// the program takes for code or math, and what to do next. `path` is that of the model. Pure; ends
// with a line break.
std::string TrainingSummary(const routing::TrainedTopics& trained,
                            const std::vector<routing::Example>& examples, const std::string& path);

}  // namespace headgate::gateway

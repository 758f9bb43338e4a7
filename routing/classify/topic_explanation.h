#pragma once

#include <string>
#include <vector>

#include "routing/classify/topic_model.h"

namespace headgate::routing {

// One feature that the model saw in a text, and what it added to the score of each topic.
struct TopicEvidence {
  std::string what;  // the words, or a property of shape with its bin
  TopicScores added;
};

// The evidence in `text` that separates the topics most, the strongest first, at most `most`
// entries. Not for the request path: it allocates. Thread-compatible.
std::vector<TopicEvidence> ExplainTopic(const TopicModel& model, std::string_view text,
                                        std::size_t most = 20);

}  // namespace headgate::routing

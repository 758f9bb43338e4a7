#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "routing/classify/classifier.h"
#include "routing/classify/topic_explanation.h"
#include "routing/classify/topic_opinions.h"

namespace headgate::gateway {

// What the topic models said of a request, in words and for programs. Pure; thread-safe.

// What decided the topic, with its confidence: "model in the program, 0.96", "fence, 0.9",
// "abstained: code 0.587 is below 0.60, Latin". `opinions`: null if no model was asked, or if
// nobody knows any more what it said, as of a recorded request.
std::string TopicBecause(const routing::Classification& classification,
                         const routing::TopicOpinions* opinions);

// Adds to `classification` which model decided (`decided_by`), its `likeliest` topic, the
// `probabilities`, the `threshold` below which it abstains and the `script`. If two models were
// asked, `other_model` has the same of the other model, and `because` why it did not decide.
void AddTopicModels(const routing::TopicOpinions& opinions, boost::json::object& classification);

// The features that the model of `opinions` saw, the strongest first, words of the prompt included:
// only for people who ask about their own prompt.
boost::json::array FeaturesJson(const routing::TopicModel& model,
                                const std::vector<routing::TopicEvidence>& evidence);

}  // namespace headgate::gateway

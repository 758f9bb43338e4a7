#pragma once

#include <string>
#include <vector>

#include "routing/classify/signals.h"
#include "routing/training/example.h"

namespace headgate::routing {

// The topics of training texts beside general, code and math. Pure; thread-safe.

// What the shipped model says of the texts of a topic that is not built in.
struct TakenForBuiltIn {
  std::string topic;
  int texts = 0;  // that it was asked about
  int code = 0;   // that it takes for code
  int math = 0;
};

// The verdicts of the shipped model on at most 500 texts of each topic, parallel to `topics`. It is
// not asked about built-in topics.
std::vector<TakenForBuiltIn> AskShipped(const std::vector<std::string>& topics,
                                        const std::vector<Example>& examples);

// The built-in topic that a topic is a kind of: what over half of its texts are taken for.
Topic KindOf(const TakenForBuiltIn& verdict);

// Returns why no model can have these topics, and what to do; empty if one can.
std::string TopicsProblem(const std::vector<std::string>& topics,
                          const std::vector<Example>& examples);

}  // namespace headgate::routing

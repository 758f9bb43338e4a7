#pragma once

#include <optional>

#include "routing/classifier.h"
#include "routing/signals.h"

namespace headgate::routing {

struct TopicVerdict {
  Topic topic = Topic::kGeneral;
  float confidence = 0;  // 0..1
  Reason reason = Reason::kDefault;
};

// The chain of topics, first hit wins:
//
//   explicit class   code, general; from anyone, for a topic buys no urgency
//   endpoint         embeddings have no topic worth routing by: general
//   fill-in-middle   code
//   coding tools     code, surer while their results come back (kToolLoop)
//   structure        of what the user said last, then of the newest other messages with less
//                    confidence; system prompts are left out, for they show formats, not work
//   default          general, with a confidence that says "nothing found"
//
// Structure is shape alone, never words of a natural language: a plain sentence that asks for code
// stays general here.
TopicVerdict ClassifyTopic(const Signals& signals, std::optional<Class> explicit_class,
                           bool fill_in_the_middle);

}  // namespace headgate::routing

#pragma once

#include <cstddef>
#include <optional>

#include "routing/classify/classifier.h"
#include "routing/classify/signals.h"

namespace headgate::routing {

// How far the structure of the last message is read.
inline constexpr std::size_t kShapeBytes = 6144;

// So sure of the last message, the model needs no look at the rest of it, nor at older ones.
inline constexpr float kSureTopic = 0.9f;

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
//   coding agent     a header that only a coding agent sends: code
//   structure        patches, traces, fences, lines of code, formulas in what the user said last
//   session          what the user said last is a bare follow-up (follow_up.h): the session's
//   topic,
//                    else that of the user's earlier messages
//   newer structure  of what came after it, such as the results of tools, with less confidence: of
//                    those only patches and traces count
//   sure model       what the user said last, in words and shape (topic_model.h), from 0.9 on
//   older structure  of earlier messages, the newest first, with less confidence; system prompts
//   are
//                    left out, for they show formats, not work
//   model            the last message alone, from the threshold on
//   model, again     with the user's earlier messages, and the system prompt, by half and a quarter
//   abstained        general; the confidence is what the likeliest topic had
//   default          general: there is no text
//
// Structure is shape alone, never words of a natural language; words are the model's.
TopicVerdict ClassifyTopic(const Signals& signals, std::optional<Class> explicit_class,
                           bool fill_in_the_middle, const ClassifierOptions& options);

}  // namespace headgate::routing

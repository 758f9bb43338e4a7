#pragma once

#include <cstddef>
#include <optional>

#include "routing/classify/classifier.h"
#include "routing/classify/signals.h"

namespace headgate::routing {

// How far the structure of the last message is read.
inline constexpr std::size_t kShapeBytes = 6144;

// From this confidence on, the model reads neither the rest of the last message nor older messages.
inline constexpr float kSureTopic = 0.9f;

struct TopicVerdict {
  Topic topic = Topic::kGeneral;
  float confidence = 0;  // 0..1
  Reason reason = Reason::kDefault;
};

// The chain of topics; the first hit wins:
//
//   explicit class   code, general; from anyone, because a topic does not raise urgency
//   endpoint         embeddings have no topic worth routing by: general
//   fill-in-middle   code
//   coding tools     code, surer while their results come back (kToolLoop)
//   coding agent     a header that only a coding agent sends: code
//   ask              the last user message asks for something else than its material (ask_text.h)
//                    is built like: the topic of the ask, or general if the model is only sure that
//                    it is another one
//   structure        patches, traces, fences, lines of code, formulas in the last user message
//   technical lines  the last user message asks for something else than the lines of logs,
//                    consoles, SQL or commands in it: the topic of the ask
//   session          the last user message is a bare follow-up: a few words, or a text that says
//                    little of its subject. The topic of the conversation, else that of the
//                    user's earlier messages
//   newer structure  of what came after it, such as the results of tools, with less confidence;
//                    there only patches and traces count
//   sure model       the last user message in words and shape (topic_model.h), from 0.9 on; what
//                    it asks weighs more than the whole of it, and a first or last paragraph
//                    that is sure of code more than both
//   after an answer  the last user message alone, sure or not: a new subject is a new topic
//   older structure  of earlier messages, the newest first, with less confidence; without system
//                    prompts, which show formats and not work
//   model            the last message alone, from the threshold on
//   model, again     with the user's earlier messages by half and the system prompt by a quarter
//   abstained        general; the confidence is that of the likeliest topic
//   default          general: there is no text
//
// Structure is shape only, never words of a natural language; the model reads words.
TopicVerdict ClassifyTopic(const Signals& signals, std::optional<Class> explicit_class,
                           bool fill_in_the_middle, const ClassifierOptions& options);

}  // namespace headgate::routing

#pragma once

#include <optional>
#include <string>

#include "backends/protocols/translation/translation.h"
#include "backends/protocols/values/body_problem.h"
#include "backends/protocols/values/conversation.h"

namespace headgate::backends::openai_responses {

// Appends the body of POST /v1/responses for a backend to `out`. It is never stored there, and
// asks for encrypted thoughts if thinking is asked for. Names in `dropped` what the protocol cannot
// say. Fields that OpenAI takes in a form of its own (BackendTraits::is_openai):
//
// * max_output_tokens is at least 16, the least that OpenAI accepts.
// * The end user is `safety_identifier`, of at most 64 characters; a longer one is dropped.
// * A message of the system in the middle is a developer's.
//
// Returns nullopt; every Conversation can be written. Pure; thread-safe.
std::optional<BodyProblem> WriteConversation(const Conversation& conversation,
                                             const BackendTraits& traits, DroppedFields& dropped,
                                             std::string& out);

}  // namespace headgate::backends::openai_responses

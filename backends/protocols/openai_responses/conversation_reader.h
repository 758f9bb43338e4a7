#pragma once

#include <optional>
#include <string_view>

#include "backends/protocols/translation/translation.h"
#include "backends/protocols/values/body_problem.h"
#include "backends/protocols/values/conversation.h"

namespace headgate::backends::openai_responses {

// Reads the body of a request of POST /v1/responses, to be written for a backend of another
// protocol. `body` is valid JSON in UTF-8 (RequestReader has seen it); its values may have any
// types. `conversation` is empty.
//
// Returns nullopt if all is said in `conversation`, but for the members that are named in
// `dropped`. Otherwise returns why the request cannot be translated: a value of a wrong type, or
// something that only OpenAI has and that changes what the answer means (stored state, background,
// files, tools that run there). `store: true` is not refused: the gateway decides.
//
// Tools of namespaces and custom tools become functions, whose names and arguments the answer
// writers turn back (input/wrapping.h). Pure; thread-safe.
std::optional<BodyProblem> ReadConversation(std::string_view body, Conversation& conversation,
                                            DroppedFields& dropped);

}  // namespace headgate::backends::openai_responses

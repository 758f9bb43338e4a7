#pragma once

#include <optional>
#include <string>

#include "backends/protocols/translation/translation.h"
#include "backends/protocols/values/body_problem.h"
#include "backends/protocols/values/conversation.h"

namespace headgate::backends::openai_chat {

// Writes a conversation as the body of a request for a chat completion to `out`, which is cleared.
// OpenAI itself and other servers take different members: see BackendTraits. Names what the body
// cannot say in `dropped`. Returns a problem if a document is an address, which no chat completion
// takes; `out` is of no use then. Pure; thread-safe.
std::optional<BodyProblem> WriteConversation(const Conversation& conversation,
                                             const BackendTraits& traits, DroppedFields& dropped,
                                             std::string& out);

}  // namespace headgate::backends::openai_chat

#pragma once

#include <optional>
#include <string_view>

#include "backends/protocols/translation/translation.h"
#include "backends/protocols/values/body_problem.h"
#include "backends/protocols/values/conversation.h"

namespace headgate::backends::openai_chat {

// Reads the body of a request for a chat completion into an empty `conversation`. `body` is JSON
// whose brackets match, in UTF-8. Returns a problem if a member that is read has the wrong type or
// is there twice, or if the answer would mean something else without it: several choices, audio,
// log probabilities, files by id, tools of one provider. Names of other members that a conversation
// cannot hold are added to `dropped`, at most 32. Deprecated functions are read as tools.
// Thread-safe: the parser is thread-local.
std::optional<BodyProblem> ReadConversation(std::string_view body, Conversation& conversation,
                                            DroppedFields& dropped);

}  // namespace headgate::backends::openai_chat

#pragma once

#include <optional>
#include <string_view>

#include "backends/protocols/translation/translation.h"
#include "backends/protocols/values/body_problem.h"
#include "backends/protocols/values/conversation.h"

namespace headgate::backends::anthropic {

// Reads the body of a request of Anthropic's Messages API (versions 2023-06-01 and 2026-10-21).
// `body` is valid JSON in UTF-8, as RequestReader leaves it; the types of its values are not known.
// Returns what is wrong, or nullopt with `conversation` filled. Names of members that were left out
// are added to `dropped`. Thread-safe: the parser is thread-local.
std::optional<BodyProblem> ReadConversation(std::string_view body, Conversation& conversation,
                                            DroppedFields& dropped);

}  // namespace headgate::backends::anthropic

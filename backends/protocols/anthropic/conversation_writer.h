#pragma once

#include <optional>
#include <string>

#include "backends/protocols/translation/translation.h"
#include "backends/protocols/values/body_problem.h"
#include "backends/protocols/values/conversation.h"

namespace headgate::backends::anthropic {

// Appends the body of a request of Anthropic's Messages API to `out`. Returns why the conversation
// cannot be said in it, or nullopt; with a problem, `out` is useless. Names of the client's fields
// that were left out are added to `dropped`. Usage is always in a stream of this protocol. Pure;
// thread-safe.
std::optional<BodyProblem> WriteConversation(const Conversation& conversation,
                                             const BackendTraits& traits, DroppedFields& dropped,
                                             std::string& out);

}  // namespace headgate::backends::anthropic

#pragma once

#include <string>

#include "backends/protocols/translation/translation.h"
#include "backends/protocols/values/conversation.h"

namespace headgate::backends::openai_responses {

// Appends the turns of a conversation as the list of items that `input` is. Calls, results and
// thoughts are items of their own, between the messages, in the order of the turn's parts.
// Thoughts go only to the protocol that signed them. Pure; thread-safe.
void WriteInput(const Conversation& conversation, const BackendTraits& traits,
                DroppedFields& dropped, std::string& out);

}  // namespace headgate::backends::openai_responses

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "backends/protocols/translation/translation.h"
#include "backends/protocols/values/body_problem.h"
#include "backends/protocols/values/conversation.h"

namespace headgate::backends::anthropic {

// A message of the request, made of the turns that one role has in a row.
struct MergedMessage {
  struct Piece {
    const ContentPart* part = nullptr;  // of the conversation
    bool from_system = false;           // written as a note of the system in a user's message
  };
  bool assistant = false;
  std::vector<Piece> pieces;  // in the order in which they are written
};

// Merges the turns of a conversation into messages: user and assistant alternate, and results of
// tools come first in their message, as Anthropic requires. A system turn becomes text of the user,
// since most models take no system message between others. Leaves out blank texts, and thoughts
// that another backend signed, or nobody. May be empty. The pieces point into `conversation`.
std::vector<MergedMessage> MergeTurns(const Conversation& conversation, const BackendTraits& traits,
                                      DroppedFields& dropped);

// Appends the list of messages. If the assistant is the first to speak, a user's message of one
// full stop comes before. White space at the end of a prefill is left out. Both are required.
// REQUIRES: `messages` is not empty.
std::optional<BodyProblem> AppendMessages(const std::vector<MergedMessage>& messages,
                                          std::string& out);

}  // namespace headgate::backends::anthropic

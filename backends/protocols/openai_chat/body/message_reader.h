#pragma once

#include <string>

#include "backends/protocols/openai_chat/body/body_values.h"
#include "backends/protocols/values/conversation.h"

namespace headgate::backends::openai_chat {

struct MessageDraft;

// Adds the messages of a body to a conversation, one after another. Tool messages in a row are one
// turn. A message of the deprecated role "function" answers the function_call before it: both have
// an id that is made of the place of the call. Worker-bound; one use.
class MessageReader {
 public:
  MessageReader(BodyValues& values, Conversation& conversation)
      : values_(values), conversation_(conversation) {}

  // Reads one element of `messages`. Returns false with the problem in the BodyValues.
  bool Read(JsonValue value, const Path& path);

 private:
  bool AddSystem(MessageDraft& message, const Path& path);
  bool AddUser(MessageDraft& message, const Path& path);
  bool AddAssistant(MessageDraft& message, const Path& path);
  bool AddToolResult(MessageDraft& message, const Path& path);
  Turn& NewTurn(TurnRole role);

  BodyValues& values_;
  Conversation& conversation_;
  bool after_tool_ = false;  // the message before was a tool's
  std::size_t legacy_calls_ = 0;
  std::string legacy_id_;  // of the last function_call
};

}  // namespace headgate::backends::openai_chat

#pragma once

#include <optional>

#include "backends/protocols/openai/request/shared_fields.h"

namespace headgate::backends::openai_chat {

// The text for the model in the body of a chat completion: the messages with their parts. ChatBody
// derives from it. Worker-bound; one use.
class ChatMessages : public openai::SharedFields {
 public:
  using SharedFields::SharedFields;

 protected:
  // Reads the member `messages` of the root. Returns false after a problem or a fault: see
  // FieldReader.
  bool ReadMessages();

  bool has_messages() const { return has_messages_; }
  // The role of the message that was read last.
  std::optional<TextRole> role() const { return role_; }

 private:
  bool ReadMessage();
  bool ReadRole();
  bool ReadContent();
  bool ReadToolCalls();
  bool ReadCalled();
  bool ReadMessageText();
  bool ReadPartText();
  bool ReadImage();
  bool ReadVideo();
  bool ReadThinkingBlocks();
  bool ReadSpokenBefore();
  bool ReadInputAudio();
  bool ReadFile();
  bool ReadFileBytes();
  bool ReadFileId();

  std::optional<TextRole> role_;  // of the message that is being read
  bool has_messages_ = false;
};

}  // namespace headgate::backends::openai_chat

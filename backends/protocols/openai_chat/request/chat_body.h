#pragma once

#include <cstdint>
#include <optional>

#include "backends/protocols/openai_chat/request/chat_messages.h"

namespace headgate::backends::openai_chat {

// The body of a request for a chat completion. Worker-bound; one use.
class ChatBody : public ChatMessages {
 public:
  using ChatMessages::ChatMessages;

  // Reads the whole document. Returns false after a problem or a fault: see FieldReader.
  bool Read();

 private:
  bool ReadMaxCompletionTokens();
  bool ReadTools();
  bool ReadFunctions();
  bool ReadTool();
  bool ReadNamed();
  bool ReadNullableNamed();
  bool ReadCustomTool();
  bool ReadToolType();
  bool ReadResponseFormat();
  bool ReadModalities();
  bool ReadAudioOutput();
  bool ReadLogprobs();
  bool ReadPrediction();
  bool ReadWebSearch();
  bool ReadModeration();
  bool ReadStore();

  std::optional<std::int64_t> max_completion_tokens_;
};

}  // namespace headgate::backends::openai_chat

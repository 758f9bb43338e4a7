#pragma once

#include <cstdint>
#include <optional>

#include "backends/protocols/openai/request/shared_fields.h"

namespace headgate::backends::openai_chat {

// The body of a request for a chat completion. Worker-bound; one use.
class ChatBody : public openai::SharedFields {
 public:
  using SharedFields::SharedFields;

  // The whole document. false: see FieldReader.
  bool Read();

 private:
  // --- members of the root (chat_body.cc) --------------------------------------------------------
  bool ReadMaxCompletionTokens();
  bool ReadTools();
  bool ReadFunctions();
  bool ReadTool();
  bool ReadNamed();
  bool ReadNullableNamed();
  bool ReadToolName();
  bool ReadNullableToolName();
  bool ReadResponseFormat();
  bool ReadResponseFormatType();
  bool ReadReasoningEffort();
  bool ReadPromptCacheKey();
  bool ReadModalities();
  bool ReadAudioOutput();

  // --- what the model is to read (chat_messages.cc) ----------------------------------------------
  bool ReadMessages();
  bool ReadMessage();
  bool ReadRole();
  bool ReadContent();
  bool ReadToolCalls();
  bool ReadMessageText();
  bool ReadPartText();
  bool ReadImage();
  bool ReadInputAudio();
  bool ReadAudioBytes();
  bool ReadFile();
  bool ReadFileBytes();
  bool ReadEncoded(std::int64_t characters_per_token);

  std::optional<std::int64_t> max_completion_tokens_;
  std::optional<TextRole> role_;  // of the message that is being read
  bool has_messages_ = false;
};

}  // namespace headgate::backends::openai_chat

#pragma once

#include <cstdint>
#include <optional>

#include "backends/protocols/anthropic/request/content_blocks.h"

namespace headgate::backends::anthropic {

// The body of a request for a message, or for the count of its tokens. Worker-bound; one use.
class MessagesBody : public ContentBlocks {
 public:
  using ContentBlocks::ContentBlocks;

  // Reads the whole document. Returns false after a problem or a fault: see FieldReader.
  bool Read();

 protected:
  bool ReadMembersOf(bool count_only);

 private:
  bool ReadSystem();
  bool ReadMessages();
  bool ReadMessage();
  void CountMessage();
  bool ReadRole();
  bool ReadMessageContent();
  bool ReadTools();
  bool ReadTool();
  bool ReadToolType();
  bool ReadOutputConfig();
  bool ReadFormat();
  bool ReadThinking();
  bool ReadThinkingType();
  bool ReadThinkingBudget();
  bool ReadUserMetadata();
  bool ReadContainer();
  bool ReadThread();
  bool ReadMcpServers();

  TextRole message_role_ = TextRole::kUser;
  bool has_role_ = false;      // of the message that is being read
  bool has_messages_ = false;  // the root has the member
  bool thinking_off_ = false;
  std::optional<std::int64_t> thinking_budget_;
};

// The body of a request for a count of tokens: it has neither `stream` nor `max_tokens`.
class CountTokensBody : public MessagesBody {
 public:
  using MessagesBody::MessagesBody;

  bool Read() { return ReadMembersOf(/*count_only=*/true); }
};

}  // namespace headgate::backends::anthropic

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "backends/protocols/openai_chat/body/tool_fields.h"
#include "backends/protocols/values/conversation.h"

namespace headgate::backends::openai_chat {

// What the members of a body say while they are read: a conversation, and what depends on a member
// that may come later.
struct RequestDraft {
  Conversation& conversation;
  ToolFields tools = {};
  std::optional<std::int64_t> max_tokens = {};
  std::optional<std::int64_t> max_completion_tokens = {};
  std::string effort = {};  // reasoning_effort
  std::string safety_identifier = {};
  bool has_messages = false;
};

}  // namespace headgate::backends::openai_chat

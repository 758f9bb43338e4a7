#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "backends/protocols/openai_chat/body/body_values.h"
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

// Readers of the members of a body that say what the answer is to be like. Each returns false with
// the problem in `in`.
bool ReadStreamOptions(BodyValues& in, JsonValue value, const Path& path, RequestDraft& draft);
bool ReadStop(BodyValues& in, JsonValue value, const Path& path, RequestDraft& draft);
bool ReadResponseFormat(BodyValues& in, JsonValue value, const Path& path, RequestDraft& draft);
bool ReadReasoning(BodyValues& in, JsonValue value, const Path& path, RequestDraft& draft);
bool ReadThinking(BodyValues& in, JsonValue value, const Path& path, RequestDraft& draft);
bool ReadMetadata(BodyValues& in, JsonValue value, const Path& path, RequestDraft& draft);

// Members that only chat completions can answer: refused unless they ask for nothing special.
bool ReadChoiceCount(BodyValues& in, JsonValue value, const Path& path, RequestDraft& draft);
bool ReadLogProbabilities(BodyValues& in, JsonValue value, const Path& path, RequestDraft& draft);
bool ReadTopLogProbabilities(BodyValues& in, JsonValue value, const Path& path,
                             RequestDraft& draft);
bool ReadModalities(BodyValues& in, JsonValue value, const Path& path, RequestDraft& draft);
bool RefuseMember(BodyValues& in, JsonValue value, const Path& path, RequestDraft& draft);

}  // namespace headgate::backends::openai_chat

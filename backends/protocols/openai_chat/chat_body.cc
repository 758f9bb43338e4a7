#include "backends/protocols/openai_chat/chat_body.h"

namespace headgate::backends::openai_chat {

bool ChatBody::Read() {
  static constexpr Field<ChatBody> kFields[] = {
      {"model", &ChatBody::ReadModel},
      {"messages", &ChatBody::ReadMessages},
      {"stream", &ChatBody::ReadStream},
      {"stream_options", &ChatBody::ReadStreamOptions},
      {"max_tokens", &ChatBody::ReadMaxTokens},
      {"max_completion_tokens", &ChatBody::ReadMaxCompletionTokens},
      {"n", &ChatBody::ReadChoices},
      {"tools", &ChatBody::ReadTools},
      {"functions", &ChatBody::ReadFunctions},
      {"response_format", &ChatBody::ReadResponseFormat},
      {"service_tier", &ChatBody::ReadServiceTier},
      {"reasoning_effort", &ChatBody::ReadReasoningEffort},
      {"prompt_cache_key", &ChatBody::ReadPromptCacheKey},
      {"metadata", &ChatBody::ReadMetadata},
      {"modalities", &ChatBody::ReadModalities},
      {"audio", &ChatBody::ReadAudioOutput},
  };
  BeginRoot();
  if (!ReadMembers(*this, kFields, kRootType) || !EndRoot()) return false;
  if (max_completion_tokens_) facts_.max_tokens = max_completion_tokens_;
  facts_.tool_loop = role() == TextRole::kTool;
  return has_messages() ||
         Missing("messages", R"("messages": [{"role": "user", "content": "Hello"}])");
}

bool ChatBody::ReadMaxCompletionTokens() { return ReadTokenLimit(max_completion_tokens_); }

bool ChatBody::ReadTools() {
  if (TakeNull()) return true;
  return ReadElements("an array of objects", [this] {
    facts_.uses_tools = true;
    return ReadTool();
  });
}

bool ChatBody::ReadFunctions() {
  if (TakeNull()) return true;
  return ReadElements("an array of objects", [this] {
    facts_.uses_tools = true;
    return ReadNamed();
  });
}

// A tool has one of these members and nests its name there. SDKs of typed languages write the other
// members as null; some clients send the flat shape of the Responses API.
bool ChatBody::ReadTool() {
  static constexpr Field<ChatBody> kFields[] = {{"function", &ChatBody::ReadNullableNamed},
                                                {"custom", &ChatBody::ReadNullableNamed},
                                                {"name", &ChatBody::ReadNullableToolName}};
  return ReadMembers(*this, kFields, "an object");
}

bool ChatBody::ReadNullableNamed() { return TakeNull() || ReadNamed(); }

bool ChatBody::ReadNamed() {
  static constexpr Field<ChatBody> kFields[] = {{"name", &ChatBody::ReadToolName}};
  return ReadMembers(*this, kFields, "an object with a name");
}

bool ChatBody::ReadNullableToolName() { return TakeNull() || ReadToolName(); }

bool ChatBody::ReadToolName() {
  std::string_view name;
  if (!ReadString(name, "a string")) return false;
  facts_.tool_names.push_back(name);
  return true;
}

bool ChatBody::ReadResponseFormat() {
  static constexpr Field<ChatBody> kFields[] = {{"type", &ChatBody::ReadResponseFormatType}};
  return TakeNull() || ReadMembers(*this, kFields, "an object such as {\"type\": \"json_object\"}");
}

bool ChatBody::ReadResponseFormatType() {
  std::string_view type;
  if (!ReadString(type, "\"text\", \"json_object\" or \"json_schema\"")) return false;
  facts_.uses_json_schema = type == "json_schema";
  return true;
}

bool ChatBody::ReadReasoningEffort() {
  return ReadNullableString(facts_.reasoning_effort, "a string such as \"low\", or null");
}

bool ChatBody::ReadPromptCacheKey() {
  return ReadNullableString(facts_.session_id, "a string, or null");
}

bool ChatBody::ReadModalities() {
  if (TakeNull()) return true;
  return ReadElements("an array of strings such as [\"text\"]", [this] {
    std::string_view modality;
    if (!ReadString(modality, "a string such as \"text\"")) return false;
    facts_.uses_audio = facts_.uses_audio || modality == "audio";
    return true;
  });
}

bool ChatBody::ReadAudioOutput() {
  if (TakeNull()) return true;
  if (cursor_.Peek() != '{') return Wrong("an object with voice and format, or null");
  facts_.uses_audio = true;
  return cursor_.SkipValue();
}

}  // namespace headgate::backends::openai_chat

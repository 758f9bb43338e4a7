#include "backends/protocols/openai_chat/request/chat_body.h"

#include <algorithm>

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
      {"prompt_cache_key", &ChatBody::ReadSessionId},
      {"metadata", &ChatBody::ReadMetadata},
      {"modalities", &ChatBody::ReadModalities},
      {"audio", &ChatBody::ReadAudioOutput},
      {"logprobs", &ChatBody::ReadLogprobs},
      {"top_logprobs", &ChatBody::ReadLogprobs},
      {"prediction", &ChatBody::ReadPrediction},
      {"web_search_options", &ChatBody::ReadWebSearch},
      {"moderation", &ChatBody::ReadModeration},
      {"store", &ChatBody::ReadStore},
      {"priority", &ChatBody::ReadPriority},
  };
  BeginRoot();
  if (!ReadMembers(*this, kFields, kRootType) || !EndRoot()) return false;
  // Both are sent, and servers differ in which of them counts.
  if (max_completion_tokens_) {
    facts_.max_tokens = std::max(facts_.max_tokens.value_or(0), *max_completion_tokens_);
  }
  facts_.tool_loop = role() == TextRole::kTool;
  if (facts_.answered_choices > 1) NoteNativeOnly("more than one choice (n)");
  if (facts_.uses_audio) NoteNativeOnly("audio");
  return has_messages() ||
         Missing("messages", R"("messages": [{"role": "user", "content": "Hello"}])");
}

bool ChatBody::ReadMaxCompletionTokens() { return ReadTokenLimit(max_completion_tokens_); }

bool ChatBody::ReadTools() {
  return ReadToolList([this] { return ReadTool(); });
}

bool ChatBody::ReadFunctions() {
  return ReadToolList([this] { return ReadNamed(); });
}

// A tool has one of these members and nests its name there. SDKs of typed languages write the other
// members as null; some clients send the flat shape of the Responses API.
bool ChatBody::ReadTool() {
  static constexpr Field<ChatBody> kFields[] = {
      {"function", &ChatBody::ReadNullableNamed},   {"custom", &ChatBody::ReadCustomTool},
      {"name", &ChatBody::ReadNullableToolName},    {"type", &ChatBody::ReadToolType},
      {"description", &ChatBody::MeasureToolValue}, {"parameters", &ChatBody::MeasureToolValue}};
  return ReadMembers(*this, kFields, "an object");
}

bool ChatBody::ReadNullableNamed() { return TakeNull() || ReadNamed(); }

// Servers that do not look at the type are sent anything here.
bool ChatBody::ReadToolType() {
  if (cursor_.Peek() != '"') return cursor_.SkipValue();
  std::string_view type;
  if (!cursor_.TakeString(type)) return false;
  if (type == "function" || type.empty()) return true;
  NoteNativeOnly("tools that are not functions");
  if (type != "custom") HideInput();
  return true;
}

bool ChatBody::ReadCustomTool() {
  if (TakeNull()) return true;
  NoteNativeOnly("tools that are not functions");
  return ReadNamed();
}

bool ChatBody::ReadNamed() {
  static constexpr Field<ChatBody> kFields[] = {{"name", &ChatBody::ReadToolName},
                                                {"description", &ChatBody::MeasureToolValue},
                                                {"parameters", &ChatBody::MeasureToolValue},
                                                {"format", &ChatBody::MeasureToolValue}};
  return ReadMembers(*this, kFields, "an object with a name");
}

bool ChatBody::ReadResponseFormat() {
  static constexpr Field<ChatBody> kFields[] = {{"type", &ChatBody::ReadFormatType}};
  return TakeNull() || ReadMembers(*this, kFields, "an object such as {\"type\": \"json_object\"}");
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

bool ChatBody::ReadLogprobs() { return TakeNativeOnly("logprobs"); }

// Tokens of it that are not in the answer are charged as output (OpenAI, "Predicted outputs",
// 2026).
bool ChatBody::ReadPrediction() {
  if (TakeNull()) return true;
  const std::size_t begin = cursor_.offset();
  if (!TakeNativeOnly("prediction")) return false;
  facts_.other_output_tokens += static_cast<std::int64_t>(cursor_.taken_end() - begin);
  return true;
}

bool ChatBody::ReadModeration() { return TakeNativeOnly("moderation"); }

// Only its value matters to policies and translation; the backend judges it.
bool ChatBody::ReadStore() {
  facts_.store = cursor_.Peek() == 't' && cursor_.Literal() == "true";
  return cursor_.SkipValue();
}

bool ChatBody::ReadWebSearch() {
  // An empty object asks for a search, too.
  if (cursor_.Peek() == '{') HideInput();
  return TakeHiddenInput("web_search_options");
}

}  // namespace headgate::backends::openai_chat

#include "backends/protocols/openai_responses/request/responses_body.h"

#include <algorithm>

namespace headgate::backends::openai_responses {

bool ResponsesBody::Read() {
  using B = ResponsesBody;
  static constexpr Field<B> kFields[] = {
      {"model", &B::ReadModel},
      {"input", &B::ReadInput},
      {"instructions", &B::ReadInstructions},
      {"stream", &B::ReadStream},
      {"max_output_tokens", &B::ReadMaxTokens},
      {"tools", &B::ReadTools},
      {"tool_choice", &B::ReadToolChoice},
      {"reasoning", &B::ReadReasoning},
      {"text", &B::ReadTextOptions},
      {"service_tier", &B::ReadServiceTier},
      {"prompt_cache_key", &B::ReadSessionId},
      {"metadata", &B::ReadMetadata},
      {"store", &B::ReadStore},
      {"background", &B::ReadBackground},
      {"previous_response_id", &B::ReadPreviousResponse},
      {"conversation", &B::ReadConversation},
      {"prompt", &B::ReadPrompt},
      {"top_logprobs", &B::ReadTopLogprobs},
      {"priority", &B::ReadPriority},
  };
  BeginRoot();
  facts_.store = true;  // unless the client says otherwise
  if (!ReadMembers(*this, kFields, kRootType) || !EndRoot()) return false;
  facts_.wants_usage = facts_.stream;  // a stream always has it
  const bool continues = !facts_.previous_response_id.empty() || !facts_.conversation.empty();
  if (!has_input() && !continues && facts_.native_only.empty()) {
    return Missing("input", R"("input": "Hello")");
  }
  JudgeTools();
  return true;
}

// They count as one message, and may stand behind the input.
bool ResponsesBody::ReadInstructions() {
  const std::size_t first = facts_.texts.size();
  if (TakeNull()) return true;
  if (!ReadText(TextRole::kSystem)) return false;
  if (facts_.texts.size() > first) ++facts_.message_count;
  std::rotate(facts_.texts.begin(), facts_.texts.begin() + static_cast<std::ptrdiff_t>(first),
              facts_.texts.end());
  return true;
}

bool ResponsesBody::ReadTools() {
  return ReadToolList([this] { return ReadTool(); });
}

bool ResponsesBody::ReadTool() {
  using B = ResponsesBody;
  static constexpr Field<B> kFields[] = {
      {"name", &B::ReadNullableToolName},   {"type", &B::ReadToolType},
      {"tools", &B::ReadNamespace},         {"description", &B::MeasureToolValue},
      {"parameters", &B::MeasureToolValue}, {"format", &B::MeasureToolValue}};
  return ReadMembers(*this, kFields, R"(an object such as {"type": "function", "name": "…"})");
}

// A namespace has tools of its own, but not another namespace.
bool ResponsesBody::ReadNamespace() {
  using B = ResponsesBody;
  static constexpr Field<B> kFields[] = {{"name", &B::ReadNullableToolName},
                                         {"type", &B::ReadToolType},
                                         {"description", &B::MeasureToolValue},
                                         {"parameters", &B::MeasureToolValue},
                                         {"format", &B::MeasureToolValue}};
  if (TakeNull()) return true;
  return ReadElements("an array of objects", [this] {
    return ReadMembers(*this, kFields, R"(an object such as {"type": "function", "name": "…"})");
  });
}

bool ResponsesBody::ReadToolType() {
  std::string_view type;
  if (!ReadString(type, "a string such as \"function\"")) return false;
  const bool own = type == "function" || type == "custom";
  has_own_tool_ |= own;
  if (!own && type != "namespace") HideInput();  // what it finds is input
  has_built_in_ |= !own && type != "namespace" && type != kOptionalTool;
  return true;
}

bool ResponsesBody::ReadToolChoice() {
  static constexpr Field<ResponsesBody> kFields[] = {{"type", &ResponsesBody::ReadChosenType}};
  if (TakeNull()) return true;
  if (cursor_.Peek() == '{') {
    return ReadMembers(*this, kFields, R"("auto", "required", "none" or an object)");
  }
  std::string_view mode;
  if (!ReadString(mode, R"("auto", "required", "none" or an object)")) return false;
  may_call_ = mode != "none";
  return true;
}

bool ResponsesBody::ReadChosenType() {
  std::string_view type;
  if (!ReadString(type, "a string such as \"function\"")) return false;
  chose_built_in_ = type != "function" && type != "custom" && type != "allowed_tools";
  return true;
}

// Only the provider can run its tools. The optional one is missed if it is all that is offered, or
// if it must be used.
void ResponsesBody::JudgeTools() {
  const bool misses = has_built_in_ || !has_own_tool_;
  const bool needs = chose_built_in_ || (facts_.uses_tools && may_call_ && misses);
  if (needs) NoteNativeOnly("built-in tools");
}

bool ResponsesBody::ReadReasoning() {
  static constexpr Field<ResponsesBody> kFields[] = {
      {"effort", &ResponsesBody::ReadReasoningEffort}};
  return TakeNull() || ReadMembers(*this, kFields, R"(an object such as {"effort": "low"})");
}

bool ResponsesBody::ReadTextOptions() {
  static constexpr Field<ResponsesBody> kFields[] = {{"format", &ResponsesBody::ReadFormat}};
  return TakeNull() ||
         ReadMembers(*this, kFields, R"(an object such as {"format": {"type": "text"}})");
}

bool ResponsesBody::ReadFormat() {
  static constexpr Field<ResponsesBody> kFields[] = {{"type", &ResponsesBody::ReadFormatType}};
  return TakeNull() || ReadMembers(*this, kFields, "an object such as {\"type\": \"json_object\"}");
}

bool ResponsesBody::ReadStore() { return ReadNullableBool(facts_.store); }

// The provider would run it, be paid for it, and hold the only copy: the answer is fetched by an id
// and no request of ours says which backend has it.
bool ResponsesBody::ReadBackground() {
  bool background = false;
  if (!ReadNullableBool(background)) return false;
  return !background ||
         Refuse({" cannot be true: this gateway runs no response in the background. "
                 "Leave out background, and send \"stream\": true for a long answer."});
}

bool ResponsesBody::ReadPreviousResponse() {
  if (!ReadNullableString(facts_.previous_response_id, "the id of a response, or null"))
    return false;
  if (facts_.previous_response_id.empty()) return true;
  HideInput();
  NoteNativeOnly("previous_response_id");
  return true;
}

bool ResponsesBody::ReadConversation() {
  static constexpr Field<ResponsesBody> kFields[] = {{"id", &ResponsesBody::ReadConversationId}};
  if (TakeNull()) return true;
  if (cursor_.Peek() == '"') return ReadConversationId();
  return ReadMembers(*this, kFields,
                     R"(the id of a conversation, or an object such as {"id": "…"})");
}

bool ResponsesBody::ReadConversationId() {
  if (!ReadString(facts_.conversation, "the id of a conversation")) return false;
  if (facts_.conversation.empty()) return true;
  HideInput();
  NoteNativeOnly("conversation");
  return true;
}

bool ResponsesBody::ReadPrompt() { return TakeHiddenInput("prompt"); }

bool ResponsesBody::ReadTopLogprobs() { return TakeNativeOnly("logprobs"); }

}  // namespace headgate::backends::openai_responses

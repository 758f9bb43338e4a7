#include "backends/protocols/openai_chat/request/chat_messages.h"

#include <string_view>

namespace headgate::backends::openai_chat {

bool ChatMessages::ReadMessages() {
  const bool good = ReadElements("an array of messages", [this] { return ReadMessage(); });
  if (!good) return false;
  has_messages_ = true;
  if (facts_.message_count > 0) return true;
  return Refuse({R"( is empty; send at least one, such as {"role": "user", "content": "Hello"}.)"});
}

bool ChatMessages::ReadMessage() {
  static constexpr Field<ChatMessages> kFields[] = {
      {"role", &ChatMessages::ReadRole},
      {"content", &ChatMessages::ReadContent},
      {"tool_calls", &ChatMessages::ReadToolCalls},
      {"function_call", &ChatMessages::ReadCalled},
      {"audio", &ChatMessages::ReadSpokenBefore},
      {"thinking_blocks", &ChatMessages::ReadThinkingBlocks}};
  role_.reset();
  const std::size_t first_text = facts_.texts.size();
  if (!ReadMembers(*this, kFields, R"(an object such as {"role": "user", "content": "Hello"})")) {
    return false;
  }
  if (!role_) {
    Push({"role"});
    return Refuse({R"( is missing; send one, such as "role": "user".)"});
  }
  for (std::size_t i = first_text; i < facts_.texts.size(); ++i) facts_.texts[i].role = *role_;
  ++facts_.message_count;
  if (role_ == TextRole::kAssistant) facts_.has_assistant_turn = true;
  return true;
}

bool ChatMessages::ReadRole() {
  std::string_view name;
  if (!ReadString(name, "a string such as \"user\"")) return false;
  role_ = RoleNamed(name);
  return true;
}

bool ChatMessages::ReadContent() {
  static constexpr Field<ChatMessages> kPart[] = {
      {"text", &ChatMessages::ReadPartText},   {"refusal", &ChatMessages::ReadPartText},
      {"image_url", &ChatMessages::ReadImage}, {"input_audio", &ChatMessages::ReadInputAudio},
      {"file", &ChatMessages::ReadFile},       {"video_url", &ChatMessages::ReadVideo}};
  if (TakeNull()) return true;
  if (cursor_.Peek() == '"') return ReadMessageText();
  // A part is recognised by its field and not by its `type`. Otherwise a backend that looks at the
  // field would be sent an image that was never counted.
  return ReadElements("a string, an array of parts, or null", [this] {
    return ReadMembers(*this, kPart, R"(an object such as {"type": "text", "text": "Hello"})");
  });
}

// Only its type and its size matter here: the roles show a turn of tools.
bool ChatMessages::ReadToolCalls() {
  static constexpr Field<ChatMessages> kFields[] = {{"function", &ChatMessages::ReadCalled},
                                                    {"custom", &ChatMessages::ReadCalled}};
  if (TakeNull()) return true;
  return ReadElements("an array of tool calls, or null", [this] {
    if (cursor_.Peek() != '{') return cursor_.SkipValue();
    return ReadMembers(*this, kFields, "an object");
  });
}

// A backend judges the shape; the model reads the name and the arguments.
bool ChatMessages::ReadCalled() {
  static constexpr Field<ChatMessages> kFields[] = {{"name", &ChatMessages::MeasureToolValue},
                                                    {"arguments", &ChatMessages::MeasureToolValue},
                                                    {"input", &ChatMessages::MeasureToolValue}};
  if (cursor_.Peek() != '{') return cursor_.SkipValue();
  return ReadMembers(*this, kFields, "an object");
}

// In a part null means absent, whatever the field: SDKs of typed languages write all fields.
bool ChatMessages::ReadPartText() { return TakeNull() || ReadMessageText(); }

// ReadMessage sets the role, which may come after the content.
bool ChatMessages::ReadMessageText() { return ReadText(TextRole::kUser); }

bool ChatMessages::ReadImage() {
  if (TakeNull()) return true;
  const char c = cursor_.Peek();
  if (c != '{' && c != '"') return Wrong(R"(an object such as {"url": "https://…"})");
  return TakeImage();
}

bool ChatMessages::ReadVideo() { return TakeHiddenInput("video"); }

bool ChatMessages::ReadThinkingBlocks() {
  if (TakeNull()) return true;
  facts_.has_thoughts = true;
  return cursor_.SkipValue();
}

// An earlier answer, by its id.
bool ChatMessages::ReadSpokenBefore() { return TakeHiddenInput("audio"); }

bool ChatMessages::ReadInputAudio() {
  static constexpr Field<ChatMessages> kFields[] = {{"data", &ChatMessages::ReadAudioData}};
  if (TakeNull()) return true;
  facts_.uses_audio = true;
  NoteNativeOnly("audio");
  return ReadMembers(*this, kFields, R"(an object such as {"data": "…", "format": "wav"})");
}

bool ChatMessages::ReadFile() {
  static constexpr Field<ChatMessages> kFields[] = {{"file_data", &ChatMessages::ReadFileBytes},
                                                    {"file_id", &ChatMessages::ReadFileId}};
  return TakeNull() || ReadMembers(*this, kFields, R"(an object such as {"file_id": "…"})");
}

bool ChatMessages::ReadFileBytes() { return TakeNull() || ReadFileData(); }

bool ChatMessages::ReadFileId() { return TakeHiddenInput("file ids"); }

}  // namespace headgate::backends::openai_chat

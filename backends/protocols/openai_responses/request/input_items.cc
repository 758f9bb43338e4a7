#include "backends/protocols/openai_responses/request/input_items.h"

#include <algorithm>
#include <array>

namespace headgate::backends::openai_responses {
namespace {

// Items that can be told to any backend, or left out: the words around a search say what it found.
constexpr std::array<std::string_view, 9> kCommonItems = {
    "message",          "function_call",           "function_call_output",
    "custom_tool_call", "custom_tool_call_output", "additional_tools",
    "reasoning",        "web_search_call",         "file_search_call"};

bool IsCommon(std::string_view type) {
  return std::find(kCommonItems.begin(), kCommonItems.end(), type) != kCommonItems.end();
}

// Whether the provider may have kept what the model reads of the item.
bool IsKept(std::string_view type) {
  return !IsCommon(type) || type == "web_search_call" || type == "file_search_call";
}

bool IsCall(std::string_view type) { return type.ends_with("_call"); }
bool IsResult(std::string_view type) { return type.ends_with("_output"); }

}  // namespace

bool InputItems::ReadInput() {
  has_input_ = true;
  if (TakeNull()) {
    has_input_ = false;
    return true;
  }
  if (cursor_.Peek() == '"') {
    ++facts_.message_count;
    return ReadText(TextRole::kUser);
  }
  return ReadElements("a string or an array of items", [this] { return ReadItem(); });
}

bool InputItems::ReadItem() {
  using B = InputItems;
  static constexpr Field<B> kFields[] = {{"type", &B::ReadType},
                                         {"role", &B::ReadRole},
                                         {"id", &B::ReadId},
                                         {"content", &B::ReadContent},
                                         {"output", &B::ReadContent},
                                         // Of a call of a tool.
                                         {"name", &B::MeasureToolValue},
                                         {"arguments", &B::MeasureToolValue},
                                         {"input", &B::MeasureToolValue},
                                         {"tools", &B::MeasureToolValue}};
  const std::size_t first_text = facts_.texts.size();
  Item item;
  item_ = &item;
  if (!ReadMembers(*this, kFields, R"(an object such as {"role": "user", "content": "Hello"})")) {
    return false;
  }
  // A reference has nothing but its id, if it has no type.
  if (item.type.empty() && item.role.empty() && item.has_id && !item.has_content) {
    item.type = "item_reference";
  }
  if (item.type.empty()) {
    if (item.role.empty()) {
      Push({"role"});
      return Refuse({R"( is missing; send one, such as "role": "user".)"});
    }
    item.type = "message";
  }
  // Thoughts are not given to the model as text.
  if (item.type == "reasoning") {
    facts_.has_thoughts = true;
    RemoveTexts(first_text);
  }
  const TextRole role = IsResult(item.type) ? TextRole::kTool
                        : IsCall(item.type) ? TextRole::kAssistant
                                            : RoleNamed(item.role);
  for (std::size_t i = first_text; i < facts_.texts.size(); ++i) facts_.texts[i].role = role;
  CountItem(item, role);
  return true;
}

// Counts as in chat completions, where an assistant's words and calls are one message.
void InputItems::CountItem(const Item& item, TextRole role) {
  if (IsKept(item.type)) HideInput();
  if (item.type == "item_reference") return NoteNativeOnly("item_reference");
  if (!IsCommon(item.type)) NoteNativeOnly("items of built-in tools");
  if (item.type == "reasoning" || item.type == "additional_tools") return;
  const bool call = IsCall(item.type);
  if (!call || !in_turn_) ++facts_.message_count;
  in_turn_ = role == TextRole::kAssistant;
  facts_.has_assistant_turn |= in_turn_;
  facts_.tool_loop = role == TextRole::kTool;
}

bool InputItems::ReadType() {
  return ReadNullableString(item_->type, "a string such as \"message\"");
}

bool InputItems::ReadRole() { return ReadNullableString(item_->role, "a string such as \"user\""); }

bool InputItems::ReadId() {
  if (TakeNull()) return true;
  item_->has_id = true;
  return cursor_.SkipValue();
}

// ReadItem sets the role, which may come after the content. A screenshot is a part of its own.
bool InputItems::ReadContent() {
  if (TakeNull()) return true;
  item_->has_content = true;
  if (cursor_.Peek() == '"') return ReadText(TextRole::kUser);
  if (cursor_.Peek() == '{') return ReadPart();
  return ReadElements("a string, an array of parts, or null", [this] { return ReadPart(); });
}

// A part is recognised by its member and not by its `type`. Otherwise a backend that looks at the
// member would be sent an image that was never counted.
bool InputItems::ReadPart() {
  using B = InputItems;
  static constexpr Field<B> kFields[] = {
      {"type", &B::ReadType},        {"text", &B::ReadPartText},
      {"refusal", &B::ReadPartText}, {"image_url", &B::ReadImage},
      {"file_id", &B::ReadFileId},   {"file_data", &B::ReadPartFile},
      {"file_url", &B::ReadFileUrl}, {"input_audio", &B::ReadInputAudio},
  };
  Item* const around = item_;
  Item part;
  item_ = &part;
  if (!ReadMembers(*this, kFields,
                   R"(an object such as {"type": "input_text", "text": "Hello"})")) {
    return false;
  }
  item_ = around;
  if (!part.image.empty() || (part.has_file_id && part.type == "input_image")) {
    AddImage(part.image);
  } else if (part.has_file_id) {
    HideInput();
  }
  return true;
}

bool InputItems::ReadPartText() { return TakeNull() || ReadText(TextRole::kUser); }

bool InputItems::ReadImage() {
  if (TakeNull()) return true;
  const char c = cursor_.Peek();
  if (c != '{' && c != '"') return Wrong("an address such as \"https://…\"");
  const std::size_t begin = cursor_.offset();
  if (!cursor_.SkipValue()) return false;
  item_->image = cursor_.text().substr(begin, cursor_.taken_end() - begin);
  return true;
}

bool InputItems::ReadFileId() {
  if (TakeNull()) return true;
  item_->has_file_id = true;
  return TakeNativeOnly("file ids");
}

bool InputItems::ReadPartFile() { return TakeNull() || ReadFileData(); }

bool InputItems::ReadInputAudio() {
  static constexpr Field<InputItems> kFields[] = {{"data", &InputItems::ReadAudioData}};
  if (TakeNull()) return true;
  facts_.uses_audio = true;
  NoteNativeOnly("audio");
  return ReadMembers(*this, kFields, R"(an object such as {"data": "…", "format": "wav"})");
}

}  // namespace headgate::backends::openai_responses

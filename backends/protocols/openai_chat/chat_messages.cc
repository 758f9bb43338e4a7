#include "backends/protocols/openai_chat/chat_messages.h"

#include <string_view>

namespace headgate::backends::openai_chat {
namespace {

// The most tokens that one image counts as input. OpenAI's guide to images and vision: a tile model
// counts 85 tokens and 170 for each tile of 512 x 512. After scaling to at most 2048 x 768 an image
// has at most 8 tiles, 1,445 tokens.
constexpr std::int64_t kTokensPerImage = 1500;

// Base64 characters that count as one token. Audio models count about 10 tokens a second, and
// speech is rarely packed tighter than 8 kbit/s, which is 1,333 characters a second.
constexpr std::int64_t kAudioCharactersPerToken = 100;

// Files are read as text and as one image per page. A scanned page takes 30 KB and more, and about
// 1,500 tokens: a token for 32 characters is an estimate and not a bound.
constexpr std::int64_t kFileCharactersPerToken = 32;

TextRole RoleOf(std::string_view name) {
  if (name == "user") return TextRole::kUser;
  if (name == "assistant") return TextRole::kAssistant;
  if (name == "system" || name == "developer") return TextRole::kSystem;
  if (name == "tool" || name == "function") return TextRole::kTool;
  return TextRole::kUser;  // roles of other vendors' templates: trusted no more than a user
}

}  // namespace

bool ChatMessages::ReadMessages() {
  const bool good = ReadElements("an array of messages", [this] { return ReadMessage(); });
  if (!good) return false;
  has_messages_ = true;
  if (facts_.message_count > 0) return true;
  return Refuse({R"( is empty; send at least one, such as {"role": "user", "content": "Hello"}.)"});
}

bool ChatMessages::ReadMessage() {
  static constexpr Field<ChatMessages> kFields[] = {{"role", &ChatMessages::ReadRole},
                                                    {"content", &ChatMessages::ReadContent},
                                                    {"tool_calls", &ChatMessages::ReadToolCalls}};
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
  role_ = RoleOf(name);
  return true;
}

bool ChatMessages::ReadContent() {
  static constexpr Field<ChatMessages> kPart[] = {{"text", &ChatMessages::ReadPartText},
                                                  {"refusal", &ChatMessages::ReadPartText},
                                                  {"image_url", &ChatMessages::ReadImage},
                                                  {"input_audio", &ChatMessages::ReadInputAudio},
                                                  {"file", &ChatMessages::ReadFile}};
  if (TakeNull()) return true;
  if (cursor_.Peek() == '"') return ReadMessageText();
  // A part is recognised by its field and not by its `type`. Otherwise a backend that looks at the
  // field would be sent an image that was never counted.
  return ReadElements("a string, an array of parts, or null", [this] {
    return ReadMembers(*this, kPart, R"(an object such as {"type": "text", "text": "Hello"})");
  });
}

// Only its type matters here: the roles show a turn of tools.
bool ChatMessages::ReadToolCalls() {
  if (TakeNull()) return true;
  return cursor_.Peek() == '[' ? cursor_.SkipValue() : Wrong("an array of tool calls, or null");
}

// In a part null means absent, whatever the field: SDKs of typed languages write all fields.
bool ChatMessages::ReadPartText() { return TakeNull() || ReadMessageText(); }

// ReadMessage sets the role, which may come after the content.
bool ChatMessages::ReadMessageText() { return ReadText(TextRole::kUser); }

bool ChatMessages::ReadImage() {
  if (TakeNull()) return true;
  const char c = cursor_.Peek();
  if (c != '{' && c != '"') return Wrong(R"(an object such as {"url": "https://…"})");
  facts_.uses_images = true;
  facts_.other_input_tokens += kTokensPerImage;
  return cursor_.SkipValue();
}

bool ChatMessages::ReadInputAudio() {
  static constexpr Field<ChatMessages> kFields[] = {{"data", &ChatMessages::ReadAudioBytes}};
  if (TakeNull()) return true;
  facts_.uses_audio = true;
  return ReadMembers(*this, kFields, R"(an object such as {"data": "…", "format": "wav"})");
}

bool ChatMessages::ReadAudioBytes() { return ReadEncoded(kAudioCharactersPerToken); }

bool ChatMessages::ReadFile() {
  static constexpr Field<ChatMessages> kFields[] = {{"file_data", &ChatMessages::ReadFileBytes}};
  return TakeNull() || ReadMembers(*this, kFields, R"(an object such as {"file_id": "…"})");
}

bool ChatMessages::ReadFileBytes() { return TakeNull() || ReadEncoded(kFileCharactersPerToken); }

// Megabytes of base64 are measured and never read.
bool ChatMessages::ReadEncoded(std::int64_t characters_per_token) {
  if (cursor_.Peek() != '"') return Wrong("a base64 string");
  const auto size = static_cast<std::int64_t>(cursor_.Literal().size());
  facts_.other_input_tokens += (size + characters_per_token - 1) / characters_per_token;
  return cursor_.SkipValue();
}

}  // namespace headgate::backends::openai_chat

// What the model is to read: messages with their parts, prompts, token ids.
#include <cstdint>
#include <string_view>

#include "backends/protocols/openai/request/shared_fields.h"

namespace headgate::gateway {
namespace {

// The most that one image counts as input. OpenAI's guide to images and vision: a tile model counts
// 85 tokens and 170 for each tile of 512 x 512; after its scaling to at most 2048 x 768 an image
// has at most 8 tiles, 1,445 tokens.
constexpr std::int64_t kTokensPerImage = 1500;

// Base64 characters for which one token is counted. Audio models count about 10 tokens a second,
// and speech is rarely packed tighter than 8 kbit/s, which is 1,333 characters a second.
constexpr std::int64_t kAudioCharactersPerToken = 100;

// Files are read as text and as one image per page. A page takes 30 KB and more when it is scanned,
// and about 1,500 tokens: one for 32 characters is an estimate and not a bound.
constexpr std::int64_t kFileCharactersPerToken = 32;

routing::Role RoleOf(std::string_view name) {
  if (name == "user") return routing::Role::kUser;
  if (name == "assistant") return routing::Role::kAssistant;
  if (name == "system" || name == "developer") return routing::Role::kSystem;
  if (name == "tool" || name == "function") return routing::Role::kTool;
  return routing::Role::kUser;  // roles of other vendors' templates: as little trusted as a user
}

}  // namespace

void RequestFields::AddText(std::string_view text) {
  signals_.text_bytes += text.size();
  if (!text.empty()) signals_.texts.push_back({role_.value_or(routing::Role::kUser), text});
}

// --- chat ----------------------------------------------------------------------------------------

bool RequestFields::ReadMessages() {
  const bool good = ReadElements("an array of messages", [this] { return ReadMessage(); });
  if (!good) return false;
  has_input_ = true;
  if (signals_.message_count > 0) return true;
  return Refuse({R"( is empty; send at least one, such as {"role": "user", "content": "Hello"}.)"});
}

bool RequestFields::ReadMessage() {
  static constexpr Field kFields[] = {{"role", &RequestFields::ReadRole},
                                      {"content", &RequestFields::ReadContent},
                                      {"tool_calls", &RequestFields::ReadToolCalls}};
  role_.reset();
  const std::size_t first_text = signals_.texts.size();
  if (!ReadMembers(kFields, R"(an object such as {"role": "user", "content": "Hello"})")) {
    return false;
  }
  if (!role_) {
    Push({"role"});
    return Refuse({R"( is missing; send one, such as "role": "user".)"});
  }
  // The role may stand behind the content.
  for (std::size_t i = first_text; i < signals_.texts.size(); ++i) signals_.texts[i].role = *role_;
  ++signals_.message_count;
  if (role_ == routing::Role::kAssistant) signals_.has_assistant_turn = true;
  return true;
}

bool RequestFields::ReadRole() {
  std::string_view name;
  if (!ReadString(name, "a string such as \"user\"")) return false;
  role_ = RoleOf(name);
  return true;
}

bool RequestFields::ReadContent() {
  static constexpr Field kPart[] = {{"text", &RequestFields::ReadPartText},
                                    {"refusal", &RequestFields::ReadPartText},
                                    {"image_url", &RequestFields::ReadImage},
                                    {"input_audio", &RequestFields::ReadInputAudio},
                                    {"file", &RequestFields::ReadFile}};
  if (TakeNull()) return true;
  if (cursor_.Peek() == '"') return ReadText();
  // A part is known by the field that it carries and not by its `type`: a backend that looks at the
  // field would otherwise be sent an image that was never counted.
  return ReadElements("a string, an array of parts, or null", [this] {
    return ReadMembers(kPart, R"(an object such as {"type": "text", "text": "Hello"})");
  });
}

// Only its type matters here: what a turn of tools looks like, the roles tell.
bool RequestFields::ReadToolCalls() {
  if (TakeNull()) return true;
  return cursor_.Peek() == '[' ? cursor_.SkipValue() : Wrong("an array of tool calls, or null");
}

// In a part null stands for absent, whatever the field: SDKs of typed languages write all of them.
bool RequestFields::ReadPartText() { return TakeNull() || ReadText(); }

bool RequestFields::ReadText() {
  std::string_view text;
  if (!ReadString(text, "a string")) return false;
  AddText(text);
  return true;
}

bool RequestFields::ReadImage() {
  if (TakeNull()) return true;
  const char c = cursor_.Peek();
  if (c != '{' && c != '"') return Wrong(R"(an object such as {"url": "https://…"})");
  signals_.uses_images = true;
  signals_.other_input_tokens += kTokensPerImage;
  return cursor_.SkipValue();
}

bool RequestFields::ReadInputAudio() {
  static constexpr Field kFields[] = {{"data", &RequestFields::ReadAudioBytes}};
  if (TakeNull()) return true;
  signals_.uses_audio = true;
  return ReadMembers(kFields, R"(an object such as {"data": "…", "format": "wav"})");
}

bool RequestFields::ReadAudioBytes() { return ReadEncoded(kAudioCharactersPerToken); }

bool RequestFields::ReadFile() {
  static constexpr Field kFields[] = {{"file_data", &RequestFields::ReadFileBytes}};
  return TakeNull() || ReadMembers(kFields, R"(an object such as {"file_id": "…"})");
}

bool RequestFields::ReadFileBytes() { return TakeNull() || ReadEncoded(kFileCharactersPerToken); }

// Megabytes of base64 are measured and never looked at.
bool RequestFields::ReadEncoded(std::int64_t characters_per_token) {
  if (cursor_.Peek() != '"') return Wrong("a base64 string");
  const auto size = static_cast<std::int64_t>(cursor_.Literal().size());
  signals_.other_input_tokens += (size + characters_per_token - 1) / characters_per_token;
  return cursor_.SkipValue();
}

// --- completions and embeddings ------------------------------------------------------------------

// `prompt` and `input` share their four shapes: string, [string], [token id], [[token id]].
bool RequestFields::ReadPrompt() {
  constexpr std::string_view kType = "a string, or an array of strings or token ids";
  has_input_ = true;
  role_ = routing::Role::kPrompt;
  if (cursor_.Peek() == '"') return ReadText();
  char kind = '\0';
  if (!ReadElements(kType, [&] { return ReadPromptElement(kind); })) return false;
  return kind != '\0' || Refuse({" is empty; send at least one string."});
}

// `kind` is the first byte of the first element ('0' for a number): all must be of one kind.
bool RequestFields::ReadPromptElement(char& kind) {
  const char c = cursor_.Peek();
  const char own = c == '"' || c == '[' ? c : '0';
  if (kind == '\0') kind = own;
  switch (kind) {
    case '"':
      return ReadText();
    case '[':
      return ReadTokenIds();
    default:
      return ReadTokenId();
  }
}

bool RequestFields::ReadTokenIds() {
  return ReadElements("an array of token ids", [this] { return ReadTokenId(); });
}

bool RequestFields::ReadTokenId() {
  std::optional<std::int64_t> id;
  if (!ReadInteger(0, INT32_MAX, "a token id, which is an integer of 0 or more", id)) return false;
  ++signals_.other_input_tokens;
  return true;
}

bool RequestFields::ReadSuffix() {
  if (TakeNull()) return true;
  role_ = routing::Role::kPrompt;
  signals_.has_suffix = true;
  return ReadText();
}

}  // namespace headgate::gateway

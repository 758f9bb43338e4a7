#include "backends/protocols/request/body_fields.h"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace headgate::backends {
namespace {

constexpr std::int64_t kMostTokens = std::int64_t{1}
                                     << 40;  // far above any context, far from overflow

// The tokens that one image is expected to be. The largest have 1,445 at gpt-4o and gpt-4.1, and
// 1,568 at most of Anthropic's models. What an image can be at most, which for some models is far
// more, is in the catalogue (image_tokens).
constexpr std::int64_t kTokensPerImage = 1500;

// Base64 characters that count as one token. Audio models count about 10 tokens a second, and
// speech is rarely packed tighter than 8 kbit/s, which is 1,333 characters a second.
constexpr std::size_t kAudioCharactersPerToken = 100;

// Files are read as text and as one image per page. A scanned page takes 30 KB and more, and about
// 1,500 tokens: a token for 32 characters is an estimate and not a bound.
constexpr std::size_t kFileCharactersPerToken = 32;

// Returns the fewest bytes that a piece of JSON can have without its escapes, so that a client
// cannot hide text by writing an image longer than it is. PHP writes each slash of base64 as \/.
std::size_t UnescapedBytes(std::string_view json) {
  constexpr std::size_t kUnicode = 5;  // \uXXXX is one byte or more
  std::size_t escapes = 0;
  for (std::size_t at = json.find('\\'); at < json.size(); at = json.find('\\', at)) {
    escapes += json.substr(at + 1, 1) == "u" ? kUnicode : 1;
    at += 2;
  }
  return json.size() - std::min(escapes, json.size());
}

std::int64_t TokensOf(std::size_t characters, std::size_t per_token) {
  return static_cast<std::int64_t>((characters + per_token - 1) / per_token);
}

}  // namespace

TextRole RoleNamed(std::string_view name) {
  if (name == "user") return TextRole::kUser;
  if (name == "assistant") return TextRole::kAssistant;
  if (name == "system" || name == "developer") return TextRole::kSystem;
  if (name == "tool" || name == "function") return TextRole::kTool;
  return TextRole::kUser;
}

bool BodyFields::EndRoot() {
  if (!cursor_.AtEnd()) return cursor_.Fail("something follows the object");
  if (!path_model_.empty()) TakePathModel();
  const bool named = !view_.splice.model.empty() || !path_model_.empty();
  return named || Missing("model", "\"model\": \"auto\"");
}

// The body is sent with the model that the path names, whatever model it names itself.
void BodyFields::TakePathModel() {
  facts_.model = path_model_;
  if (!view_.splice.model.empty()) return;
  view_.splice.insert_model = true;
  view_.splice.model = {view_.splice.object_begin, view_.splice.object_begin};
}

bool BodyFields::ReadModel() {
  constexpr std::string_view kType = "a model's name as a string, such as \"auto\"";
  const std::size_t begin = cursor_.offset();
  if (!path_model_.empty() && TakeNull()) {
    view_.splice.model = {begin, cursor_.taken_end()};
    return true;
  }
  if (cursor_.Peek() != '"') return Wrong(kType);
  const std::size_t end = begin + cursor_.Literal().size();
  if (!cursor_.TakeString(facts_.model)) return false;
  if (facts_.model.empty() && path_model_.empty())
    return Refuse({" is empty; name a model, such as \"auto\"."});
  view_.splice.model = {begin, end};
  return true;
}

bool BodyFields::ReadStream() { return ReadNullableBool(facts_.stream); }

bool BodyFields::ReadMaxTokens() { return ReadTokenLimit(facts_.max_tokens); }

bool BodyFields::ReadTokenLimit(std::optional<std::int64_t>& limit) {
  return TakeNull() || ReadInteger(0, kMostTokens, "an integer of 0 or more, such as 256", limit);
}

bool BodyFields::ReadServiceTier() {
  return ReadNullableString(facts_.service_tier, "a string such as \"auto\", or null");
}

bool BodyFields::ReadReasoningEffort() {
  return ReadNullableString(facts_.reasoning_effort, "a string such as \"low\", or null");
}

bool BodyFields::ReadSessionId() {
  return ReadNullableString(facts_.session_id, "a string, or null");
}

bool BodyFields::ReadPriority() {
  const std::size_t begin = cursor_.offset();
  if (!cursor_.SkipValue()) return false;
  view_.splice.priority = Span{begin, cursor_.taken_end()};
  return true;
}

bool BodyFields::ReadFormatType() {
  std::string_view type;
  if (!ReadString(type, "\"text\", \"json_object\" or \"json_schema\"")) return false;
  facts_.uses_json_schema = type == "json_schema";
  return true;
}

bool BodyFields::ReadToolName() {
  std::string_view name;
  if (!ReadString(name, "a string")) return false;
  facts_.tool_names.push_back(name);
  facts_.tool_bytes += name.size();
  return true;
}

bool BodyFields::ReadNullableToolName() { return TakeNull() || ReadToolName(); }

bool BodyFields::MeasureToolValue() {
  if (TakeNull()) return true;
  const std::size_t begin = cursor_.offset();
  if (cursor_.Peek() != '"') {
    if (!cursor_.SkipValue()) return false;
    facts_.tool_bytes += cursor_.taken_end() - begin;
    return true;
  }
  std::string_view text;
  if (!cursor_.TakeString(text)) return false;
  facts_.tool_bytes += text.size();
  return true;
}

// Policies may look at any entry. An entry that is not a string counts as an empty text, and a
// repeated entry counts with each of its values.
bool BodyFields::ReadMetadata() {
  if (TakeNull()) return true;
  if (cursor_.Peek() != '{') return Wrong("an object of strings, or null");
  bool has_class = false;
  return cursor_.TakeObject([&](std::string_view name) {
    if (name == "class") return ReadMetadataClass(has_class);
    std::string_view value;
    if (!(cursor_.Peek() == '"' ? cursor_.TakeString(value) : cursor_.SkipValue())) return false;
    facts_.metadata.emplace_back(name, value);
    return true;
  });
}

bool BodyFields::ReadMetadataClass(bool& seen) {
  Push({"class"});
  if (seen) return Refuse({" is given twice; give it once."});
  seen = true;
  if (!ReadNullableString(facts_.metadata_class, "a string such as \"batch\", or null")) {
    return false;
  }
  facts_.metadata.emplace_back("class", facts_.metadata_class);
  Pop();
  return true;
}

// --- what the model reads ------------------------------------------------------------------------

bool BodyFields::ReadText(TextRole role) {
  std::string_view text;
  if (!ReadString(text, "a string")) return false;
  AddText(role, text);
  return true;
}

void BodyFields::AddText(TextRole role, std::string_view text) {
  facts_.text_bytes += text.size();
  if (!text.empty()) facts_.texts.push_back({role, text});
}

void BodyFields::RemoveTexts(std::size_t first) {
  while (facts_.texts.size() > first) {
    facts_.text_bytes -= facts_.texts.back().text.size();
    facts_.texts.pop_back();
  }
}

void BodyFields::AddImage(std::string_view literal) {
  facts_.uses_images = true;
  ++facts_.images;
  facts_.image_bytes += UnescapedBytes(literal);
  facts_.other_input_tokens += kTokensPerImage;
}

bool BodyFields::TakeImage() {
  const std::size_t begin = cursor_.offset();
  if (!cursor_.SkipValue()) return false;
  AddImage(cursor_.text().substr(begin, cursor_.taken_end() - begin));
  return true;
}

bool BodyFields::TakeHiddenInput(std::string_view what) {
  bool empty = false;
  if (!TakeUnlessEmpty(empty)) return false;
  if (empty) return true;
  HideInput();
  NoteNativeOnly(what);
  return true;
}

bool BodyFields::ReadAudioData() {
  std::size_t characters = 0;
  if (!ReadEncoded(characters)) return false;
  facts_.other_input_tokens += TokensOf(characters, kAudioCharactersPerToken);
  HideInput();
  return true;
}

bool BodyFields::ReadFileData() {
  std::size_t characters = 0;
  if (!ReadEncoded(characters)) return false;
  AddFile(characters);
  return true;
}

bool BodyFields::ReadFileUrl() {
  std::string_view url;
  if (!ReadNullableString(url, "an address such as \"https://…\"")) return false;
  if (!url.empty()) AddFile(0);
  return true;
}

void BodyFields::AddFile(std::size_t characters) {
  facts_.uses_documents = true;
  HideInput();
  facts_.other_input_tokens += TokensOf(characters, kFileCharactersPerToken);
}

bool BodyFields::ReadEncoded(std::size_t& characters) {
  if (cursor_.Peek() != '"') return Wrong("a base64 string");
  characters = cursor_.Literal().size();
  return cursor_.SkipValue();
}

// --- what cannot be translated -------------------------------------------------------------------

void BodyFields::NoteNativeOnly(std::string_view what) {
  if (facts_.native_only.empty()) facts_.native_only = what;
}

bool BodyFields::TakeNativeOnly(std::string_view what) {
  bool empty = false;
  if (!TakeUnlessEmpty(empty)) return false;
  if (!empty) NoteNativeOnly(what);
  return true;
}

bool BodyFields::TakeUnlessEmpty(bool& empty) {
  const char c = cursor_.Peek();
  const bool container = c == '{' || c == '[';
  const std::string_view literal = container || cursor_.AtEnd() ? "" : cursor_.Literal();
  if (!cursor_.SkipValue()) return false;
  empty = container
              ? cursor_.TookEmptyContainer()
              : literal == "null" || literal == "false" || literal == "0" || literal == "\"\"";
  return true;
}

bool BodyFields::TakeAnyInteger(std::optional<std::int64_t>& value) {
  const char c = cursor_.Peek();
  if (c >= '0' && c <= '9') {
    const std::string_view literal = cursor_.Literal();
    const char* const end = literal.data() + literal.size();
    std::int64_t number = 0;
    const auto [behind, problem] = std::from_chars(literal.data(), end, number);
    if (problem == std::errc() && behind == end) value = std::min(number, kMostTokens);
  }
  return cursor_.SkipValue();
}

}  // namespace headgate::backends

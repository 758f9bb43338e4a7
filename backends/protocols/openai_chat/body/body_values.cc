#include "backends/protocols/openai_chat/body/body_values.h"

#include <algorithm>

#include "backends/protocols/json/append_json.h"
#include "backends/protocols/json/white_space.h"

namespace headgate::backends::openai_chat {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::SUCCESS;

std::string PathText(const Path& path) {
  if (path.parent == nullptr) return {};
  std::string text = PathText(*path.parent);
  if (path.name.empty()) {
    text += '[';
    json::AppendInteger(static_cast<std::int64_t>(path.index), text);
    text += ']';
  } else {
    if (!text.empty()) text += '.';
    text += path.name;
  }
  return text;
}

// A path without its indexes, as a header names it.
std::string FieldText(const Path& path) {
  if (path.parent == nullptr) return {};
  std::string text = FieldText(*path.parent);
  if (path.name.empty()) return text;
  if (!text.empty()) text += '.';
  return text += NameForHeader(path.name);
}

std::string_view KindOf(std::string_view token) {
  switch (token.empty() ? ' ' : token.front()) {
    case '"':
      return "a string";
    case '{':
      return "an object";
    case '[':
      return "an array";
    case 't':
    case 'f':
      return "a boolean";
    case 'n':
      return "null";
    default:
      return "a number";
  }
}

}  // namespace

bool SaysNothing(JsonValue value) {
  const std::string_view token = TokenOf(value);
  if (token == "null") return true;
  if (!token.starts_with('[') && !token.starts_with('{')) return false;
  const char* at = token.data() + 1;  // brackets match, so a token follows
  while (json::IsSpace(*at)) ++at;
  return *at == ']' || *at == '}';
}

bool BodyValues::Text(JsonValue value, const Path& path, std::string_view type, std::string& text) {
  std::string scratch;
  const std::optional<std::string_view> found = json::TextOfToken(TokenOf(value), scratch);
  if (!found) return Wrong(value, path, type);
  text = *found;
  return true;
}

bool BodyValues::Flag(JsonValue value, const Path& path, bool& flag) {
  const std::string_view token = TokenOf(value);
  if (token != "true" && token != "false") return Wrong(value, path, "true or false");
  flag = token == "true";
  return true;
}

bool BodyValues::Number(JsonValue value, const Path& path, std::string& text) {
  const std::string_view token = TokenOf(value);
  double number = 0;
  if (KindOf(token) != "a number") return Wrong(value, path, "a number");
  if (value.get_double().get(number) != SUCCESS) {
    return Refuse(path, " is not a number that can be read; write one such as 0.5.");
  }
  text = token;
  return true;
}

bool BodyValues::Integer(JsonValue value, const Path& path, std::int64_t& number) {
  if (KindOf(TokenOf(value)) != "a number") return Wrong(value, path, "an integer");
  if (value.get_int64().get(number) == SUCCESS) return true;
  return Refuse(path, " must be an integer of at most 64 bits, such as 1024.");
}

bool BodyValues::RawObject(JsonValue value, const Path& path, std::string& json) {
  ondemand::object object;
  std::string_view raw;
  if (!TakeObject(value, path, "an object", object)) return false;
  if (object.raw_json().get(raw) != SUCCESS) return Broken(path);
  while (!raw.empty() && json::IsSpace(raw.back())) raw.remove_suffix(1);
  if (!json::IsWholeObject(raw)) return Broken(path);
  json = raw;
  return true;
}

bool BodyValues::TakeObject(JsonValue value, const Path& path, std::string_view type,
                            ondemand::object& object) {
  if (!TokenOf(value).starts_with('{')) return Wrong(value, path, type);
  return value.get_object().get(object) == SUCCESS || Broken(path);
}

bool BodyValues::Wrong(JsonValue value, const Path& path, std::string_view type) {
  const std::string_view token = TokenOf(value);
  return Refuse(path,
                std::string(" must be ").append(type).append(", not ").append(KindOf(token)) + ".");
}

bool BodyValues::Refuse(const Path& path, std::string_view message) {
  problem_.param = PathText(path);
  problem_.message = problem_.param.empty() ? "The body" : problem_.param;
  problem_.message += message;
  return false;
}

bool BodyValues::NeedsChat(const Path& path) {
  return Refuse(path,
                " needs a backend that speaks chat completions; this request would be "
                "translated. Leave it out, or choose another model.");
}

bool BodyValues::Broken(const Path& path) {
  return Refuse(path, " is not valid JSON; write a valid value.");
}

bool BodyValues::Repeated(const Path& path) {
  return Refuse(path, " is there twice; send it once.");
}

void BodyValues::Drop(const Path& path) { NoteDropped(FieldText(path), dropped_); }

}  // namespace headgate::backends::openai_chat

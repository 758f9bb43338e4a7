#include "backends/protocols/anthropic/parts/json_value.h"

#include <algorithm>

#include "backends/protocols/json/unescape.h"
#include "backends/protocols/json/white_space.h"

namespace headgate::backends::anthropic {
namespace {

using simdjson::SUCCESS;

constexpr int kDeepestJson = 512;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes valid JSON off the front of a text.
class JsonCheck {
 public:
  explicit JsonCheck(std::string_view text) : rest_(text) {}

  bool Object(int depth) {
    return Take('{') && Items('}', [this, depth] {
             SkipSpace();
             if (!String()) return false;
             SkipSpace();
             return Take(':') && Value(depth);
           });
  }
  bool Number();
  bool AtEnd() {
    SkipSpace();
    return rest_.empty();
  }
  void SkipSpace() {
    while (!rest_.empty() && json::IsSpace(rest_.front())) rest_.remove_prefix(1);
  }

 private:
  bool Take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool Word(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  bool Digits() {
    const std::size_t count = static_cast<std::size_t>(
        std::find_if_not(rest_.begin(), rest_.end(), IsDigit) - rest_.begin());
    rest_.remove_prefix(count);
    return count > 0;
  }
  bool Value(int depth);
  bool String();
  template <typename Item>
  bool Items(char close, Item&& item);

  std::string_view rest_;
};

// Behind the opening bracket: takes the items and the closing bracket.
template <typename Item>
bool JsonCheck::Items(char close, Item&& item) {
  SkipSpace();
  if (Take(close)) return true;
  do {
    if (!item()) return false;
    SkipSpace();
  } while (Take(','));
  return Take(close);
}

bool JsonCheck::Value(int depth) {
  SkipSpace();
  if (rest_.empty() || depth == 0) return false;
  switch (rest_.front()) {
    case '{':
      return Object(depth - 1);
    case '[':
      return Take('[') && Items(']', [this, depth] { return Value(depth - 1); });
    case '"':
      return String();
    case 't':
      return Word("true");
    case 'f':
      return Word("false");
    case 'n':
      return Word("null");
    default:
      return Number();
  }
}

bool JsonCheck::String() {
  if (!Take('"')) return false;
  for (;;) {
    const auto stop = std::find_if(rest_.begin(), rest_.end(), [](char c) {
      return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
    });
    rest_.remove_prefix(static_cast<std::size_t>(stop - rest_.begin()));
    if (Take('"')) return true;
    if (!Take('\\') || rest_.empty()) return false;
    const char escape = rest_.front();
    rest_.remove_prefix(1);
    if (escape == 'u') {
      const auto is_hex = [](char c) { return IsDigit(c) || ((c | 32) >= 'a' && (c | 32) <= 'f'); };
      if (rest_.size() < 4 || !std::all_of(rest_.begin(), rest_.begin() + 4, is_hex)) return false;
      rest_.remove_prefix(4);
    } else if (std::string_view("\"\\/bfnrt").find(escape) == std::string_view::npos) {
      return false;
    }
  }
}

bool JsonCheck::Number() {
  Take('-');
  if (!Take('0') && !Digits()) return false;
  if (Take('.') && !Digits()) return false;
  if (!Take('e') && !Take('E')) return true;
  if (!Take('+')) Take('-');
  return Digits();
}

}  // namespace

std::string_view RawToken(simdjson::ondemand::value& value) {
  std::string_view token = value.raw_json_token();
  while (!token.empty() && json::IsSpace(token.back())) token.remove_suffix(1);
  return token;
}

bool TextOfToken(std::string_view token, std::string& text) {
  if (token.size() < 2 || token.front() != '"' || token.back() != '"') return false;
  token = token.substr(1, token.size() - 2);
  if (token.find('\\') == std::string_view::npos) {
    text.assign(token);
    return true;
  }
  text.resize(token.size());
  const char* const end = json::UnescapeJson(token, text.data());
  text.resize(end == nullptr ? 0 : static_cast<std::size_t>(end - text.data()));
  return end != nullptr;
}

bool TextOf(simdjson::ondemand::value value, std::string& text) {
  return TextOfToken(RawToken(value), text);
}

std::string_view RawJson(simdjson::ondemand::value value) {
  std::string_view raw;
  if (simdjson::to_json_string(value).get(raw) != SUCCESS) return {};
  return raw;
}

bool IsJsonNumber(std::string_view text) {
  JsonCheck check(text);
  return !text.empty() && !json::IsSpace(text.back()) && check.Number() && check.AtEnd();
}

bool IsJsonObject(std::string_view text) {
  JsonCheck check(text);
  check.SkipSpace();
  return check.Object(kDeepestJson) && check.AtEnd();
}

bool HasMember(std::string_view object, std::string_view name) {
  thread_local JsonText text;
  simdjson::ondemand::object members;
  simdjson::ondemand::value value;
  return text.Open(object, members) && members.find_field(name).get(value) == SUCCESS;
}

bool JsonText::Open(std::string_view json, simdjson::ondemand::object& root) {
  copy_.reserve(json.size() + simdjson::SIMDJSON_PADDING);
  copy_.assign(json);
  const simdjson::padded_string_view padded(copy_.data(), copy_.size(), copy_.capacity());
  return parser_.iterate(padded).get(document_) == SUCCESS &&
         document_.get_object().get(root) == SUCCESS;
}

void JsonText::Trim() {
  if (copy_.capacity() <= kLargestKept) return;
  copy_ = {};
  document_ = {};
  parser_ = simdjson::ondemand::parser();
}

}  // namespace headgate::backends::anthropic

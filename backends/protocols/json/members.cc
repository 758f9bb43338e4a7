#include "backends/protocols/json/members.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "backends/protocols/json/unescape.h"
#include "backends/protocols/json/white_space.h"

namespace headgate::backends::json {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::SUCCESS;

constexpr std::size_t kPaddingBytes = simdjson::SIMDJSON_PADDING;
static_assert(kPaddingBytes <= 64, "callers provide 64 bytes");
constexpr std::size_t kSmallestCapacity = 64u << 10;
// Bytes that a worker keeps between two texts. A parser takes six times the size of its text.
constexpr std::size_t kMostKept = 1u << 20;

// The parser of this thread. It is free again as soon as the views have been taken.
class ParserOfThread {
 public:
  explicit ParserOfThread(std::size_t size) {
    if (Parser() && Parser()->capacity() >= size) return;
    Parser() = std::make_unique<ondemand::parser>();
    // Some slack, so that slowly growing texts do not each make a new parser.
    if (Parser()->allocate(std::max(kSmallestCapacity, size + size / 4)) != SUCCESS) {
      Parser().reset();
    }
  }
  ~ParserOfThread() {
    if (Parser() && Parser()->capacity() > kMostKept) Parser().reset();
  }
  bool Iterate(std::string_view text, ondemand::document& document) {
    if (!Parser()) return false;
    const simdjson::padded_string_view padded(text.data(), text.size(),
                                              text.size() + kPaddingBytes);
    return Parser()->iterate(padded).get(document) == SUCCESS;
  }

 private:
  static std::unique_ptr<ondemand::parser>& Parser() {
    thread_local std::unique_ptr<ondemand::parser> parser;
    return parser;
  }
};

bool IsAtEnd(ondemand::document& document) {
  const char* rest = nullptr;
  return document.current_location().get(rest) != SUCCESS;
}

std::string_view WithoutSpaceBehind(std::string_view text) {
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

bool TakeValue(ondemand::value value, std::string_view& text) {
  ondemand::json_type type;
  if (value.type().get(type) != SUCCESS) return false;
  if (type == ondemand::json_type::object) {
    ondemand::object object;
    if (value.get_object().get(object) != SUCCESS || object.raw_json().get(text) != SUCCESS) {
      return false;
    }
  } else if (type == ondemand::json_type::array) {
    ondemand::array array;
    if (value.get_array().get(array) != SUCCESS || array.raw_json().get(text) != SUCCESS) {
      return false;
    }
  } else {
    text = value.raw_json_token();
  }
  text = WithoutSpaceBehind(text);
  return true;
}

// Returns the name that begins at `at`, behind its quote, as written.
std::string_view WrittenName(const char* at) {
  const char* end = at;
  while (*end != '"') end += *end == '\\' ? 2 : 1;
  return {at, static_cast<std::size_t>(end - at)};
}

bool HasEscape(std::string_view text) { return text.find('\\') != std::string_view::npos; }

}  // namespace

bool Members::Read(std::string_view text) {
  Clear();
  if (IsObject(text) && ReadAll(text)) return true;
  Clear();
  return false;
}

bool Members::ReadAll(std::string_view text) {
  ParserOfThread parser(text.size());
  ondemand::document document;
  ondemand::object object;
  if (!parser.Iterate(text, document)) return false;
  if (document.get_object().get(object) != SUCCESS) return false;
  for (auto field : object) {
    simdjson::ondemand::raw_json_string key;
    ondemand::value value;
    if (field.key().get(key) != SUCCESS || field.value().get(value) != SUCCESS) return false;
    Member member{.name = WrittenName(key.raw()), .value = {}};
    if (HasEscape(member.name)) {
      std::string& name = names_.emplace_back(member.name.size(), '\0');
      const char* const end = UnescapeJson(member.name, name.data());
      if (end == nullptr) return false;
      name.resize(static_cast<std::size_t>(end - name.data()));
      member.name = name;
    }
    if (!TakeValue(value, member.value)) return false;
    members_.push_back(member);
  }
  return IsAtEnd(document);
}

std::string_view Members::Find(std::string_view name) const {
  for (const Member& member : members_) {
    if (member.name == name && member.value != "null") return member.value;
  }
  return {};
}

std::string_view Members::Repeated() const {
  constexpr std::size_t kFew = 32;
  if (members_.size() <= kFew) {
    for (auto one = members_.begin(); one != members_.end(); ++one) {
      for (auto other = members_.begin(); other != one; ++other) {
        if (one->name == other->name) return one->name;
      }
    }
    return {};
  }
  std::vector<std::string_view> names;
  names.reserve(members_.size());
  for (const Member& member : members_) names.push_back(member.name);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  return twice == names.end() ? std::string_view() : *twice;
}

bool ReadElements(std::string_view text, std::vector<std::string_view>& elements) {
  elements.clear();
  if (!IsArray(text)) return false;
  ParserOfThread parser(text.size());
  ondemand::document document;
  ondemand::array array;
  if (!parser.Iterate(text, document)) return false;
  if (document.get_array().get(array) != SUCCESS) return false;
  for (auto element : array) {
    ondemand::value value;
    if (element.get(value) != SUCCESS) return false;
    if (!TakeValue(value, elements.emplace_back())) return false;
  }
  return IsAtEnd(document);
}

bool ReadText(std::string_view value, std::string& text) {
  text.clear();
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return false;
  value = value.substr(1, value.size() - 2);
  if (!HasEscape(value)) {
    text.assign(value);
    return true;
  }
  text.resize(value.size());
  const char* const end = UnescapeJson(value, text.data());
  text.resize(end == nullptr ? 0 : static_cast<std::size_t>(end - text.data()));
  return end != nullptr;
}

bool IsNumber(std::string_view value) {
  const auto digits = [&value] {
    const std::size_t count = std::min(value.find_first_not_of("0123456789"), value.size());
    value.remove_prefix(count);
    return count;
  };
  if (value.starts_with('-')) value.remove_prefix(1);
  const bool zero = value.starts_with('0');
  const std::size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (value.starts_with('.')) {
    value.remove_prefix(1);
    if (digits() == 0) return false;
  }
  if (value.starts_with('e') || value.starts_with('E')) {
    value.remove_prefix(1);
    if (value.starts_with('+') || value.starts_with('-')) value.remove_prefix(1);
    if (digits() == 0) return false;
  }
  return value.empty();
}

std::string_view PaddedCopy::Take(std::string_view text) {
  if (copy_.capacity() > kMostKept && text.size() < kMostKept) copy_ = {};
  copy_.reserve(text.size() + kPaddingBytes);
  copy_.assign(text);
  return copy_;
}

}  // namespace headgate::backends::json

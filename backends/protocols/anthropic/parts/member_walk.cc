#include "backends/protocols/anthropic/parts/member_walk.h"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "backends/protocols/json/members.h"
#include "backends/protocols/json/object_reader.h"

namespace headgate::backends::anthropic {
namespace {

using simdjson::SUCCESS;

constexpr std::size_t kMostShown = 24;  // bytes of a wrong value that go into a message
constexpr std::int64_t kLargestCount = 1'000'000'000'000;

}  // namespace

bool MemberWalk::Refuse(std::initializer_list<std::string_view> message) {
  problem_.param = path_;
  problem_.message = path_.empty() ? "The body" : path_;
  for (const std::string_view part : message) problem_.message += part;
  return false;
}

bool MemberWalk::Wrong(Value value, std::string_view type) {
  const std::string_view token = json::TokenOf(value);
  switch (token.empty() ? '\0' : token.front()) {
    case '{':
      return Refuse({" must be ", type, ", not an object."});
    case '[':
      return Refuse({" must be ", type, ", not an array."});
    case '"':
      return Refuse({" must be ", type, ", not a string."});
    default:
      const bool cut = token.size() > kMostShown;
      return Refuse({" must be ", type, ", not ", token.substr(0, kMostShown), cut ? "…." : "."});
  }
}

bool MemberWalk::Missing(std::string_view name, std::string_view example) {
  const std::size_t size = path_.size();
  if (!path_.empty()) path_ += '.';
  path_ += name;
  Refuse({" is missing; send one, such as ", example, "."});
  path_.resize(size);
  return false;
}

bool MemberWalk::NeedsMessages(std::string_view what) {
  return Refuse({" ", what,
                 " needs a backend that speaks Anthropic's Messages; this request would be "
                 "translated."});
}

bool MemberWalk::Drop(std::string_view prefix, std::string_view name) {
  NoteDropped(std::string(prefix).append(NameForHeader(name)), dropped_);
  return true;
}

// REQUIRES: the key is on the path.
bool MemberWalk::NoteMember(std::string_view key, std::span<std::string_view> seen,
                            std::size_t& count) {
  const auto end = seen.begin() + static_cast<std::ptrdiff_t>(count);
  if (std::find(seen.begin(), end, key) != end) return Refuse({" is given twice; give it once."});
  if (count == seen.size()) return Refuse({" is one member too many; send at most 64."});
  seen[count++] = key;
  return true;
}

bool MemberWalk::Text(Value value, std::string& text) {
  const std::string_view token = json::TokenOf(value);
  if (!token.starts_with('"')) return Wrong(value, "a string");
  return json::ReadText(token, text) || Refuse({" has a malformed escape; send valid JSON."});
}

bool MemberWalk::Flag(Value value, bool& flag) {
  const std::string_view token = json::TokenOf(value);
  if (token != "true" && token != "false") return Wrong(value, "true or false");
  flag = token == "true";
  return true;
}

// Takes only whole numbers without fraction or exponent: backends disagree about 16.0.
bool MemberWalk::Count(Value value, std::optional<std::int64_t>& count) {
  const std::string_view token = json::TokenOf(value);
  std::int64_t number = 0;
  const char* const end = token.data() + token.size();
  const auto [stop, error] = std::from_chars(token.data(), end, number);
  if (!json::IsNumber(token) || error != std::errc() || stop != end || number < 0 ||
      number > kLargestCount) {
    return Wrong(value, "a whole number from 0 to 1000000000000");
  }
  count = number;
  return true;
}

bool MemberWalk::Number(Value value, std::string& literal) {
  const std::string_view token = json::TokenOf(value);
  if (!json::IsNumber(token)) return Wrong(value, "a number");
  literal = token;
  return true;
}

bool MemberWalk::RawObject(Value value, std::string& raw_json) {
  if (!json::TokenOf(value).starts_with('{')) return Wrong(value, "an object");
  raw_json = RawJson(value);
  return json::IsWholeObject(raw_json) || Refuse({" is not valid JSON, or nested too deep."});
}

bool MemberWalk::MemberText(Value value, const char* name, std::string& text) {
  text.clear();
  simdjson::ondemand::object object;
  if (value.get_object().get(object) != SUCCESS) return Wrong(value, "an object");
  bool good = true;
  // The raw key: unescaping the keys of an object twice could overrun simdjson's buffer of strings.
  for (auto field : object) {
    simdjson::ondemand::raw_json_string key;
    Value inner;
    if (field.key().get(key) != SUCCESS || field.value().get(inner) != SUCCESS) {
      return Refuse({" is not valid JSON."});
    }
    if (!key.unsafe_is_equal(name)) continue;
    good = json::TokenOf(inner) == "null" || json::ReadText(json::TokenOf(inner), text);
    break;
  }
  bool has_members = false;
  if (object.reset().get(has_members) != SUCCESS) return Refuse({" is not valid JSON."});
  // simdjson cannot begin an empty object twice.
  if (!has_members) return Refuse({" is empty; send its members."});
  return good || Refuse({".", name, " must be a string."});
}

}  // namespace headgate::backends::anthropic

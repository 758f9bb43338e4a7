#include "backends/protocols/json/field_reader.h"

#include <charconv>

#include "backends/protocols/json/append_json.h"

namespace headgate::backends::json {
namespace {

constexpr std::size_t kMostShown = 24;  // bytes of a wrong value that go into a message

}  // namespace

bool FieldReader::TakeNull() {
  if (cursor_.Peek() != 'n' || cursor_.Literal() != "null") return false;
  std::string_view literal;
  return cursor_.TakeScalar(literal);
}

bool FieldReader::ReadString(std::string_view& text, std::string_view type) {
  return cursor_.Peek() == '"' ? cursor_.TakeString(text) : Wrong(type);
}

bool FieldReader::ReadNullableString(std::string_view& text, std::string_view type) {
  return TakeNull() || ReadString(text, type);
}

bool FieldReader::ReadNullableBool(bool& value) {
  if (TakeNull()) return true;
  const char c = cursor_.Peek();
  const std::string_view literal = c == 't' || c == 'f' ? cursor_.Literal() : std::string_view{};
  if (literal != "true" && literal != "false") return Wrong("true or false");
  value = literal == "true";
  return cursor_.SkipValue();
}

// Accepts only integers of RFC 8259 without fraction or exponent: backends disagree about 16.0.
bool FieldReader::ReadInteger(std::int64_t least, std::int64_t most, std::string_view type,
                              std::optional<std::int64_t>& value) {
  const char c = cursor_.Peek();
  if (c != '-' && (c < '0' || c > '9')) return Wrong(type);
  const std::string_view literal = cursor_.Literal();
  std::int64_t number = 0;
  const char* const end = literal.data() + literal.size();
  const auto [stop, error] = std::from_chars(literal.data(), end, number);
  const bool leading_zero = literal.size() > 1 && literal.front() == '0';
  if (error != std::errc() || stop != end || leading_zero || number < least || number > most) {
    return Wrong(type);
  }
  value = number;
  return cursor_.SkipValue();
}

// --- problems ------------------------------------------------------------------------------------

std::string FieldReader::Path() const {
  std::string path;
  for (std::size_t i = 0; i < path_size_; ++i) {
    const Step& step = path_[i];
    if (step.name.empty()) {
      path += '[';
      AppendInteger(static_cast<std::int64_t>(step.index), path);
      path += ']';
    } else {
      if (!path.empty()) path += '.';
      path += step.name;
    }
  }
  return path;
}

bool FieldReader::Refuse(std::initializer_list<std::string_view> message) {
  problem_.param = Path();
  problem_.message = problem_.param.empty() ? "The body" : problem_.param;
  for (const std::string_view part : message) problem_.message += part;
  return false;
}

bool FieldReader::Wrong(std::string_view type) {
  switch (cursor_.Peek()) {
    case '{':
      return Refuse({" must be ", type, ", not an object."});
    case '[':
      return Refuse({" must be ", type, ", not an array."});
    case '"':
      return Refuse({" must be ", type, ", not a string."});
    default:
      break;
  }
  std::string_view literal;
  if (!cursor_.TakeScalar(literal)) return false;
  const bool cut = literal.size() > kMostShown;
  return Refuse({" must be ", type, ", not ", literal.substr(0, kMostShown), cut ? "…." : "."});
}

bool FieldReader::Missing(std::string_view name, std::string_view example) {
  Push({name});
  return Refuse({" is missing; send one, such as ", example, "."});
}

// Puts the name on the path.
bool FieldReader::NotePresent(std::string_view name, std::size_t index, std::uint32_t& seen) {
  Push({name});
  if ((seen & 1u << index) != 0) return Refuse({" is given twice; give it once."});
  seen |= 1u << index;
  return true;
}

}  // namespace headgate::backends::json

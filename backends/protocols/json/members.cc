#include "backends/protocols/json/members.h"

#include <algorithm>
#include <functional>
#include <span>

#include "backends/protocols/json/cursor.h"
#include "backends/protocols/json/structural_index.h"
#include "backends/protocols/json/unescape.h"
#include "backends/protocols/json/white_space.h"

namespace headgate::backends::json {
namespace {

constexpr std::size_t kPaddingBytes = 64;
// Bytes that a worker keeps between two texts.
constexpr std::size_t kMostKept = 1u << 20;

// The index and the memory of this thread. They are free again as soon as the views are taken.
struct Walk {
  StructuralIndex index;
  StringArena names;
};

// Calls work(cursor) with a cursor at the begin of `text`. Returns whether it took all of the text.
template <typename Work>
bool WalkThrough(std::string_view text, Work work) {
  thread_local Walk walk;
  const bool indexed = walk.index.Build(text.data(), text.size()) == StructuralIndex::Fault::kNone;
  walk.names.Reset(text.size());
  JsonCursor cursor(text, indexed ? walk.index.tokens() : std::span<const std::uint32_t>(),
                    walk.names);
  const bool whole = indexed && work(cursor) && cursor.AtEnd();
  walk.index.Trim();
  return whole;
}

// Takes a value as it is written.
bool TakeValue(std::string_view text, JsonCursor& cursor, std::string_view& value) {
  const std::size_t begin = cursor.offset();
  if (!cursor.SkipValue()) return false;
  value = text.substr(begin, cursor.taken_end() - begin);
  return true;
}

constexpr int kDeepestObject = 1024;  // as deep as JsonCursor reads

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
    while (!rest_.empty() && IsSpace(rest_.front())) rest_.remove_prefix(1);
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

bool Members::Read(std::string_view text) {
  Clear();
  const auto* const first = std::find_if_not(text.begin(), text.end(), IsSpace);
  if (first != text.end() && *first == '{' && ReadAll(text)) return true;
  Clear();
  return false;
}

bool Members::ReadAll(std::string_view text) {
  const auto is_in_text = [&](std::string_view name) {
    const std::less_equal<const char*> before;
    return before(text.data(), name.data()) && before(name.data(), text.data() + text.size());
  };
  return WalkThrough(text, [&](JsonCursor& cursor) {
    return cursor.TakeObject([&](std::string_view name) {
      // A name that had escapes is in memory that the next object will use.
      if (!is_in_text(name)) name = names_.emplace_front(name);
      std::string_view value;
      if (!TakeValue(text, cursor, value)) return false;
      members_.push_back({name, value});
      return true;
    });
  });
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
  return WalkThrough(text, [&](JsonCursor& cursor) {
    return cursor.TakeArray([&] { return TakeValue(text, cursor, elements.emplace_back()); });
  });
}

std::optional<std::string_view> TextOfToken(std::string_view token, std::string& scratch) {
  if (token.size() < 2 || token.front() != '"' || token.back() != '"') return std::nullopt;
  token = token.substr(1, token.size() - 2);
  if (token.find('\\') == std::string_view::npos) return token;
  scratch.resize(token.size());
  const char* const end = UnescapeJson(token, scratch.data());
  if (end == nullptr) return std::nullopt;
  return std::string_view(scratch.data(), static_cast<std::size_t>(end - scratch.data()));
}

bool ReadText(std::string_view value, std::string& text) {
  const std::optional<std::string_view> found = TextOfToken(value, text);
  if (!found) {
    text.clear();
  } else if (found->data() == text.data()) {
    text.resize(found->size());
  } else {
    text.assign(*found);
  }
  return found.has_value();
}

bool IsNumber(std::string_view value) {
  JsonCheck check(value);
  return check.Number() && check.AtEnd() && !IsSpace(value.back());
}

bool IsWholeObject(std::string_view text) {
  JsonCheck check(text);
  check.SkipSpace();
  return check.Object(kDeepestObject) && check.AtEnd();
}

std::string_view PaddedCopy::Take(std::string_view text) {
  if (copy_.capacity() > kMostKept && text.size() < kMostKept) copy_ = {};
  copy_.reserve(text.size() + kPaddingBytes);
  copy_.assign(text);
  return copy_;
}

}  // namespace headgate::backends::json

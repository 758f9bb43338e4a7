#include "backends/protocols/json/members.h"

#include <algorithm>
#include <functional>
#include <span>

#include "backends/protocols/json/cursor.h"
#include "backends/protocols/json/structural_index.h"
#include "backends/protocols/json/unescape.h"

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

bool HasEscape(std::string_view text) { return text.find('\\') != std::string_view::npos; }

}  // namespace

bool Members::Read(std::string_view text) {
  Clear();
  if (IsObject(text) && ReadAll(text)) return true;
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
      if (!is_in_text(name)) name = names_.emplace_back(name);
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

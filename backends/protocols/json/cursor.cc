#include "backends/protocols/json/cursor.h"

#include <algorithm>
#include <cstring>

#include "backends/protocols/json/unescape.h"
#include "backends/protocols/json/white_space.h"
#include "config/base/check.h"

namespace headgate::backends::json {
namespace {

// The characters of numbers and words.
constexpr std::array<bool, 256> kScalar = [] {
  std::array<bool, 256> scalar{};
  for (const char c : std::string_view("0123456789+-.abcdefghijklmnopqrstuvwxyz"
                                       "ABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
    scalar[static_cast<unsigned char>(c)] = true;
  }
  return scalar;
}();

}  // namespace

void StringArena::Reset(std::size_t most) {
  used_ = 0;
  most_ = most;
  if (capacity_ > kLargestKept) {
    block_.reset();
    capacity_ = 0;
  }
}

char* StringArena::Room(std::size_t size) {
  if (capacity_ < most_) {
    HEADGATE_CHECK(used_ == 0);
    block_ = std::make_unique_for_overwrite<char[]>(most_);
    capacity_ = most_;
  }
  HEADGATE_CHECK(size <= capacity_ - used_);
  return block_.get() + used_;
}

bool JsonCursor::Fail(const char* what) {
  fault_ = {offset(), AtEnd() ? "it ends too early" : what};
  return false;
}

std::string_view JsonCursor::Literal() const {
  const std::size_t begin = *at_;
  std::size_t end = at_ + 1 == end_ ? text_.size() : at_[1];
  while (end > begin && IsSpace(text_[end - 1])) --end;
  return text_.substr(begin, end - begin);
}

std::size_t JsonCursor::taken_end() const {
  std::size_t end = offset();
  while (IsSpace(text_[end - 1])) --end;
  return end;
}

bool JsonCursor::TookEmptyContainer() const {
  const char open = text_[at_[-2]];
  const char close = text_[at_[-1]];
  return (open == '{' && close == '}') || (open == '[' && close == ']');
}

bool JsonCursor::TakeString(std::string_view& text) {
  std::string_view inside = Literal();
  if (inside.size() < 2 || inside.back() != '"') return Fail("a string is malformed");
  inside = inside.substr(1, inside.size() - 2);
  if (std::memchr(inside.data(), '\\', inside.size()) == nullptr) {
    text = inside;
  } else {
    char* const room = arena_.Room(inside.size());
    const char* const end = UnescapeJson(inside, room);
    if (end == nullptr) return Fail("a string has an escape that JSON does not know");
    text = {room, static_cast<std::size_t>(end - room)};
    arena_.Keep(text.size());
  }
  ++at_;
  return true;
}

bool JsonCursor::CheckScalar(std::string_view literal) {
  const bool word = !literal.empty() && std::all_of(literal.begin(), literal.end(), [](char c) {
    return kScalar[static_cast<unsigned char>(c)];
  });
  return word || Fail("a value is expected here");
}

bool JsonCursor::TakeScalar(std::string_view& literal) {
  if (AtEnd()) return Fail("");
  literal = Literal();
  if (!CheckScalar(literal)) return false;
  ++at_;
  return true;
}

bool JsonCursor::Enter() {
  if (depth_ == kMaxDepth) return Fail("it is nested deeper than 1024 levels");
  ++depth_;
  ++at_;
  return true;
}

bool JsonCursor::TakeKey(std::string_view& key) {
  if (Peek() != '"') return Fail("a field name in quotes is expected here");
  if (!TakeString(key)) return false;
  if (Peek() != ':') return Fail("a colon is expected here");
  ++at_;
  return true;
}

bool JsonCursor::SkipKey() {
  if (Peek() != '"') return Fail("a field name in quotes is expected here");
  ++at_;
  if (Peek() != ':') return Fail("a colon is expected here");
  ++at_;
  return true;
}

bool JsonCursor::TakeSeparator(char close, bool& more) {
  const char c = Peek();
  if (c != ',' && c != close) {
    return Fail(close == '}' ? "a comma or '}' is expected here"
                             : "a comma or ']' is expected here");
  }
  ++at_;
  more = c == ',';
  return true;
}

// A loop and not a recursion: the text decides how deep it goes.
bool JsonCursor::SkipValue() {
  const std::size_t base = depth_;
  for (;;) {
    const char c = Peek();
    if (c == '{' || c == '[') {
      if (!Enter()) return false;
      const char close = c == '{' ? '}' : ']';
      closers_[depth_] = close;
      if (Peek() != close) {
        if (c == '{' && !SkipKey()) return false;
        continue;
      }
      ++at_;
      --depth_;
    } else if (c == '"') {
      ++at_;
    } else {
      std::string_view literal;
      if (!TakeScalar(literal)) return false;
    }
    for (bool more = false; !more;) {
      if (depth_ == base) return true;
      const char close = closers_[depth_];
      if (!TakeSeparator(close, more)) return false;
      if (!more) --depth_;
      if (more && close == '}' && !SkipKey()) return false;
    }
  }
}

}  // namespace headgate::backends::json

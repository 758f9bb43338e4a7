#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace headgate::backends::json {

// Memory for strings that had escapes in them. An unescaped text is never longer than the escaped
// text, so one block of the body's size holds all of them and never moves. Worker-bound.
class StringArena {
 public:
  // Forgets all strings. All strings of the next use together have at most `most` bytes.
  void Reset(std::size_t most);
  // Returns room for `size` bytes; Keep() says how many were used.
  char* Room(std::size_t size);
  void Keep(std::size_t size) { used_ += size; }

 private:
  static constexpr std::size_t kLargestKept = 1u << 20;
  std::unique_ptr<char[]> block_;
  std::size_t capacity_ = 0;
  std::size_t used_ = 0;
  std::size_t most_ = 0;
};

// Walks the tokens of a JSON text once, from the front. Every step either takes a whole value or
// fails; after a failure of the text itself fault() says where and why. The structure is checked
// fully by the grammar of RFC 8259, also inside values that are skipped: brackets match in kind,
// commas and colons stand where they must, kMaxDepth. Skipped strings are not unescaped, and
// skipped scalars are only seen to be words: 1e400 and NaN pass. Worker-bound; one use.
class JsonCursor {
 public:
  static constexpr std::size_t kMaxDepth = 1024;

  struct Fault {
    std::size_t offset = 0;
    const char* what = nullptr;  // completes "The body is not valid JSON: "; null = none
  };

  // `tokens` is the StructuralIndex of `text`.
  JsonCursor(std::string_view text, std::span<const std::uint32_t> tokens, StringArena& arena)
      : text_(text), at_(tokens.data()), end_(at_ + tokens.size()), arena_(arena) {}

  // First byte of the current token: one of {}[]:," or the start of a scalar; 0 at the end.
  char Peek() const { return at_ == end_ ? '\0' : text_[*at_]; }
  bool AtEnd() const { return at_ == end_; }
  std::string_view text() const { return text_; }
  std::size_t offset() const { return at_ == end_ ? text_.size() : *at_; }

  // Returns the current string, with its quotes, or the current scalar, as written. REQUIRES:
  // Peek() is not a bracket.
  std::string_view Literal() const;

  // Returns where the value that was taken last ends. REQUIRES: a value was taken.
  std::size_t taken_end() const;
  // Returns whether that value is {} or [].
  bool TookEmptyContainer() const;

  // Takes the text of the current string. The view points into the body if the string has no
  // escapes, else into the arena.
  // REQUIRES: Peek() == '"'.
  bool TakeString(std::string_view& text);
  // Takes the current scalar (number, true, false, null), as written.
  bool TakeScalar(std::string_view& literal);
  bool SkipValue();

  // Calls member(key) with the cursor at each value; it must take the value.
  // REQUIRES: Peek() == '{'.
  template <typename Member>
  bool TakeObject(Member&& member);
  // Calls element() with the cursor at each value; it must take the value.
  // REQUIRES: Peek() == '['.
  template <typename Element>
  bool TakeArray(Element&& element);

  bool Fail(const char* what);
  const Fault& fault() const { return fault_; }

 private:
  bool Enter();
  bool TakeKey(std::string_view& key);
  bool SkipKey();
  bool CheckScalar(std::string_view literal);
  // Behind a member or element: takes ',' (more = true) or `close` (more = false).
  bool TakeSeparator(char close, bool& more);

  const std::string_view text_;
  const std::uint32_t* at_;
  const std::uint32_t* const end_;
  StringArena& arena_;
  std::size_t depth_ = 0;
  Fault fault_;
  std::array<char, kMaxDepth + 1> closers_;  // by depth, of containers that are being skipped
};

template <typename Member>
bool JsonCursor::TakeObject(Member&& member) {
  if (!Enter()) return false;
  bool more = Peek() != '}';
  if (!more) ++at_;
  while (more) {
    std::string_view key;
    if (!TakeKey(key) || !member(key) || !TakeSeparator('}', more)) return false;
  }
  --depth_;
  return true;
}

template <typename Element>
bool JsonCursor::TakeArray(Element&& element) {
  if (!Enter()) return false;
  bool more = Peek() != ']';
  if (!more) ++at_;
  while (more) {
    if (!element() || !TakeSeparator(']', more)) return false;
  }
  --depth_;
  return true;
}

}  // namespace headgate::backends::json

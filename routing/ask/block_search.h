#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace headgate::routing {

// The bytes that may still be searched for the ends of blocks and quotes in one message, however
// many of them it opens. A place that only looks like an end costs as much as several bytes,
// because there the search starts anew. So the number of places is bounded too.
class SearchBudget {
 public:
  static constexpr std::size_t kBytes = 32u << 10;
  static constexpr std::size_t kPlace = 24;  // bytes

  explicit SearchBudget(std::size_t bytes = kBytes) : left_(bytes) {}

  std::size_t left() const { return left_; }
  void Spend(std::size_t bytes) { left_ -= std::min(left_, bytes); }

 private:
  std::size_t left_;
};

// Finds the ends of the blocks that a text opens: fences, tags, bracketed lines. A block whose end
// is not found within the budget ends in the tail of the text or not at all. Views into the text
// and the budget; allocates nothing. Thread-compatible.
class BlockSearch {
 public:
  // How far before the end of a text an end is found without the budget.
  static constexpr std::size_t kTail = 1536;
  // The longest line whose end is looked for. A longer one is cut.
  static constexpr std::size_t kLongestLine = 3584;

  BlockSearch(std::string_view text, SearchBudget& budget) : text_(text), budget_(budget) {}

  // Where the line behind the one at `at` begins.
  std::size_t NextLine(std::size_t at) const;
  // Where the text goes on behind the fence that is open at `at`, the beginning of a line. The rest
  // of the text belongs to a fence that does not end.
  std::size_t AfterFence(std::size_t at);
  // Where the text goes on behind the element `name` that is open at `at`; npos: it does not end. A
  // name that was looked for in vain is not looked for again, and after kUnclosed names none is.
  // `inside_end` is set to where the end tag begins.
  std::size_t AfterElement(std::size_t at, std::string_view name, std::size_t& inside_end);
  // Where the text goes on behind the next bracketed line; `at`: there is none nearby.
  std::size_t AfterBracketed(std::size_t at);

 private:
  static constexpr std::size_t kUnclosed = 8;

  std::size_t tail() const { return text_.size() - std::min(text_.size(), kTail); }
  // The place of the end tag of `name` from `at` on, within `bytes`; npos: there is none.
  std::size_t EndTag(std::size_t at, std::string_view name, SearchBudget& bytes) const;

  const std::string_view text_;
  SearchBudget& budget_;
  std::array<std::string_view, kUnclosed> unclosed_;  // names that nothing closes
  std::size_t unclosed_size_ = 0;
};

bool IsFence(std::string_view line);

// A line such as `[Memory]` or `【记忆】`.
bool IsBracketed(std::string_view line);

// The tag that a line begins with, such as `<document id="1">`.
struct Tag {
  std::string_view name;  // empty: the line does not begin with a tag
  bool opens = false;     // an element; false: `<br>`, `<input />`, `</p>` and a tag that goes on
  std::size_t size = 0;   // bytes up to and with the `>`; 0: it goes on in the next line
};
Tag TagOf(std::string_view line);

}  // namespace headgate::routing

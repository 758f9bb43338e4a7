// The text of one answer, token by token. A token here is the text of one chunk: a word of the
// canned text, a few bytes of an echo, or a kilobyte of a huge answer. Tokens never end inside a
// UTF-8 sequence. *thread-compatible*
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace headgate::loadtest::sim {

class Answer {
 public:
  static constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

  // `tokens` words of a fixed text with characters of one to four bytes in it.
  static Answer Canned(std::int64_t tokens);
  // `text` in pieces of about four bytes, cut off after `limit` pieces.
  static Answer Of(std::string text, std::int64_t limit);
  // `bytes` bytes in pieces of 1 KiB.
  static Answer Huge(std::int64_t bytes);

  // Leaves out the start of the answer up to the end of `prefix`. A prefix that ends inside a piece
  // leaves the rest of that piece. Does nothing and returns false if the answer does not start with
  // `prefix`.
  bool ContinueBehind(std::string_view prefix);
  // Cuts the answer off after `limit` tokens.
  void Limit(std::int64_t limit);

  std::int64_t tokens() const { return tokens_; }
  // Whether Of() or Limit() left out a part of the text.
  bool truncated() const { return truncated_; }

  // The next piece, valid until the answer is destroyed. REQUIRES: called at most tokens() times.
  std::string_view Next();

 private:
  enum class Kind { kCanned, kText, kHuge };

  Kind kind_ = Kind::kCanned;
  bool truncated_ = false;
  std::int64_t tokens_ = 0;
  std::int64_t position_ = 0;  // canned: words given; otherwise: bytes given
  std::int64_t bytes_ = 0;     // huge: length of the whole answer
  std::string text_;
  std::string first_;  // if not empty, the next piece: the rest of one that a prefix has cut
  std::string shown_;  // that piece, once it has been given
};

// The length of the first piece of `text`: at least one whole UTF-8 character, about four bytes.
std::size_t PieceLength(std::string_view text);

}  // namespace headgate::loadtest::sim

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace headgate::backends::json {

// Where the tokens of a JSON text begin: every bracket, colon, comma, string and scalar outside of
// strings. The first stage of simdjson finds them, and also checks that the whole text is UTF-8 and
// that no string holds a raw control byte. Worker-bound; reused: the buffer grows to the longest
// text, and Trim() frees the memory of an unusual text.
class StructuralIndex {
 public:
  enum class Fault : std::uint8_t {
    kNone,
    kNoTokens,  // empty, or white space alone
    kNotUtf8,
    kOpenString,  // the text ends inside a string
    kControlInString,
    kTooLong,  // 4 GiB, or no memory for the index
  };

  StructuralIndex();
  ~StructuralIndex();

  // Indexes `text` of `size` bytes.
  Fault Build(const char* text, std::size_t size);

  // Returns offsets in ascending order. Between a token and the next token there is only the rest
  // of the token and white space. Valid until the next Build or Trim.
  std::span<const std::uint32_t> tokens() const;

  // Frees the buffer if it is larger than what a worker should keep.
  void Trim();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace headgate::backends::json

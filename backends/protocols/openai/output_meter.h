#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace headgate::backends::openai {

// Measures what a model wrote in an answer that is not streamed, for the estimate of its tokens
// when the answer does not say: the bytes, unescaped, of the strings in `choices` that hold text,
// reasoning, a refusal or a tool's name and arguments. The JSON around them, log probabilities and
// embeddings are no output. The answer may come in pieces and may break off anywhere; it is scanned
// for its quotes and brackets, not checked. Names written with escapes are not recognised.
// Thread-compatible.
class OutputMeter {
 public:
  void Feed(std::string_view piece);
  std::size_t bytes() const { return bytes_; }

 private:
  void InString(char c);
  void Escaped(char c);
  void Outside(char c);

  std::size_t bytes_ = 0;
  std::size_t depth_ = 0;
  std::string name_;   // the last string that was no value behind a colon, cut off
  int hex_ = 0;        // digits of a \u escape that are still to come
  unsigned code_ = 0;  // of that escape
  bool in_string_ = false;
  bool escaped_ = false;
  bool after_colon_ = false;  // the next value is that of name_
  bool counting_ = false;     // the string that is being read was generated
  bool in_choices_ = false;
};

}  // namespace headgate::backends::openai

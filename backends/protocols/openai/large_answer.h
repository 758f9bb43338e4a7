#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "backends/protocols/values/answer_usage.h"

namespace headgate::backends::openai {

// Finds what an answer says about its own price while the answer passes by in pieces, too large to
// be held. Only the members it asks for are kept, and those only up to 4 KiB; the rest is scanned
// for its quotes and brackets, not checked. Thread-compatible.
class LargeAnswer {
 public:
  void Feed(std::string_view piece);

  // What has come so far; without usage when it did not come, or cannot be read.
  AnswerUsage Read() const;

 private:
  void InString(char c);
  void Outside(char c);
  void BeginValue();
  void Keep(char c);

  std::string key_;         // of the top-level member that is being read, at most kLongestKey bytes
  std::string kept_;        // members, as the text of an object without its braces
  std::size_t member_ = 0;  // where in kept_ the member that is being read begins
  std::size_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  bool key_comes_ = false;  // the next string at the top level is a name
  bool reading_key_ = false;
  bool keeping_ = false;
};

}  // namespace headgate::backends::openai

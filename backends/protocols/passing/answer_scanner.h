#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "backends/protocols/values/answer_usage.h"

namespace headgate::backends {

// What AnswerScanner looks for in the answers of a protocol. All of it is constant.
struct ScannedNames {
  std::string_view container;               // the member of the root that holds what was written
  std::span<const std::string_view> texts;  // members in it whose texts the model wrote
  // A member in it whose value the model wrote as JSON: each text in it counts, names too. Empty if
  // there is none.
  std::string_view json;
  // Reads the usage of an object with the members `usage` and `service_tier` of the root.
  AnswerUsage (*read)(std::string_view members);
};

// Finds the cost that a non-streamed answer reports, and measures the text that the model wrote,
// while the answer passes by in pieces. It is used for an answer that is too large to be held, and
// for an answer that reports no cost or breaks off. The text is scanned for its quotes, brackets
// and names. It is not checked, and may end anywhere. Names written with escapes are not
// recognised. Only the needed members are kept, up to 4 KiB. Thread-compatible.
class AnswerScanner {
 public:
  // `names` outlives the scanner.
  explicit AnswerScanner(const ScannedNames& names) : names_(names) {}

  void Feed(std::string_view piece);

  // Returns the usage that has come so far, without tokens if they did not come or cannot be read.
  AnswerUsage usage() const;

  // Bytes, unescaped, of the strings that hold text, reasoning, a refusal or a tool's name and
  // arguments. The JSON around them, log probabilities and embeddings are not output.
  std::size_t output_bytes() const { return output_bytes_; }

 private:
  void InString(char c);
  void Escaped(char c);
  void AddToName(char c);
  void Outside(char c);
  void BeginString();
  void BeginMember();
  void Keep(char c);

  bool IsText(std::string_view name) const;

  const ScannedNames& names_;
  std::string name_;        // the last string that is not counted, cut off
  std::string kept_;        // members, as the text of an object without its braces
  std::size_t member_ = 0;  // where in kept_ the member that is being read begins
  std::size_t output_bytes_ = 0;
  std::size_t depth_ = 0;
  int hex_ = 0;        // digits of a \u escape that are still missing
  unsigned code_ = 0;  // of that escape
  bool in_string_ = false;
  bool escaped_ = false;
  bool after_colon_ = false;  // the next value belongs to name_
  bool in_container_ = false;
  std::size_t json_depth_ = 0;  // of the value that was written as JSON; 0: not in such a value
  bool counting_ = false;       // the string that is being read is output
  bool keeping_ = false;        // the member that is being read is kept
};

}  // namespace headgate::backends

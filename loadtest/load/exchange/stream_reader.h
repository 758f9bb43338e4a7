#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace headgate::loadtest::load {

// The facts of one answer, streamed or whole.
struct AnswerFacts {
  std::uint64_t chunks = 0;  // events that carried text, reasoning or a tool call
  bool done = false;         // [DONE] was seen
  bool error = false;        // an error object came in the stream
  bool malformed = false;    // an event, or a whole answer, is not a JSON object
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
  std::int64_t cached_tokens = 0;  // of the input tokens
  std::string target;              // from a comment of the gateway; usually a header has it
  std::string text;                // empty unless `keep_text`
};

// Reads the events of a stream from the bytes of its body, which may be split anywhere. It shares
// no code with the gateway's reader, so that it is an independent check. Thread-compatible.
class StreamReader {
 public:
  // `keep_text`: collect the text of the answer, which costs a parse of each event.
  explicit StreamReader(bool keep_text) : keep_text_(keep_text) {}

  // Takes bytes. Returns how many events with content they complete.
  std::uint64_t Feed(std::string_view bytes);
  const AnswerFacts& facts() const { return facts_; }

 private:
  bool TakeLine(std::string_view line);
  bool TakeData(std::string_view data);

  const bool keep_text_;
  AnswerFacts facts_;
  std::string line_;  // the part of a line that has arrived so far
};

// Reads a non-streamed answer.
AnswerFacts ReadWholeAnswer(std::string_view body, bool keep_text);

}  // namespace headgate::loadtest::load

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace headgate::loadtest::load {

// What one answer said, streamed or whole.
struct AnswerFacts {
  std::uint64_t chunks = 0;  // events that carried text, reasoning or a tool call
  bool done = false;         // [DONE] was seen
  bool error = false;        // an error object came in the stream
  bool malformed = false;    // an event, or a whole answer, that is no JSON object
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
  std::string text;  // only when it was asked for
};

// Reads the events of a stream from its body's bytes, torn anywhere. Independent of the gateway's
// own reader on purpose. Thread-compatible.
class StreamReader {
 public:
  // `keep_text`: gather the text of the answer, which costs a parse of each event.
  explicit StreamReader(bool keep_text) : keep_text_(keep_text) {}

  // Takes bytes. Returns how many events with content were among them.
  std::uint64_t Feed(std::string_view bytes);
  const AnswerFacts& facts() const { return facts_; }

 private:
  bool TakeLine(std::string_view line);
  bool TakeData(std::string_view data);

  const bool keep_text_;
  AnswerFacts facts_;
  std::string line_;  // the part of a line that has come so far
};

// Reads an answer that is not streamed.
AnswerFacts ReadWholeAnswer(std::string_view body, bool keep_text);

}  // namespace headgate::loadtest::load

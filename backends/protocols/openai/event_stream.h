#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "backends/protocols/openai/answer_fields.h"
#include "backends/protocols/openai/chunk_keys.h"
#include "backends/protocols/openai/streamed_usage.h"
#include "backends/protocols/passing/passing_events.h"
#include "backends/protocols/sse/sse.h"
#include "backends/protocols/values/answer_usage.h"
#include "backends/protocols/values/stream_end.h"

namespace headgate::backends::openai {

// The streamed answer of a chat completion or a legacy completion. It passes as PassingEvents says,
// with one more exception: the usage chunk (`choices` empty, null or missing) of a client that did
// not ask for it is removed. [DONE] is left to the caller.
//
// An event costs one look at its keys. It is parsed only if it is the first, has no choices, or has
// a key that may be an error, usage, the first service tier, an end or a second choice. In the
// steady state nothing is allocated. Sans-I/O. Worker-bound.
class EventStream : public PassingEvents {
 public:
  // `forward_usage`: the client asked for usage itself (stream_options.include_usage).
  // `max_event` bytes: a longer event makes the stream malformed.
  explicit EventStream(bool forward_usage, std::size_t max_event = kLongestKept)
      : PassingEvents(max_event), forward_usage_(forward_usage) {}

  // What is wrong with a stream that is done() and has not started(), for the log.
  static constexpr std::string_view kNothingButItsEnd = "its stream holds nothing but [DONE]";

  // Takes bytes as they came, and appends what goes to the client to `out`. Bytes behind [DONE], an
  // error or something malformed are ignored.
  void Feed(std::string_view bytes, std::string& out) {
    FeedEvents(bytes, out, [this](const SseEvent& event) { return TakeEvent(event); });
  }

  // Returns whether at least `answers` choices have begun, and each choice that began has had a
  // finish_reason.
  bool finished(std::size_t answers = 1) const {
    return seen_.count() >= answers && (seen_ & ~finished_).none();
  }
  // Returns whether a choice has come.
  bool has_choice() const { return seen_.any(); }
  // Returns how the stream ended. Called when it has ended. `answers`: number of answers that were
  // asked for.
  StreamEnd end(std::size_t answers) const { return EndWith(finished(answers)); }
  // Returns usage and tier, as far as they came. If content came after the last report of the
  // output, that report was not final: each event counts as one more token, and the usage is not
  // `consistent`.
  AnswerUsage usage() const { return usage_.Usage(); }

 private:
  bool TakeEvent(const SseEvent& event);
  bool NeedsParsing(const ChunkKeys& keys) const;

  const bool forward_usage_;
  StreamedUsage usage_;
  ChoiceSet seen_;
  ChoiceSet finished_;
};

}  // namespace headgate::backends::openai

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "backends/protocols/openai/answer_fields.h"
#include "backends/protocols/openai/chunk_keys.h"
#include "backends/protocols/openai/streamed_usage.h"
#include "backends/protocols/sse/sse.h"
#include "backends/protocols/values/answer_usage.h"
#include "backends/protocols/values/stream_end.h"

namespace headgate::backends::openai {

// The body of one streamed answer, as the backend sends it (after transfer decoding), turned into
// what the client gets. Only whole events are forwarded, so an in-band error can follow cleanly
// when a stream breaks within an event. Events pass byte for byte, with these exceptions:
//
// * The usage chunk (`choices` empty, null or missing) of a client that did not ask for it is
//   removed.
// * An error, and everything behind it, is left to the caller, who writes it as clients read it.
// * [DONE] is left to the caller, who knows whether the answer was whole.
// * A byte-order mark is removed. Of comments that look like the gateway's own (`: x-headgate…`)
//   only the colon is left.
//
// The output does not depend on where the bytes were split.
//
// An event costs one look at its keys. It is parsed only if it is the first, has no choices, or has
// a key that may be an error, usage, the first service tier, an end or a second choice. In the
// steady state nothing is allocated. Sans-I/O. Worker-bound.
class EventStream {
 public:
  // `forward_usage`: the client asked for usage itself (stream_options.include_usage).
  // `max_event` bytes: a longer event makes the stream malformed.
  explicit EventStream(bool forward_usage, std::size_t max_event = 8u << 20);

  // What is wrong with a stream that is done() and has not started(), for the log.
  static constexpr std::string_view kNothingButItsEnd = "its stream holds nothing but [DONE]";

  // Takes bytes as they came, and appends what goes to the client to `out`. Bytes behind [DONE], an
  // error or something malformed are ignored.
  void Feed(std::string_view bytes, std::string& out);

  // Returns whether a `data:` event that is not [DONE] has been seen. Comments do not count;
  // comments that come before that event are left out of `out`.
  bool started() const { return started_; }
  // Returns whether the last Feed brought something that came before the first event, such as a
  // comment.
  bool waiting() const { return waiting_; }
  // The comments of that Feed, as they may be passed on: each a line and a blank line, at most 4
  // KiB. Of a comment that is too long, has control characters or broken UTF-8, or looks like the
  // gateway's own, only the colon is left.
  std::string_view comments() const { return comments_; }
  // Returns whether the first data event was an error. Nothing is ever appended to `out` then.
  bool failed_first() const { return failed_first_; }
  bool error_event() const { return error_event_; }  // an error came later
  // The data of that error, as they came; usually a JSON object. Empty without an error.
  std::string_view error() const { return error_; }
  bool done() const { return done_; }            // [DONE] was seen
  bool malformed() const { return malformed_; }  // data that is not a JSON object, or is too long
  // Returns whether the stream has ended, and later bytes are ignored: one of the four above is
  // true.
  bool ended() const { return done_ || malformed_ || failed_first_ || error_event_; }
  // Returns whether at least `answers` choices have begun, and each choice that began has had a
  // finish_reason.
  bool finished(std::size_t answers = 1) const {
    return seen_.count() >= answers && (seen_ & ~finished_).none();
  }
  // Returns how the stream ended. Called when it has ended. `answers`: number of answers that were
  // asked for.
  StreamEnd end(std::size_t answers) const {
    return {.error = error_event_,
            .malformed = malformed_,
            .closed = done_,
            .finished = finished(answers)};
  }
  // Number of events that carried generated content: text, tool calls, reasoning, refusal. It is
  // the estimate of output tokens if usage never comes (vLLM and OpenAI send one token an event, by
  // default).
  std::int64_t token_events() const { return token_events_; }
  // Returns usage and tier, as far as they came. If content came after the last report of the
  // output, that report was not final: each event counts as one more token, and the usage is not
  // `consistent`.
  AnswerUsage usage() const { return usage_.Usage(); }

 private:
  // Each of these returns whether the block, or the event in it, goes to the client. Only the first
  // appends.
  bool TakeBlock(const SseSplitter::Block& block, std::string& out);
  bool TakeEvent(const SseEvent& event);
  bool TakeOddEvent(const SseEvent& event, std::string_view data);
  bool TakeError(std::string_view data);
  void TakeComment(std::string_view block);
  bool NeedsParsing(const ChunkKeys& keys) const;

  const bool forward_usage_;
  SseSplitter splitter_;
  StreamedUsage usage_;
  std::string joined_;    // data that came in several lines
  std::string comments_;  // of the last Feed
  std::string error_;
  ChoiceSet seen_;
  ChoiceSet finished_;
  std::int64_t token_events_ = 0;
  bool forwarded_last_ = false;  // the block before went to the client
  bool started_ = false;
  bool waiting_ = false;
  bool failed_first_ = false;
  bool error_event_ = false;
  bool done_ = false;
  bool malformed_ = false;
};

}  // namespace headgate::backends::openai

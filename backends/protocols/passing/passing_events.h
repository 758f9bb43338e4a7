#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backends/protocols/sse/sse.h"
#include "backends/protocols/values/stream_end.h"

namespace headgate::backends {

// The body of one streamed answer, as the backend sends it (after transfer decoding), turned into
// what the client gets. Only whole events are forwarded, so an in-band error can follow cleanly
// when a stream breaks within an event. Events pass byte for byte, with these exceptions, which
// hold in all protocols:
//
// * An error, and everything behind it, is left to the caller, who writes it as clients read it.
// * An end that says nothing ([DONE], message_stop) is left to the caller, who knows whether the
//   answer was whole.
// * A byte-order mark is removed. Of comments that look like the gateway's own (`: x-headgate…`)
//   only the colon is left.
// * Data behind the first event that is not a JSON object is left out and counted.
//
// The output does not depend on where the bytes were split. A class for one protocol derives from
// it and judges each event. Sans-I/O. Worker-bound.
class PassingEvents {
 public:
  // Returns whether an event of the answer has been seen. Comments and other signs of life do not
  // count; those that come before that event are left out of the output.
  bool started() const { return started_; }
  // Returns whether nothing but the beginning of the answer has been seen: none of its content, and
  // not its end. An error that comes then may be answered by another backend.
  bool only_begun() const { return started_ && !has_content_; }
  // Returns whether the last Feed brought something that came before the first event, such as a
  // comment.
  bool waiting() const { return waiting_; }
  // The comments of that Feed, as they may be passed on: each a line and a blank line, at most 4
  // KiB. Of a comment that is too long, has control characters or broken UTF-8, or looks like the
  // gateway's own, only the colon is left.
  std::string_view comments() const { return comments_; }
  // Returns whether the first event was an error. Nothing is ever appended to the output then.
  bool failed_first() const { return failed_first_; }
  bool error_event() const { return error_event_; }  // an error came later
  // The data of that error, as they came; usually a JSON object. Empty without an error.
  std::string_view error() const { return error_; }
  bool done() const { return done_; }  // the protocol's end was seen
  // Returns whether the first data is not a JSON object, an event is too long, or more than
  // kMostLeftOut events were left out.
  bool malformed() const { return malformed_; }
  // Number of events behind the first that are not JSON objects. They are left out, and the stream
  // goes on; it then is whole only if it has its finish.
  std::int64_t left_out() const { return left_out_; }
  // Returns whether the stream has ended, and later bytes are ignored: one of the four above is
  // true.
  bool ended() const { return done_ || malformed_ || failed_first_ || error_event_; }
  // Number of events that carried generated content: text, tool calls, reasoning, refusal. It is
  // the estimate of output tokens if usage never comes (vLLM and OpenAI send one token an event, by
  // default).
  std::int64_t token_events() const { return token_events_; }

 protected:
  // `max_event` bytes: a longer event makes the stream malformed.
  explicit PassingEvents(std::size_t max_event) : splitter_(max_event) {}

  // Takes bytes as they came, and appends what goes to the client to `out`. Bytes behind an end are
  // ignored. take(event) judges an event with data, and returns whether it goes to the client.
  template <typename Take>
  void FeedEvents(std::string_view bytes, std::string& out, Take&& take);

  // Each of these returns false, which keeps the event from the client.
  //
  // Takes an event without data. By the standard it is not an event; clients that parse it anyway
  // would fail.
  bool TakeEmpty();
  // Takes a sign of life that is not a comment. Before the first event it is passed as a comment.
  bool TakeSign();
  bool TakeError(std::string_view data);
  // Takes data that are not a JSON object: an error if the event is named so, or if they are
  // Gemini's list of errors. Otherwise it is left out, or the stream is malformed: see malformed().
  bool TakeOdd(const SseEvent& event, std::string_view data);

  void Start() { started_ = true; }
  void Finish() { done_ = true; }
  void CountToken() {
    ++token_events_;
    has_content_ = true;
  }
  // For content that is not counted, and for the end of an answer.
  void NoteContent() { has_content_ = true; }
  // What was left out may have been the finish, so an end alone does not make such a stream whole.
  StreamEnd EndWith(bool finished) const {
    const bool lacks = done_ && left_out_ > 0 && !finished;
    return {.error = error_event_,
            .malformed = malformed_ || lacks,
            .closed = done_ && !lacks,
            .finished = finished};
  }

 private:
  static void SkipMark(SseSplitter::Block& block);
  void TakeComment(std::string_view block);
  static void AppendBlock(const SseSplitter::Block& block, const SseEvent& event, std::string& out);

  SseSplitter splitter_;
  std::string joined_;    // data that came in several lines
  std::string comments_;  // of the last Feed
  std::string error_;
  std::int64_t token_events_ = 0;
  std::int64_t left_out_ = 0;
  bool forwarded_last_ = false;  // the block before went to the client
  bool started_ = false;
  bool has_content_ = false;
  bool waiting_ = false;
  bool failed_first_ = false;
  bool error_event_ = false;
  bool done_ = false;
  bool malformed_ = false;
};

// A template, so that judging an event costs no call through a pointer.
template <typename Take>
void PassingEvents::FeedEvents(std::string_view bytes, std::string& out, Take&& take) {
  waiting_ = false;
  comments_.clear();
  if (ended()) return;
  splitter_.Add(bytes);
  while (std::optional<SseSplitter::Block> block = splitter_.Next()) {
    if (!started_) SkipMark(*block);
    if (block->continues) {
      if (forwarded_last_) out.append(block->text);
    } else {
      const SseEvent event = ReadSseEvent(*block, joined_);
      if (event.data_fields == 0 && !started_) TakeComment(block->text);
      forwarded_last_ = event.data_fields > 0 ? take(event) : started_;
      if (forwarded_last_) AppendBlock(*block, event, out);
    }
    if (ended()) return;
  }
  malformed_ = splitter_.too_long();
}

}  // namespace headgate::backends

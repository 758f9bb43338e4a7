#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "backends/protocols/anthropic/parts/message_usage.h"
#include "backends/protocols/passing/passing_events.h"
#include "backends/protocols/sse/sse.h"
#include "backends/protocols/values/answer_usage.h"
#include "backends/protocols/values/stream_end.h"

namespace headgate::backends::anthropic {

// The streamed answer of Anthropic's Messages API. It passes as PassingEvents says. message_stop is
// left to the caller. A ping before the first event is a sign of life, which passes as a comment. A
// [DONE], which some proxies add, is removed and ends nothing.
//
// An event costs one look at its type and its keys. Only the first event, and events that may have
// usage, an end or an error, are parsed. In the steady state nothing is allocated. Sans-I/O.
// Worker-bound.
class EventStream : public PassingEvents {
 public:
  explicit EventStream(std::size_t max_event = kLongestKept) : PassingEvents(max_event) {}

  // What is wrong with a stream that is done() and has not started(), for the log.
  static constexpr std::string_view kNothingButItsEnd = "its stream holds nothing but message_stop";

  // Takes bytes as they came, and appends what goes to the client to `out`. Bytes behind
  // message_stop, an error or something malformed are ignored.
  void Feed(std::string_view bytes, std::string& out) {
    FeedEvents(bytes, out, [this](const SseEvent& event) { return TakeEvent(event); });
  }

  // Returns whether a stop_reason has come.
  bool finished() const { return finished_; }
  // Returns how the stream ended. Called when it has ended.
  StreamEnd end() const { return EndWith(finished_); }
  // Returns usage and tier, as far as they came: see MessageUsage.
  AnswerUsage usage() const { return usage_.Usage(); }

 private:
  bool TakeEvent(const SseEvent& event);
  bool TakeDelta(std::string_view json);

  MessageUsage usage_;
  bool finished_ = false;
};

}  // namespace headgate::backends::anthropic

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "backends/protocols/openai_responses/passing/response_fields.h"
#include "backends/protocols/passing/passing_events.h"
#include "backends/protocols/sse/sse.h"
#include "backends/protocols/values/answer_usage.h"
#include "backends/protocols/values/client_error.h"
#include "backends/protocols/values/stream_end.h"

namespace headgate::backends::openai_responses {

// The streamed answer of OpenAI's Responses API. It passes as PassingEvents says. Its end,
// response.completed or response.incomplete, has the whole response in it and passes too: nothing
// is left to the caller then. response.failed is an error. A [DONE], which some servers add, is
// removed and ends nothing.
//
// An event costs one look at its type and its keys. Only the first event, and those that may be an
// end or an error, are parsed. In the steady state nothing is allocated. Sans-I/O. Worker-bound.
class EventStream : public PassingEvents {
 public:
  explicit EventStream(std::size_t max_event = kLongestKept) : PassingEvents(max_event) {}

  // Takes bytes as they came, and appends what goes to the client to `out`. Bytes behind the end,
  // an error or something malformed are ignored.
  void Feed(std::string_view bytes, std::string& out) {
    FeedEvents(bytes, out, [this](const SseEvent& event) { return TakeEvent(event); });
  }

  // Returns whether the end has come.
  bool finished() const { return done(); }
  // Returns how the stream ended. Called when it has ended.
  StreamEnd end() const { return EndWith(done()); }
  // Returns usage and tier, which come with the end. A response that failed may report its usage.
  const AnswerUsage& usage() const { return usage_; }
  // Returns what the client knows of the response. Events are counted on from the number of the
  // first, because servers number them one by one.
  const BegunAnswer& begun() const { return begun_; }

 private:
  bool TakeEvent(const SseEvent& event);
  bool Pass(std::string_view type, std::string_view json);
  void NoteBegin(ResponseFields& fields);
  void CountPiece(std::string_view type, std::string_view json);

  AnswerUsage usage_;
  BegunAnswer begun_;
};

}  // namespace headgate::backends::openai_responses

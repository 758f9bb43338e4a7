// The JSON of one answer in its protocol, as stream events or whole. An answer is a sequence of
// parts: thinking, text and tool calls. The text that the events of a stream share is rendered
// once, so that a token costs a few appends. *thread-compatible*
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loadtest/sim/replica/bill.h"
#include "loadtest/sim/replica/options.h"
#include "loadtest/sim/requests/completion_request.h"

namespace headgate::loadtest::sim {

// The reason why an answer ended.
enum class FinishReason {
  kStop,
  kLength,
  kToolCalls,
  kStopSequence,  // a stop sequence of the request
  kRefusal,
  kPause,   // the client is to continue the turn
  kContext  // the model's context is full
};

struct AnswerPart {
  enum class Kind { kThinking, kText, kToolCall };
  Kind kind = Kind::kText;
  std::string signature;  // signature of thinking, or the opaque data of redacted thinking
  bool redacted = false;
  ToolCall call;
};

// A part of a non-streamed answer.
struct WholePart {
  const AnswerPart* part = nullptr;
  std::string text;      // thinking, text, or the generated part of a call's arguments
  bool complete = true;  // false if the limit of tokens has cut off the part
};

// One non-streamed answer. All its choices have the same parts.
struct WholeAnswer {
  std::vector<WholePart> parts;
  FinishReason reason = FinishReason::kStop;
  std::optional<Usage> usage;
};

// The receiver of a stream's events.
class EventSink {
 public:
  // Returns the empty string that takes the JSON of the next event.
  virtual std::string& Json() = 0;
  // Sends the JSON as an event called `name`. If `name` is empty, the event has no name.
  virtual void Send(std::string_view name) = 0;

 protected:
  virtual ~EventSink() = default;
};

class AnswerShapes {
 public:
  virtual ~AnswerShapes() = default;

  // The calls of a stream are Begin, then BeginPart, Token and EndPart for each part, then Finish
  // and End. Error may be called at any time, also before Begin, and is then the last call. With
  // null as `usage`, the stream has no usage. The parts must outlive the stream.
  virtual void Begin(EventSink& sink, const Usage* usage) = 0;
  virtual void BeginPart(EventSink& sink, const AnswerPart& part) = 0;
  // Writes one token. The piece of a call's first token is empty: BeginPart has written the name.
  virtual void Token(EventSink& sink, std::string_view piece) = 0;
  // `complete` is false if the limit of tokens has cut off the part.
  virtual void EndPart(EventSink& sink, bool complete) = 0;
  virtual void Finish(EventSink& sink, FinishReason reason, const Usage* usage) = 0;
  // Writes the event that tells clients that the stream is complete.
  virtual void End(EventSink& sink) = 0;
  virtual void Error(EventSink& sink, const Refusal& refusal) = 0;
  // Returns the name of the events that carry text. It is empty if events have no names.
  virtual std::string_view TextEvent() const = 0;

  // Appends the body of a non-streamed answer to `out`.
  virtual void Whole(std::string& out, const WholeAnswer& answer) const = 0;
};

// Returns the shapes of the protocol of `request`, which must outlive them. `tag` makes the ids of
// this answer unique; `created` is in seconds since 1970.
std::unique_ptr<AnswerShapes> MakeShapes(Personality personality, const CompletionRequest& request,
                                         std::uint64_t tag, std::int64_t created);

// Returns the id of the call. A call without an id gets an id made of `prefix`, `tag` and `number`.
std::string CallId(const ToolCall& call, std::string_view prefix, std::string_view tag,
                   std::int64_t number);

}  // namespace headgate::loadtest::sim

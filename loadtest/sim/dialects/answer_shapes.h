// The JSON of one answer in its protocol, as stream events or whole. An answer is a row of parts:
// thinking, text, calls of tools. What is the same in every event of a stream is rendered once, so
// that a token costs a few appends. *thread-compatible*
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

// Why an answer ended.
enum class FinishReason {
  kStop,
  kLength,
  kToolCalls,
  kStopSequence,  // of the request
  kRefusal,
  kPause,   // the turn is to go on
  kContext  // the model's context is full
};

struct AnswerPart {
  enum class Kind { kThinking, kText, kToolCall };
  Kind kind = Kind::kText;
  std::string signature;  // of thinking; if that is redacted, all that is seen of it
  bool redacted = false;
  ToolCall call;
};

// A part of an answer that is not streamed.
struct WholePart {
  const AnswerPart* part = nullptr;
  std::string text;      // thinking, text, or how far the arguments of a call came
  bool complete = true;  // whether it was not cut off by the limit of tokens
};

// One whole answer, of which each choice says the same.
struct WholeAnswer {
  std::vector<WholePart> parts;
  FinishReason reason = FinishReason::kStop;
  std::optional<Usage> usage;
};

// Where the events of a stream go.
class EventSink {
 public:
  // The empty text into which the JSON of the next event is written.
  virtual std::string& Json() = 0;
  // Sends what was written, under `name` unless that is empty.
  virtual void Send(std::string_view name) = 0;

 protected:
  virtual ~EventSink() = default;
};

class AnswerShapes {
 public:
  virtual ~AnswerShapes() = default;

  // A stream calls Begin, for each part BeginPart, Token and EndPart, then Finish and End; or Error
  // at any time, as the last. `usage` is null if it is to be left out. Parts outlive the stream.
  virtual void Begin(EventSink& sink, const Usage* usage) = 0;
  virtual void BeginPart(EventSink& sink, const AnswerPart& part) = 0;
  // The first token of a call is its name, which BeginPart has written: an empty piece.
  virtual void Token(EventSink& sink, std::string_view piece) = 0;
  // `complete` is false if the limit of tokens has cut the part off.
  virtual void EndPart(EventSink& sink, bool complete) = 0;
  virtual void Finish(EventSink& sink, FinishReason reason, const Usage* usage) = 0;
  // What tells clients that the stream is whole.
  virtual void End(EventSink& sink) = 0;
  virtual void Error(EventSink& sink, const Refusal& refusal) = 0;
  // The name of the events that carry text, empty if events have no names.
  virtual std::string_view TextEvent() const = 0;

  // The body of an answer that is not streamed.
  virtual void Whole(std::string& out, const WholeAnswer& answer) const = 0;
};

// `tag` makes the ids of this answer unique; `created` is in seconds since 1970. `request` must
// outlive the shapes.
std::unique_ptr<AnswerShapes> MakeShapes(Personality personality, const CompletionRequest& request,
                                         std::uint64_t tag, std::int64_t created);

// The id of the call, or one made of `prefix`, `tag` and `number`.
std::string CallId(const ToolCall& call, std::string_view prefix, std::string_view tag,
                   std::int64_t number);

}  // namespace headgate::loadtest::sim

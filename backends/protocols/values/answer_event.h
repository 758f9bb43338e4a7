#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/protocols/values/answer_usage.h"
#include "backends/protocols/values/conversation.h"

namespace headgate::backends {

// Why an answer ended, in words of no protocol.
enum class FinishReason : std::uint8_t {
  kStop,          // the model had no more to say
  kStopSequence,  // it wrote a stop sequence
  kLength,        // max_tokens, or the end of the context window
  kToolCalls,     // it waits for the results of its calls
  kRefusal,       // refused by the model or by a filter
  kPause,         // Anthropic's pause_turn: it will go on if the turn is sent back
};

// One step of an answer, streamed or whole. An answer is a list of events in this order:
// kStart; then for each part of the answer, one after another, its events; kFinish; kEnd. kUsage
// may come any number of times between kStart and kFinish, each replacing the one before: at once,
// if a backend says at the beginning what the request cost. kPing may come anywhere. kError ends
// the answer in place of all that is missing. kEnd without kStart is the end of a stream that holds
// nothing else. Readers emit this order whatever a backend sends (a
// part that begins ends the part before; fragments of parallel tool calls are ordered: those of a
// call that is not the current one wait until its turn), so a writer needs no buffer for order.
//
// The views are valid during the call that hands over the event.
struct AnswerEvent {
  enum class Kind : std::uint8_t {
    kStart,          // id, model
    kText,           // text: more of what the answer says
    kThinking,       // text: more of what the model thought
    kSignature,      // text, protocol: of the thoughts just before; also the whole of hidden ones
    kRefusal,        // text: more of why the model refuses
    kToolCall,       // id, name: a call begins
    kToolArguments,  // text: more of the JSON of its arguments
    kPartEnd,        // the current part is whole
    kUsage,          // usage
    kFinish,         // finish, stop_sequence
    kPing,           // a sign of life
    kError,          // text: the backend's error document as it came, usually JSON
    kEnd,            // the backend ended the answer as its protocol ends a whole one
  };
  Kind kind = Kind::kPing;
  std::string_view text;
  std::string_view id;
  std::string_view name;
  std::string_view model;
  std::string_view stop_sequence;  // which one, if the backend says it
  ChatProtocol protocol = ChatProtocol::kMessages;
  FinishReason finish = FinishReason::kStop;
  const AnswerUsage* usage = nullptr;
};

// Takes the events of one answer, in order.
class AnswerSink {
 public:
  virtual ~AnswerSink() = default;
  virtual void On(const AnswerEvent& event) = 0;
};

// A whole answer, as its events add up. It carries all that a continuation needs.
struct Answer {
  std::string id;
  std::string model;
  std::vector<ContentPart> parts;  // kText, kThinking, kHiddenThinking, kToolCall, kRefusal
  std::optional<FinishReason> finish;
  std::string stop_sequence;
  AnswerUsage usage;
  bool ended = false;  // kEnd came
};

// Adds events up to an Answer.
class AnswerCollector final : public AnswerSink {
 public:
  explicit AnswerCollector(Answer& answer) : answer_(answer) {}
  void On(const AnswerEvent& event) override;

 private:
  ContentPart& PartOf(ContentPart::Kind kind);
  void AddSignature(const AnswerEvent& event);
  void BeginCall(const AnswerEvent& event);

  Answer& answer_;
  bool open_ = false;  // the last part may grow
};

}  // namespace headgate::backends

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backends/protocols/openai_chat/chunks/call_order.h"
#include "backends/protocols/openai_chat/chunks/chunk_reader.h"
#include "backends/protocols/values/answer_event.h"

namespace headgate::backends::openai_chat {

// Turns what chunks say into the parts of an answer, one after another. Text that comes while the
// arguments of a call are not whole waits until the calls have ended. Worker-bound.
class AnswerParts {
 public:
  // `answer_id`: what the ids of calls without one are made of.
  void Begin(std::string_view answer_id) { calls_.SetAnswerId(answer_id); }
  void Take(const Chunk& chunk, AnswerSink& sink);
  // Ends all parts.
  void Finish(AnswerSink& sink);

  bool has_calls() const { return calls_.any(); }
  // The same for calls that have not been handed over.
  bool announces_call() const { return calls_.announced(); }
  // Returns whether Finish found a call without a name. The answer means what cannot be told,
  // unless it was cut.
  bool has_nameless_call() const { return calls_.nameless(); }
  // More waits than is kept; the answer cannot be read on.
  bool too_much() const { return calls_.too_much() || late_size_ > CallOrder::kMostWaiting; }

 private:
  using Kind = AnswerEvent::Kind;

  struct LateText {
    Kind kind = Kind::kText;
    std::string text;
  };

  void TakeText(Kind kind, std::string_view text, AnswerSink& sink);
  void TakeSignatures(const Chunk& chunk, AnswerSink& sink);
  void Open(Kind kind, AnswerSink& sink);
  void Close(AnswerSink& sink);

  Kind open_ = Kind::kPartEnd;  // the kind of the text that is open; kPartEnd if there is none
  CallOrder calls_;
  std::vector<LateText> late_;
  std::size_t late_size_ = 0;
};

}  // namespace headgate::backends::openai_chat

// Writes one answer in the form its request asked for, streamed or whole, with the faults of form
// (line ends, torn chunks, comments, missing parts). *worker-bound*
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "loadtest/sim/answers/channel.h"
#include "loadtest/sim/dialects/completion_request.h"
#include "loadtest/sim/dialects/openai_shapes.h"
#include "loadtest/sim/faults/fault.h"

namespace headgate::loadtest::sim {

class AnswerWriter {
 public:
  // How the client frames its side: HTTP version 10 or 11, and whether it may be kept.
  struct Framing {
    int version = 11;
    bool keep_alive = true;
  };

  // References must outlive the writer.
  AnswerWriter(Context& context, Channel& channel, const CompletionRequest& request,
               const Fault& fault, Framing framing, std::uint64_t tag);

  // Streams. The head, with the role chunk of every choice.
  void Begin();
  // One token of every choice.
  void Token(std::string_view piece);
  void Malformed();
  // An error event and the end of the stream.
  void StreamError(const Refusal& refusal);
  // The finish chunks, the usage if it was asked for, and the end.
  void FinishStream(FinishReason reason, const Usage& usage);

  // Answers in one piece. With `cut`, half of the promised body.
  void Whole(const WholeAnswer& answer, bool cut);
  void Error(const Refusal& refusal);
  void Body(std::string_view body, bool cut);
  // HTTP 200 with an error in it.
  void ErrorAsAnswer(const Refusal& refusal);

  // Hands over what was written. REQUIRED before the event ends.
  void Flush();
  std::size_t pending() const { return context_.out.size(); }
  bool keep_alive() const { return framing_.keep_alive; }

 private:
  void Event(std::string_view json);
  void Frame(std::string_view bytes);
  void Terminate(bool done);
  std::string ExtraHead() const;

  Context& context_;
  Channel& channel_;
  const CompletionRequest& request_;
  const Fault& fault_;
  Framing framing_;
  bool chunked_ = false;
  bool tool_started_ = false;
  std::int64_t events_ = 0;
  std::uint64_t tag_;
  Shapes shapes_;
};

}  // namespace headgate::loadtest::sim

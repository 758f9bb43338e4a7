// Writes one answer in the form that its request asked for, streamed or whole, with the faults of
// form (line ends, split chunks, comments, missing parts). *worker-bound*
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "loadtest/sim/answers/channel.h"
#include "loadtest/sim/dialects/answer_shapes.h"
#include "loadtest/sim/faults/fault.h"
#include "loadtest/sim/requests/completion_request.h"

namespace headgate::loadtest::sim {

class AnswerWriter final : private EventSink {
 public:
  // The client's HTTP version (10 or 11), whether the connection may stay open, and more lines of
  // the head, each with its CRLF.
  struct Framing {
    int version = 11;
    bool keep_alive = true;
    std::string head_lines = {};
  };

  // References must outlive the writer.
  AnswerWriter(Context& context, Channel& channel, const CompletionRequest& request,
               const Fault& fault, Framing framing, std::uint64_t tag);

  // Streamed answers. Writes the head. Only the first call has an effect.
  void Head();
  // Writes the head and all that comes before the first token. `usage` has the input tokens.
  void Begin(const Usage& usage);
  void BeginPart(const AnswerPart& part) { shapes_->BeginPart(*this, part); }
  // Writes one token of every choice. `piece` is empty if the token is the name of a call.
  void Token(std::string_view piece) { shapes_->Token(*this, piece); }
  void EndPart(bool complete) { shapes_->EndPart(*this, complete); }
  void Malformed();
  // Writes an error event and the end of the stream.
  void StreamError(const Refusal& refusal);
  // Writes the reason of the end, the usage, and the end of the stream.
  void FinishStream(FinishReason reason, const Usage& usage);

  // Non-streamed answers. With `cut`, half of the promised body is written.
  void Whole(const WholeAnswer& answer, bool cut);
  void Error(const Refusal& refusal);
  void Body(std::string_view body, bool cut);
  // Writes HTTP 200 with an error in the body.
  void ErrorAsAnswer(const Refusal& refusal);

  // Hands the written bytes to the channel. REQUIRED before the event ends.
  void Flush();
  std::size_t pending() const { return context_.out.size(); }
  bool keep_alive() const { return framing_.keep_alive; }

 private:
  std::string& Json() override;
  void Send(std::string_view name) override;
  void Frame(std::string_view bytes);
  std::string ErrorBody(const Refusal& refusal) const;
  std::string ExtraHead() const;

  Context& context_;
  Channel& channel_;
  const CompletionRequest& request_;
  const Fault& fault_;
  Framing framing_;
  bool chunked_ = false;
  bool has_head_ = false;
  std::int64_t events_ = 0;
  std::string request_id_;
  std::unique_ptr<AnswerShapes> shapes_;
};

}  // namespace headgate::loadtest::sim

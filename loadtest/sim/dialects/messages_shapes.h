// The JSON of Anthropic's Messages. Self-hosted servers send fewer members, and send counts of
// cached tokens only if there are any. *thread-compatible*
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "loadtest/sim/dialects/answer_shapes.h"

namespace headgate::loadtest::sim {

class MessagesShapes final : public AnswerShapes {
 public:
  // `request` must outlive the shapes.
  MessagesShapes(Personality personality, const CompletionRequest& request, std::uint64_t tag);

  void Begin(EventSink& sink, const Usage* usage) override;
  void BeginPart(EventSink& sink, const AnswerPart& part) override;
  void Token(EventSink& sink, std::string_view piece) override;
  void EndPart(EventSink& sink, bool complete) override;
  void Finish(EventSink& sink, FinishReason reason, const Usage* usage) override;
  void End(EventSink& sink) override;
  void Error(EventSink& sink, const Refusal& refusal) override;
  std::string_view TextEvent() const override { return "content_block_delta"; }
  void Whole(std::string& out, const WholeAnswer& answer) const override;

 private:
  void AppendHead(std::string& out) const;
  // Appends `"stop_reason":…,"stop_sequence":…`, and the details of a refusal.
  void AppendStop(std::string& out, FinishReason reason) const;
  // Appends the rest of a message, from its stop reason to its end.
  void AppendTail(std::string& out, const Usage* usage) const;
  void AppendUsage(std::string& out, const Usage& usage) const;
  // Appends the counts that the end of a stream repeats.
  void AppendCounts(std::string& out, const Usage& usage) const;
  void AppendBlock(std::string& out, const WholePart& part, std::int64_t index) const;
  // Appends `{"type":"TYPE","index":N`.
  void Open(std::string& out, std::string_view type) const;

  Personality personality_;
  const CompletionRequest& request_;
  bool anthropic_;
  std::string tag_;
  std::string delta_;  // from the start of a delta event to its text
  const AnswerPart* part_ = nullptr;
  std::int64_t index_ = 0;
};

// Returns the answer of /v1/messages/count_tokens.
std::string CountTokensJson(const CompletionRequest& request);

}  // namespace headgate::loadtest::sim

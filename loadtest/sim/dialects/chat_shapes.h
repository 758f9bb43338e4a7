// The JSON of chat completions and completions. Only self-hosted servers that show thinking have a
// member for it. A signature is never sent. *thread-compatible*
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "loadtest/sim/dialects/answer_shapes.h"

namespace headgate::loadtest::sim {

class ChatShapes final : public AnswerShapes {
 public:
  // `request` must outlive the shapes.
  ChatShapes(Personality personality, const CompletionRequest& request, std::uint64_t tag,
             std::int64_t created);

  void Begin(EventSink& sink, const Usage* usage) override;
  void BeginPart(EventSink& sink, const AnswerPart& part) override;
  void Token(EventSink& sink, std::string_view piece) override;
  void EndPart(EventSink& sink, bool complete) override;
  void Finish(EventSink& sink, FinishReason reason, const Usage* usage) override;
  void End(EventSink& sink) override;
  void Error(EventSink& sink, const Refusal& refusal) override;
  std::string_view TextEvent() const override { return {}; }
  void Whole(std::string& out, const WholeAnswer& answer) const override;

 private:
  // Writes a chunk for `choice`, up to and with `delta`.
  void Delta(std::string& out, std::int64_t choice, std::string_view delta) const;
  void TokenChunk(std::string& out, std::int64_t choice, std::string_view piece) const;
  void CallHead(std::string& out, std::int64_t choice, std::int64_t call,
                const ToolCall& made) const;
  void WholeChoice(std::string& out, std::int64_t choice, const WholeAnswer& answer) const;
  void WholeMessage(std::string& out, std::int64_t choice, const WholeAnswer& answer) const;
  void AppendUsage(std::string& out, const Usage& usage) const;

  Personality personality_;
  const CompletionRequest& request_;
  bool openai_;
  bool chat_;
  std::string tag_;
  std::string model_;  // escaped
  std::string created_;
  std::string prefix_;          // `{"id":…,"choices":[`
  std::string_view suffix_;     // from the end of the choice to the end of the chunk
  std::string_view reasoning_;  // the member for thinking; empty if the server hides it
  const AnswerPart* part_ = nullptr;
  std::int64_t calls_ = 0;  // calls begun so far
};

}  // namespace headgate::loadtest::sim

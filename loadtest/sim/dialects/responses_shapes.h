// The JSON of OpenAI's Responses. The shapes keep the text of a stream, because its last events
// repeat it. OpenAI hides thinking. It sends a summary of thinking, and its signature as encrypted
// content, if the request asks for them. Self-hosted servers send the thinking itself.
// *thread-compatible*
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "loadtest/sim/dialects/answer_shapes.h"

namespace headgate::loadtest::sim {

class ResponsesShapes final : public AnswerShapes {
 public:
  // `request` must outlive the shapes.
  ResponsesShapes(Personality personality, const CompletionRequest& request, std::uint64_t tag,
                  std::int64_t created);

  void Begin(EventSink& sink, const Usage* usage) override;
  void BeginPart(EventSink& sink, const AnswerPart& part) override;
  void Token(EventSink& sink, std::string_view piece) override;
  void EndPart(EventSink& sink, bool complete) override;
  void Finish(EventSink& sink, FinishReason reason, const Usage* usage) override;
  void End(EventSink& sink) override;
  void Error(EventSink& sink, const Refusal& refusal) override;
  std::string_view TextEvent() const override { return "response.output_text.delta"; }
  void Whole(std::string& out, const WholeAnswer& answer) const override;

 private:
  // The names of a part's events and members on the wire. A name is empty if there is no such
  // event.
  struct PartNames {
    std::string_view delta;
    std::string_view done;
    std::string_view part_added;
    std::string_view part_done;
    std::string_view index;  // the member that counts the parts of an item
    std::string_view text;   // the member with the whole text
  };
  enum class ItemState { kAdded, kDone, kCutOff };

  PartNames NamesOf(const AnswerPart& part) const;
  // Starts an event: `{"type":"TYPE","sequence_number":N`.
  std::string& Open(EventSink& sink, std::string_view type);
  // Starts an event of the current item, with the positions of the item and of its part.
  std::string& OpenInItem(EventSink& sink, std::string_view type, std::string_view index);
  void SendResponse(EventSink& sink, std::string_view type, std::string_view status);

  void AppendContent(std::string& out, const AnswerPart& part, std::string_view text) const;
  void AppendItem(std::string& out, const AnswerPart& part, std::string_view text,
                  std::int64_t index, ItemState state) const;
  void AppendReasoning(std::string& out, const AnswerPart& part, std::string_view text,
                       ItemState state) const;
  // `status` decides which members are null. `error` is JSON.
  void AppendResponse(std::string& out, std::string_view status, std::string_view output,
                      const Usage* usage, std::string_view error, FinishReason reason) const;

  Personality personality_;
  const CompletionRequest& request_;
  bool openai_;
  std::string tag_;
  std::string created_;
  std::string output_;  // the finished items, as JSON
  std::int64_t sequence_ = 0;
  // The current item.
  const AnswerPart* part_ = nullptr;
  std::int64_t index_ = 0;
  std::string item_id_;
  std::string text_;
  // The end.
  FinishReason reason_ = FinishReason::kStop;
  std::optional<Usage> usage_;
};

}  // namespace headgate::loadtest::sim

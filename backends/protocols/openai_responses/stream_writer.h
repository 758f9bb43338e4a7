#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backends/protocols/openai_responses/output_item.h"
#include "backends/protocols/translation/translation.h"
#include "backends/protocols/values/answer_event.h"
#include "backends/protocols/values/client_seam.h"
#include "backends/protocols/values/stream_end.h"

namespace headgate::backends::openai_responses {

// Writes an answer as the named events that a client of a streamed POST /v1/responses reads, in
// OpenAI's order and with all members that its SDKs require. The last event has the whole response
// and its usage in it, so the writer keeps the answer, up to kLongestKept bytes of its JSON. A
// delta is escaped once, and costs one copy of its text into each of the two, and allocates only
// when they grow. After kError, or when the answer is too long, it writes nothing more.
// Worker-bound.
class StreamWriter final : public AnswerStreamWriter {
 public:
  // `context` and what it points to, and `out`, outlive the writer. Events are appended to `out`,
  // which the owner empties as it likes. `most`: bytes of the answer that are kept.
  StreamWriter(const AnswerContext& context, std::string& out, std::size_t most = kLongestKept)
      : context_(context), out_(out), most_(most) {}

  // Writes the rest of a stream, whose beginning the client has: an item that may be open, and no
  // item before it. REQUIRES: On was not called.
  void GoOn(const ClientSeam& seam);

  void On(const AnswerEvent& event) override;
  BegunAnswer begun() const override;
  bool too_long() const override { return too_long_; }

 private:
  void Take(const AnswerEvent& event);
  void TakePart(const AnswerEvent& event);
  void Start(const AnswerEvent& event);
  void OpenItem(OutputItem::Kind kind);
  void OpenCall(const AnswerEvent& event);
  void OpenText(OutputItem::Kind kind);
  void OpenContent(OutputItem::Kind kind);
  void BeginDeltas(OutputItem::Kind kind);
  void TakeSignature(const AnswerEvent& event);
  void Delta(std::string_view text);
  void CloseItem(std::string_view status);
  void CloseContent();
  void CloseThought();
  void CloseCall();
  void CloseCustomCall();
  void End();

  // Writes the event's name and the first member of its data, the type.
  void Begin(std::string_view type);
  // The same with the item that the event is about, and the place in it, if it has one.
  void BeginOfItem(std::string_view type, std::string_view place = {});
  void EndEvent();
  void WholeEvent(std::string_view type, const AnswerUsage* usage);

  const AnswerContext context_;
  std::string& out_;
  const std::size_t most_;
  std::string id_;
  std::string model_;
  std::string items_;               // JSON of those that are whole, joined with commas
  std::size_t count_ = 0;           // of them
  std::optional<OutputItem> item_;  // the current one
  std::string delta_begin_;         // of an event with a delta of it, up to the text
  std::string_view delta_end_;
  AnswerUsage usage_;
  std::optional<FinishReason> finish_;
  std::int64_t sequence_ = 0;
  bool part_ended_ = false;  // the current item is whole, unless the answer was cut
  bool refused_ = false;
  bool over_ = false;
  bool too_long_ = false;
};

}  // namespace headgate::backends::openai_responses

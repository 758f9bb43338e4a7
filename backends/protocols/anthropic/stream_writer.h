#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backends/protocols/translation/translation.h"
#include "backends/protocols/values/answer_event.h"
#include "backends/protocols/values/client_seam.h"
#include "backends/protocols/values/stream_end.h"

namespace headgate::backends::anthropic {

// Writes an answer as the stream that clients of Anthropic's Messages API read: message_start; for
// each block content_block_start, its deltas and content_block_stop; message_delta with the reason
// and usage; message_stop. Each event has its name twice, since the official SDKs skip events
// without one. message_start waits for the event behind kStart, because it has the usage in it that
// some backends report at once; it is 0 if a backend reports it at the end. Thoughts are left out
// if the client did not ask for thinking. After kError nothing more is written. A delta costs no
// allocation but the growth of `out`. Worker-bound.
class StreamWriter final : public AnswerStreamWriter {
 public:
  // Appends to `out`. `out`, and what `context` points to, outlive the writer.
  StreamWriter(const AnswerContext& context, std::string& out);

  // Writes the rest of a stream, whose beginning the client has. Writes nothing itself.
  // REQUIRES: On was not called.
  void GoOn(const ClientSeam& seam);

  void On(const AnswerEvent& event) override;
  // Arguments that are no object are kept, up to kLongestKept bytes.
  bool too_long() const override { return too_long_; }

 private:
  enum class Block : std::uint8_t { kNone, kText, kThinking, kCall };

  void WriteStart();
  void Text(std::string_view text);
  void Thinking(std::string_view text);
  void TakeSignature(const AnswerEvent& event);
  void Call(const AnswerEvent& event);
  void Arguments(std::string_view text);
  void End();
  void OpenBlock(Block block, std::string_view json);
  void BeginDeltas();
  void CloseBlock();
  void WriteHidden();
  void Delta(std::string_view type_and_name, std::string_view text);

  const AnswerContext context_;
  std::string& out_;
  const bool shows_thoughts_;
  const bool shows_texts_of_thoughts_;
  Block block_ = Block::kNone;
  std::size_t index_ = 0;        // of the open block, or of the next one
  std::string delta_begin_;      // of the open block: the event up to its delta
  std::string hidden_;           // signature of hidden thoughts that are not written yet
  std::string arguments_;        // of the open call, as long as they do not begin as an object
  bool object_begun_ = false;    // the arguments of the open call are one
  bool signed_ = false;          // the open block of thoughts
  bool untold_thought_ = false;  // texts of a thought came that the client does not want
  bool calls_ = false;
  bool begun_ = false;    // kStart came
  bool started_ = false;  // message_start is written
  bool over_ = false;
  bool too_long_ = false;
  std::string id_;
  std::string model_;
  AnswerUsage usage_;
  std::optional<FinishReason> finish_;
  std::string stop_sequence_;
};

}  // namespace headgate::backends::anthropic

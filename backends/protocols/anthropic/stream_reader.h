#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backends/protocols/anthropic/parts/block_fields.h"
#include "backends/protocols/anthropic/parts/json_value.h"
#include "backends/protocols/anthropic/parts/message_usage.h"
#include "backends/protocols/anthropic/parts/stream_blocks.h"
#include "backends/protocols/sse/sse.h"
#include "backends/protocols/translation/translation.h"
#include "backends/protocols/values/answer_event.h"
#include "backends/protocols/values/stream_end.h"

namespace headgate::backends::anthropic {

// Reads the stream of a backend that speaks Anthropic's Messages API. An event is what its `type`
// says, or its name if it has no type. Unknown events are skipped; comments are signs of life. The
// answer ends with message_stop: kFinish is held until then, since a later message_delta may still
// change usage. The usage of message_start is handed over at once, so that a stream that breaks is
// billed. An error is preceded by the usage that is known. Sans-I/O. Worker-bound.
class StreamReader final : public AnswerStreamReader {
 public:
  // `max_event` bytes: a longer event makes the stream malformed.
  explicit StreamReader(std::size_t max_event = kLongestKept) : splitter_(max_event) {}

  void Feed(std::string_view bytes, AnswerSink& sink) override;
  bool ended() const override { return ended_ || malformed_; }
  bool malformed() const override { return malformed_; }
  std::int64_t left_out() const override { return left_out_; }
  // Returns whether a stop_reason has come.
  bool finished() const override { return finish_.has_value(); }
  // REQUIRES: finished(); !ended().
  void EndAtClose(AnswerSink& sink) override { End(sink); }
  // Returns usage and tier as far as they came: see MessageUsage.
  AnswerUsage usage() const override { return usage_.Usage(); }

 private:
  // What one event says.
  struct Frame {
    std::string_view type;  // a token
    std::optional<std::int64_t> index;
    BlockFields fields;  // of its message, block or delta
    bool has_usage = false;
    bool has_error = false;
  };

  void TakeBlock(const SseSplitter::Block& block, AnswerSink& sink);
  void TakeEvent(const SseEvent& event, AnswerSink& sink);
  bool ReadFrame(std::string_view data, Frame& frame);
  bool ReadMessage(simdjson::ondemand::value value, Frame& frame);
  void Dispatch(std::string_view type, const Frame& frame, AnswerSink& sink);
  void Begin(const BlockFields& message, AnswerSink& sink);
  void Delta(std::optional<std::int64_t> index, const BlockFields& delta, AnswerSink& sink);
  void MessageDelta(const Frame& frame, AnswerSink& sink);
  void End(AnswerSink& sink);
  void Error(std::string_view document, AnswerSink& sink);
  void LearnUsage(simdjson::ondemand::object usage);
  void TellUsage(AnswerSink& sink);

  SseSplitter splitter_;
  std::string joined_;  // data that came in several lines
  JsonText json_;
  std::string buffer_;
  StreamBlocks blocks_;
  MessageUsage usage_;
  std::optional<FinishReason> finish_;
  std::string stop_sequence_;
  bool usage_waits_ = false;  // it has changed since it was told
  bool unusable_ = false;
  bool seen_block_ = false;
  bool started_ = false;
  bool ended_ = false;
  bool malformed_ = false;
  std::int64_t left_out_ = 0;
};

}  // namespace headgate::backends::anthropic

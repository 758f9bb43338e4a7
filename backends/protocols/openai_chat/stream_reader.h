#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "backends/protocols/openai/streamed_usage.h"
#include "backends/protocols/openai_chat/chunks/answer_parts.h"
#include "backends/protocols/openai_chat/chunks/chunk_reader.h"
#include "backends/protocols/sse/sse.h"
#include "backends/protocols/translation/translation.h"
#include "backends/protocols/values/stream_end.h"

namespace headgate::backends::openai_chat {

// Reads a streamed chat completion, in the dialects of real servers. Usage comes behind the finish
// in this protocol, so kFinish is handed over at the end: with kEnd, at [DONE]. kUsage is handed
// over as soon as the finish has been seen, once for each report; a report that comes earlier
// waits. Of a stream that has no choice before [DONE], kEnd alone is handed over. See
// AnswerStreamReader.
class StreamReader final : public AnswerStreamReader {
 public:
  // `max_event` bytes: a longer event makes the stream malformed.
  explicit StreamReader(std::size_t max_event = kLongestKept) : splitter_(max_event) {}

  void Feed(std::string_view bytes, AnswerSink& sink) override;
  bool ended() const override { return ended_ || malformed_; }
  bool malformed() const override { return malformed_; }
  std::int64_t left_out() const override { return left_out_; }

  // Returns whether a finish_reason has come. A stream that is closed then without [DONE] may count
  // as whole.
  bool announces_call() const override { return parts_.announces_call(); }
  bool finished() const override { return finished_; }
  // Hands over kFinish and kEnd of a stream that was closed without [DONE].
  // REQUIRES: finished(); !ended().
  void EndAtClose(AnswerSink& sink) override { End(sink); }
  // Returns usage and tier as far as they came, for a stream that broke.
  AnswerUsage usage() const override { return usage_.Usage(); }

 private:
  void TakeEvent(const SseEvent& event, AnswerSink& sink);
  void TakeOddEvent(const SseEvent& event, std::string_view data, AnswerSink& sink);
  void TakeError(std::string_view data, AnswerSink& sink);
  // Each returns false if the event is an error or not JSON, and was dealt with.
  bool LearnFields(const SseEvent& event, std::string_view data, const Chunk& chunk,
                   AnswerSink& sink);
  void TakeChunk(const Chunk& chunk, AnswerSink& sink);
  void HandOverUsage(AnswerSink& sink);
  // Ends all parts. A call without a name makes the stream malformed, unless the answer was cut.
  void FinishParts(AnswerSink& sink);
  void End(AnswerSink& sink);

  SseSplitter splitter_;
  ChunkReader reader_{/*streamed=*/true};
  AnswerParts parts_;
  openai::StreamedUsage usage_;
  std::string joined_;  // data that came in several lines
  std::string finish_;  // the finish_reason
  std::string stop_sequence_;
  bool usage_waits_ = false;  // a report has not been handed over
  bool first_block_ = true;
  bool started_ = false;  // kStart was handed over
  bool finished_ = false;
  bool ended_ = false;
  bool malformed_ = false;
  std::int64_t left_out_ = 0;
};

}  // namespace headgate::backends::openai_chat

#include "backends/protocols/openai_chat/stream_reader.h"

#include <optional>

#include "backends/protocols/errors/error_reader.h"
#include "backends/protocols/json/clean_text.h"
#include "backends/protocols/openai/answer_fields.h"
#include "backends/protocols/openai_chat/body/wire_words.h"
#include "backends/protocols/values/stream_end.h"
#include "config/base/text.h"

namespace headgate::backends::openai_chat {

using EventKind = AnswerEvent::Kind;

void StreamReader::Feed(std::string_view bytes, AnswerSink& sink) {
  if (ended()) return;
  splitter_.Add(bytes);
  while (std::optional<SseSplitter::Block> block = splitter_.Next()) {
    if (block->continues) continue;
    if (first_block_ && block->text.starts_with(json::kByteOrderMark)) {
      block->text.remove_prefix(json::kByteOrderMark.size());
    }
    first_block_ = false;
    const SseEvent event = ReadSseEvent(*block, joined_);
    if (event.data_fields > 0) {
      TakeEvent(event, sink);
    } else if (event.has_comment) {
      sink.On(EventOf(EventKind::kPing));
    }
    if (ended()) return;
  }
  malformed_ |= splitter_.too_long();
}

void StreamReader::TakeEvent(const SseEvent& event, AnswerSink& sink) {
  const std::string_view data = config::Trim(event.data);
  if (data == "[DONE]") {
    // Without a finish, what was left out may have been it.
    malformed_ = started_ && left_out_ > 0 && !finished_;
    if (malformed_) return;
    if (started_) return End(sink);
    ended_ = true;
    return sink.On(EventOf(EventKind::kEnd));
  }
  if (data.empty()) return;  // by the standard, not an event
  Chunk chunk;
  if (data.front() != '{' || !reader_.Read(data, chunk)) return TakeOddEvent(event, data, sink);
  if (!LearnFields(event, data, chunk, sink)) return;
  // A whole thought with its signature repeats what has come.
  if (chunk.generated() && !chunk.thought_is_whole) CountToken();
  if (chunk.has_choice) TakeChunk(chunk, sink);
  if (finished_ && usage_waits_) HandOverUsage(sink);
}

// Reads usage and errors with the readers of a passing stream, so that both count alike.
bool StreamReader::LearnFields(const SseEvent& event, std::string_view data, const Chunk& chunk,
                               AnswerSink& sink) {
  const bool foreign = !event.name.empty() && event.name != "message";
  bool is_error = event.name == "error";
  if (chunk.needs_fields || (chunk.has_tier && !usage_.has_tier())) {
    const std::optional<openai::AnswerFields> fields = openai::ReadAnswerFields(reader_.copy());
    if (!fields) {
      TakeOddEvent(event, data, sink);
      return false;
    }
    usage_.Learn(*fields, chunk.generated());
    usage_waits_ |= fields->has_usage || fields->choice_tokens || chunk.has_tier;
    is_error |= fields->error || (fields->error_words && !foreign);
  } else {
    usage_.Learn({}, chunk.generated());
  }
  if (is_error) TakeError(data, sink);
  return !is_error;
}

void StreamReader::TakeChunk(const Chunk& chunk, AnswerSink& sink) {
  if (!started_) {
    started_ = true;
    parts_.Begin(chunk.id);
    sink.On(StartEvent(chunk.id, chunk.model));
  }
  parts_.Take(chunk, sink);
  if (parts_.too_much()) {
    malformed_ = true;
    return;
  }
  if (!chunk.stop_sequence.empty()) stop_sequence_ = chunk.stop_sequence;
  if (chunk.finish.empty() || finished_) return;
  finished_ = true;
  finish_ = chunk.finish;
  FinishParts(sink);
}

void StreamReader::FinishParts(AnswerSink& sink) {
  parts_.Finish(sink);
  const bool cut = ReasonOf(finish_, parts_.has_calls()) == FinishReason::kLength;
  malformed_ |= parts_.has_nameless_call() && !cut;
}

// Data that are not a JSON object are an error if the event is named so, or if they are Gemini's
// list of errors. Otherwise they are left out of a stream that has begun.
void StreamReader::TakeOddEvent(const SseEvent& event, std::string_view data, AnswerSink& sink) {
  if (event.name == "error" || IsErrorList(data)) return TakeError(data, sink);
  malformed_ = !started_ || ++left_out_ > kMostLeftOut;
}

void StreamReader::TakeError(std::string_view data, AnswerSink& sink) {
  ended_ = true;
  if (usage_waits_) HandOverUsage(sink);
  sink.On(EventOf(EventKind::kError, data));
}

void StreamReader::HandOverUsage(AnswerSink& sink) {
  usage_waits_ = false;
  const AnswerUsage usage = usage_.Usage();
  sink.On(UsageEvent(usage));
}

void StreamReader::End(AnswerSink& sink) {
  ended_ = true;
  FinishParts(sink);
  if (malformed_) return;
  if (usage_waits_) HandOverUsage(sink);
  sink.On(FinishEvent(finish_, stop_sequence_, parts_.has_calls()));
  sink.On(EventOf(EventKind::kEnd));
}

}  // namespace headgate::backends::openai_chat

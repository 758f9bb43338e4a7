#include "backends/protocols/anthropic/stream_reader.h"

#include "backends/protocols/anthropic/answer_values.h"
#include "backends/protocols/json/clean_text.h"
#include "backends/protocols/json/object_reader.h"
#include "backends/protocols/values/stream_end.h"

namespace headgate::backends::anthropic {
namespace {

using EventKind = AnswerEvent::Kind;
using simdjson::SUCCESS;

// Returns the inside of a token of a string without escapes.
std::string_view Unquoted(std::string_view token) {
  return token.size() >= 2 && token.front() == '"' ? token.substr(1, token.size() - 2)
                                                   : std::string_view{};
}

}  // namespace

void StreamReader::Feed(std::string_view bytes, AnswerSink& sink) {
  if (ended()) return;
  splitter_.Add(bytes);
  while (std::optional<SseSplitter::Block> block = splitter_.Next()) {
    if (!seen_block_ && block->text.starts_with(json::kByteOrderMark)) {
      block->text.remove_prefix(json::kByteOrderMark.size());
    }
    seen_block_ = true;
    if (!block->continues) TakeBlock(*block, sink);
    if (ended()) return;
  }
  malformed_ = splitter_.too_long();
}

void StreamReader::TakeBlock(const SseSplitter::Block& block, AnswerSink& sink) {
  const SseEvent event = ReadSseEvent(block, joined_);
  if (event.data_fields == 0) {
    if (event.has_comment) sink.On({.kind = EventKind::kPing});
    return;
  }
  const std::string_view data = json::WithoutLead(event.data);
  // Some servers end every stream as OpenAI does.
  if (data.empty() || data.starts_with("[DONE]")) return;
  TakeEvent({.data_fields = event.data_fields, .data = data, .name = event.name}, sink);
}

void StreamReader::TakeEvent(const SseEvent& event, AnswerSink& sink) {
  Frame frame;
  std::int64_t index = 0;
  if (event.name != "error" && ReadPlainDelta(event.data, index, frame.fields)) {
    Begin({}, sink);
    Delta(index, frame.fields, sink);
    malformed_ = blocks_.too_large();
    return;
  }
  const bool good = event.name != "error" && ReadFrame(event.data, frame);
  const std::string_view type = frame.type.empty() ? event.name : Unquoted(frame.type);
  if (event.name == "error" || type == "error" || (good && frame.has_error)) {
    Error(event.data, sink);
  } else if (!good) {
    malformed_ = !started_ || ++left_out_ > kMostLeftOut;
  } else {
    Dispatch(type, frame, sink);
    malformed_ = blocks_.too_large() || unusable_;
  }
  json_.Trim();
}

bool StreamReader::ReadFrame(std::string_view data, Frame& frame) {
  simdjson::ondemand::object root;
  if (!json_.Open(data, root)) return false;
  for (auto member : root) {
    std::string_view key;
    simdjson::ondemand::value value;
    if (member.error() != SUCCESS || member.value().get(value) != SUCCESS) return false;
    if (member.unescaped_key().get(key) != SUCCESS) continue;
    if (key == "type") {
      frame.type = json::TokenOf(value);
    } else if (key == "index") {
      std::int64_t index = 0;
      if (value.get_int64().get(index) == SUCCESS) frame.index = index;
    } else if (key == "delta" || key == "content_block") {
      if (!ReadBlockFields(value, frame.fields)) return false;
    } else if (key == "message") {
      if (!ReadMessage(value, frame)) return false;
    } else if (key == "usage") {
      simdjson::ondemand::object usage;
      frame.has_usage = value.get_object().get(usage) == SUCCESS;
      if (frame.has_usage) LearnUsage(usage);
    } else if (key == "error") {
      frame.has_error = json::TokenOf(value).starts_with('{');
    }
  }
  return true;
}

bool StreamReader::ReadMessage(simdjson::ondemand::value value, Frame& frame) {
  simdjson::ondemand::object message;
  if (value.get_object().get(message) != SUCCESS) return true;
  for (auto member : message) {
    std::string_view key;
    simdjson::ondemand::value inner;
    if (member.error() != SUCCESS || member.value().get(inner) != SUCCESS) return false;
    if (member.unescaped_key().get(key) != SUCCESS) continue;
    simdjson::ondemand::object usage;
    if (key == "usage") {
      if (inner.get_object().get(usage) == SUCCESS) LearnUsage(usage);
    } else if (!ReadBlockField(key, inner, frame.fields)) {
      return false;
    }
  }
  return true;
}

void StreamReader::Dispatch(std::string_view type, const Frame& frame, AnswerSink& sink) {
  if (type == "ping") {
    sink.On({.kind = EventKind::kPing});
  } else if (type == "message_start") {
    Begin(frame.fields, sink);
  } else if (type == "content_block_delta") {
    Begin({}, sink);
    Delta(frame.index, frame.fields, sink);
  } else if (type == "content_block_start") {
    Begin({}, sink);
    blocks_.Start(frame.index, frame.fields, sink);
  } else if (type == "content_block_stop") {
    blocks_.Stop(frame.index, sink);
  } else if (type == "message_delta") {
    Begin({}, sink);
    MessageDelta(frame, sink);
  } else if (type == "message_stop") {
    // Without a stop_reason, what was left out may have been it. A call without a name means what
    // cannot be told, unless it was cut.
    const bool nameless = blocks_.nameless() && finish_ != FinishReason::kLength;
    unusable_ = nameless || (left_out_ > 0 && !finish_);
    if (!unusable_) End(sink);
  }
}

void StreamReader::Begin(const BlockFields& message, AnswerSink& sink) {
  if (started_) return;
  started_ = true;
  std::string model;
  sink.On({.kind = EventKind::kStart,
           .id = TokenText(message.id, buffer_),
           .model = TokenText(message.model, model)});
  if (usage_.Usage().tokens) TellUsage(sink);  // some servers report zeros here
}

// A signature or a citation is not generated content.
void StreamReader::Delta(std::optional<std::int64_t> index, const BlockFields& delta,
                         AnswerSink& sink) {
  constexpr std::size_t kQuotes = 2;
  if (delta.text.size() > kQuotes || delta.thinking.size() > kQuotes ||
      delta.partial_json.size() > kQuotes) {
    CountToken();
    usage_.CountGenerated();
    usage_waits_ = true;
  }
  blocks_.Delta(index, delta, sink);
}

void StreamReader::MessageDelta(const Frame& frame, AnswerSink& sink) {
  const std::optional<FinishReason> finish =
      ReadStopReason(TokenText(frame.fields.stop_reason, buffer_));
  if (finish) {
    blocks_.CloseAll(sink);
    finish_ = finish;
    stop_sequence_ = TokenText(frame.fields.stop_sequence, buffer_);
    const std::string_view refusal = TokenText(frame.fields.explanation, buffer_);
    if (!refusal.empty()) {
      sink.On({.kind = EventKind::kRefusal, .text = refusal});
      sink.On({.kind = EventKind::kPartEnd});
    }
  }
  if (frame.has_usage) TellUsage(sink);
}

void StreamReader::End(AnswerSink& sink) {
  ended_ = true;
  if (!started_) return sink.On({.kind = EventKind::kEnd});  // nothing but its end
  blocks_.CloseAll(sink);
  TellUsage(sink);
  const FinishReason guess = blocks_.calls() ? FinishReason::kToolCalls : FinishReason::kStop;
  sink.On({.kind = EventKind::kFinish,
           .stop_sequence = stop_sequence_,
           .finish = finish_.value_or(guess)});
  sink.On({.kind = EventKind::kEnd});
}

void StreamReader::Error(std::string_view document, AnswerSink& sink) {
  TellUsage(sink);
  sink.On({.kind = EventKind::kError, .text = document});
  ended_ = true;
}

void StreamReader::LearnUsage(simdjson::ondemand::object usage) {
  usage_.Learn(usage);
  usage_waits_ = true;
}

void StreamReader::TellUsage(AnswerSink& sink) {
  if (!usage_waits_ || !usage_.known()) return;
  usage_waits_ = false;
  const AnswerUsage usage = usage_.Usage();
  sink.On({.kind = EventKind::kUsage, .usage = &usage});
}

}  // namespace headgate::backends::anthropic

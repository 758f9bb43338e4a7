#include "backends/protocols/anthropic/stream_writer.h"

#include "backends/protocols/anthropic/answer_values.h"
#include "backends/protocols/anthropic/client_writer.h"
#include "backends/protocols/anthropic/parts/part_writer.h"
#include "backends/protocols/json/append_json.h"
#include "backends/protocols/sse/sse_writer.h"
#include "backends/protocols/translation/signature_mark.h"

namespace headgate::backends::anthropic {
namespace {

using EventKind = AnswerEvent::Kind;
using json::AppendInteger;
using json::AppendJsonString;

constexpr std::string_view kInputDelta = R"("input_json_delta","partial_json":)";
constexpr std::string_view kThinkingBlock = R"({"type":"thinking","thinking":"","signature":""})";

}  // namespace

StreamWriter::StreamWriter(const AnswerContext& context, std::string& out)
    : context_(context),
      out_(out),
      shows_thoughts_(WantsThoughts(*context.request)),
      shows_texts_of_thoughts_(shows_thoughts_ && !OmitsThoughtTexts(*context.request)) {}

void StreamWriter::On(const AnswerEvent& event) {
  if (over_) return;
  if (event.kind == EventKind::kUsage) usage_ = *event.usage;
  if (begun_ && event.kind != EventKind::kError) WriteStart();
  switch (event.kind) {
    case EventKind::kStart:
      begun_ = true;
      id_ = event.id;
      model_ = event.model;
      break;
    case EventKind::kText:
    case EventKind::kRefusal:  // Messages has no block of its own for it
      Text(event.text);
      break;
    case EventKind::kThinking:
      Thinking(event.text);
      break;
    case EventKind::kSignature:
      TakeSignature(event);
      break;
    case EventKind::kToolCall:
      Call(event);
      break;
    case EventKind::kToolArguments:
      if (block_ == Block::kCall) Arguments(event.text);
      break;
    case EventKind::kPartEnd:
      CloseBlock();
      break;
    case EventKind::kUsage:
      break;
    case EventKind::kFinish:
      finish_ = event.finish;
      stop_sequence_ = event.stop_sequence;
      break;
    case EventKind::kPing:
      AppendSseEvent("ping", R"({"type":"ping"})", out_);
      break;
    case EventKind::kError:
      over_ = true;
      break;
    case EventKind::kEnd:
      End();
      break;
  }
}

void StreamWriter::GoOn(const ClientSeam& seam) {
  begun_ = started_ = true;
  index_ = static_cast<std::size_t>(seam.index);
  if (!seam.part_open) return;
  block_ = Block::kText;
  BeginDeltas();
}

void StreamWriter::WriteStart() {
  if (started_) return;
  started_ = true;
  out_ += "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":";
  AppendJsonString(MessageId(id_, context_), out_);
  out_ += R"(,"type":"message","role":"assistant","model":)";
  AppendJsonString(model_.empty() ? context_.request->model : model_, out_);
  out_ += R"(,"content":[],"stop_reason":null,"stop_sequence":null,"usage":{)";
  AppendUsageMembers(usage_, out_);
  out_ += "}}}\n\n";
}

void StreamWriter::Text(std::string_view text) {
  if (text.empty()) return;
  if (block_ != Block::kText) OpenBlock(Block::kText, R"({"type":"text","text":""})");
  Delta(R"("text_delta","text":)", text);
}

void StreamWriter::Thinking(std::string_view text) {
  if (text.empty() || !shows_thoughts_) return;
  if (!shows_texts_of_thoughts_) {
    if (!untold_thought_) CloseBlock();
    untold_thought_ = true;
    return;
  }
  if (block_ != Block::kThinking) {
    OpenBlock(Block::kThinking, kThinkingBlock);
  }
  Delta(R"("thinking_delta","thinking":)", text);
}

// Behind thoughts whose texts the client did not want, the signature is that of a block without
// text. Anthropic writes such blocks itself (display: omitted).
void StreamWriter::TakeSignature(const AnswerEvent& event) {
  if (event.text.empty() || !shows_thoughts_) return;
  if (untold_thought_) OpenBlock(Block::kThinking, kThinkingBlock);
  if (block_ == Block::kThinking) {
    const std::string text =
        signed_ ? std::string(event.text)
                : SignatureFor(ChatProtocol::kMessages, event.text, event.protocol, context_);
    Delta(R"("signature_delta","signature":)", text);
    signed_ = true;
    return;
  }
  CloseBlock();
  if (hidden_.empty()) {
    hidden_ = SignatureFor(ChatProtocol::kMessages, event.text, event.protocol, context_);
  } else {
    hidden_ += event.text;
  }
}

void StreamWriter::Call(const AnswerEvent& event) {
  CloseBlock();
  calls_ = true;
  std::string json = R"({"type":"tool_use","id":)";
  AppendJsonString(event.id.empty() ? CallId(index_, context_) : std::string(event.id), json);
  json += ",\"name\":";
  AppendJsonString(event.name, json);
  json += ",\"input\":{}}";
  OpenBlock(Block::kCall, json);
}

// Clients parse what the pieces add up to, and expect an object as in a whole answer. What does not
// begin as one waits for its end.
void StreamWriter::Arguments(std::string_view text) {
  if (object_begun_) return Delta(kInputDelta, text);
  if (text.empty()) return;
  object_begun_ = arguments_.empty() && text.starts_with('{');
  if (object_begun_) return Delta(kInputDelta, text);
  arguments_ += text;
  const std::size_t first = arguments_.find_first_not_of(" \t\r\n");
  if (first == std::string::npos || arguments_[first] != '{') {
    too_long_ = over_ = arguments_.size() > kLongestKept;
    return;
  }
  object_begun_ = true;
  Delta(kInputDelta, arguments_);
  arguments_.clear();
}

void StreamWriter::End() {
  CloseBlock();
  WriteStart();
  out_ += R"(event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":)";
  AppendJsonString(StopReasonOf(finish_, calls_), out_);
  AppendStopSequence(finish_, stop_sequence_, out_);
  out_ += "},\"usage\":{";
  AppendUsageMembers(usage_, out_);
  out_ += "}}\n\n";
  AppendStreamEnd(out_);
  over_ = true;
}

void StreamWriter::OpenBlock(Block block, std::string_view json) {
  CloseBlock();
  WriteStart();
  block_ = block;
  signed_ = false;
  out_ += "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":";
  AppendInteger(static_cast<std::int64_t>(index_), out_);
  out_.append(",\"content_block\":").append(json).append("}\n\n");
  BeginDeltas();
}

void StreamWriter::BeginDeltas() {
  delta_begin_ = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":";
  AppendInteger(static_cast<std::int64_t>(index_), delta_begin_);
  delta_begin_ += ",\"delta\":{\"type\":";
}

// Thoughts end with a signature, which is a mark or empty if nobody signed them.
void StreamWriter::CloseBlock() {
  untold_thought_ = false;
  if (!arguments_.empty()) {
    std::string input;
    AppendInput(arguments_, input);
    arguments_.clear();
    Delta(kInputDelta, input);
  }
  object_begun_ = false;
  if (block_ == Block::kThinking && !signed_) {
    Delta(R"("signature_delta","signature":)",
          SignatureFor(ChatProtocol::kMessages, {}, context_.backend, context_));
  }
  if (block_ != Block::kNone) {
    out_ += "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":";
    AppendInteger(static_cast<std::int64_t>(index_), out_);
    out_ += "}\n\n";
    block_ = Block::kNone;
    ++index_;
  }
  if (!hidden_.empty()) WriteHidden();
}

void StreamWriter::WriteHidden() {
  std::string json = R"({"type":"redacted_thinking","data":)";
  AppendJsonString(hidden_, json);
  json += '}';
  hidden_.clear();
  OpenBlock(Block::kText, json);
  CloseBlock();
}

// `type_and_name`: the type of the delta, and the member that holds the text.
void StreamWriter::Delta(std::string_view type_and_name, std::string_view text) {
  out_.append(delta_begin_).append(type_and_name);
  AppendJsonString(text, out_);
  out_ += "}}\n\n";
}

}  // namespace headgate::backends::anthropic

#include "loadtest/sim/dialects/messages_shapes.h"

#include <algorithm>

#include "loadtest/sim/base/json_text.h"
#include "loadtest/sim/dialects/errors.h"

namespace headgate::loadtest::sim {
namespace {

using Kind = AnswerPart::Kind;

std::string_view StopReason(FinishReason reason) {
  switch (reason) {
    case FinishReason::kLength:
      return "max_tokens";
    case FinishReason::kToolCalls:
      return "tool_use";
    case FinishReason::kStopSequence:
      return "stop_sequence";
    case FinishReason::kRefusal:
      return "refusal";
    case FinishReason::kPause:
      return "pause_turn";
    case FinishReason::kContext:
      return "model_context_window_exceeded";
    case FinishReason::kStop:
      break;
  }
  return "end_turn";
}

std::string_view DeltaType(Kind kind) {
  switch (kind) {
    case Kind::kThinking:
      return R"("thinking_delta","thinking":")";
    case Kind::kToolCall:
      return R"("input_json_delta","partial_json":")";
    case Kind::kText:
      break;
  }
  return R"("text_delta","text":")";
}

void AppendMember(std::string& out, std::string_view name, std::int64_t value) {
  out.append(name);
  AppendNumber(out, value);
}

}  // namespace

MessagesShapes::MessagesShapes(Personality personality, const CompletionRequest& request,
                               std::uint64_t tag)
    : personality_(personality),
      request_(request),
      anthropic_(personality == Personality::kAnthropic),
      tag_(Hex(tag)) {}

void MessagesShapes::AppendHead(std::string& out) const {
  out.append(R"({"id":"msg_)").append(tag_);
  out.append(R"(","type":"message","role":"assistant","model":)");
  AppendQuoted(out, request_.model);
  out.append(R"(,"content":[)");
}

void MessagesShapes::AppendStop(std::string& out, FinishReason reason) const {
  out.append(R"("stop_reason":")").append(StopReason(reason)).append(R"(","stop_sequence":)");
  if (reason == FinishReason::kStopSequence) {
    AppendQuoted(out, request_.stop_sequence);
  } else {
    out.append("null");
  }
  if (reason == FinishReason::kRefusal) {
    out.append(R"(,"stop_details":{"type":"refusal","category":null,"explanation":null})");
  }
}

void MessagesShapes::AppendTail(std::string& out, const Usage* usage) const {
  if (anthropic_) out.append(R"(,"container":null)");
  if (usage != nullptr) {
    out.append(R"(,"usage":)");
    AppendUsage(out, *usage);
  }
  out += '}';
}

void MessagesShapes::AppendCounts(std::string& out, const Usage& usage) const {
  AppendMember(out, R"({"input_tokens":)", usage.input - usage.cached - usage.cache_write);
  if (anthropic_ || usage.cached > 0 || usage.cache_write > 0) {
    AppendMember(out, R"(,"cache_creation_input_tokens":)", usage.cache_write);
    AppendMember(out, R"(,"cache_read_input_tokens":)", usage.cached);
  }
  AppendMember(out, R"(,"output_tokens":)", usage.output);
  if (anthropic_) {
    AppendMember(out, R"(,"output_tokens_details":{"thinking_tokens":)", usage.thinking);
    out += '}';
  }
}

void MessagesShapes::AppendUsage(std::string& out, const Usage& usage) const {
  AppendCounts(out, usage);
  if (anthropic_) {
    AppendMember(out, R"(,"cache_creation":{"ephemeral_5m_input_tokens":)", usage.cache_write);
    out.append(R"(,"ephemeral_1h_input_tokens":0},"server_tool_use":null,)"
               R"("service_tier":"standard","speed":"standard","inference_geo":null)");
  }
  out += '}';
}

void MessagesShapes::Begin(EventSink& sink, const Usage* usage) {
  std::string& out = sink.Json();
  out.append(R"({"type":"message_start","message":)");
  AppendHead(out);
  out.append(R"(],"stop_reason":null,"stop_sequence":null)");
  if (anthropic_) out.append(R"(,"stop_details":null)");
  if (usage == nullptr) {
    AppendTail(out, nullptr);
  } else {
    Usage first = *usage;
    first.output = anthropic_ ? 1 : 0;
    AppendTail(out, &first);
  }
  out += '}';
  sink.Send("message_start");
}

void MessagesShapes::Open(std::string& out, std::string_view type) const {
  out.append(R"({"type":")").append(type);
  AppendMember(out, R"(","index":)", index_);
}

void MessagesShapes::BeginPart(EventSink& sink, const AnswerPart& part) {
  part_ = &part;
  std::string& out = sink.Json();
  Open(out, "content_block_start");
  out.append(R"(,"content_block":)");
  if (part.kind == Kind::kToolCall) {
    out.append(R"({"type":"tool_use","id":)");
    AppendQuoted(out, CallId(part.call, "toolu_", tag_, index_));
    out.append(R"(,"name":)");
    AppendQuoted(out, part.call.name);
    out.append(R"(,"input":{}})");
  } else if (part.kind == Kind::kText) {
    out.append(R"({"type":"text","text":""})");
  } else if (part.redacted) {
    out.append(R"({"type":"redacted_thinking","data":)");
    AppendQuoted(out, part.signature);
    out += '}';
  } else {
    out.append(anthropic_ ? R"({"type":"thinking","thinking":"","signature":""})"
                          : R"({"type":"thinking","thinking":""})");
  }
  out += '}';
  sink.Send("content_block_start");
  if (anthropic_ && index_ == 0) {
    sink.Json().append(R"({"type":"ping"})");
    sink.Send("ping");
  }
  delta_.clear();
  Open(delta_, "content_block_delta");
  delta_.append(R"(,"delta":{"type":)").append(DeltaType(part.kind));
}

void MessagesShapes::Token(EventSink& sink, std::string_view piece) {
  // Anthropic sends an empty first piece of arguments; vLLM does not.
  if (part_->redacted || (piece.empty() && !anthropic_)) return;
  std::string& out = sink.Json();
  out.append(delta_);
  AppendEscaped(out, piece);
  out.append("\"}}");
  sink.Send("content_block_delta");
}

void MessagesShapes::EndPart(EventSink& sink, bool /*complete*/) {
  if (part_->kind == Kind::kThinking && !part_->redacted) {
    std::string& out = sink.Json();
    Open(out, "content_block_delta");
    out.append(R"(,"delta":{"type":"signature_delta","signature":)");
    AppendQuoted(out, part_->signature);
    out.append("}}");
    sink.Send("content_block_delta");
  }
  std::string& out = sink.Json();
  Open(out, "content_block_stop");
  out += '}';
  sink.Send("content_block_stop");
  ++index_;
}

void MessagesShapes::Finish(EventSink& sink, FinishReason reason, const Usage* usage) {
  std::string& out = sink.Json();
  out.append(R"({"type":"message_delta","delta":{)");
  AppendStop(out, reason);
  out += '}';
  if (usage != nullptr) {
    out.append(R"(,"usage":)");
    AppendCounts(out, *usage);
    out += '}';
  }
  out += '}';
  sink.Send("message_delta");
}

void MessagesShapes::End(EventSink& sink) {
  sink.Json().append(R"({"type":"message_stop"})");
  sink.Send("message_stop");
}

void MessagesShapes::Error(EventSink& sink, const Refusal& refusal) {
  sink.Json().append(ErrorJson(personality_, request_.endpoint, refusal, "req_" + tag_));
  sink.Send("error");
}

void MessagesShapes::AppendBlock(std::string& out, const WholePart& part,
                                 std::int64_t index) const {
  if (part.part->kind == Kind::kText) {
    out.append(R"({"type":"text","text":)");
    AppendQuoted(out, part.text);
  } else if (part.part->redacted) {
    out.append(R"({"type":"redacted_thinking","data":)");
    AppendQuoted(out, part.part->signature);
  } else if (part.part->kind == Kind::kThinking) {
    out.append(R"({"type":"thinking","thinking":)");
    AppendQuoted(out, part.text);
    out.append(R"(,"signature":)");
    AppendQuoted(out, part.part->signature);
  } else {
    out.append(R"({"type":"tool_use","id":)");
    AppendQuoted(out, CallId(part.part->call, "toolu_", tag_, index));
    out.append(R"(,"name":)");
    AppendQuoted(out, part.part->call.name);
    // Arguments that were cut off are not valid JSON.
    out.append(R"(,"input":)").append(part.complete ? part.text : "{}");
  }
  out += '}';
}

void MessagesShapes::Whole(std::string& out, const WholeAnswer& answer) const {
  AppendHead(out);
  std::int64_t index = 0;
  for (const WholePart& part : answer.parts) {
    if (index > 0) out += ',';
    AppendBlock(out, part, index++);
  }
  out.append("],");
  AppendStop(out, answer.reason);
  if (anthropic_ && answer.reason != FinishReason::kRefusal) {
    out.append(R"(,"stop_details":null)");
  }
  AppendTail(out, answer.usage ? &*answer.usage : nullptr);
}

std::string CountTokensJson(const CompletionRequest& request) {
  return R"({"input_tokens":)" + std::to_string(request.prompt_tokens) + "}";
}

}  // namespace headgate::loadtest::sim

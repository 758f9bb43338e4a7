#include "loadtest/sim/dialects/chat_shapes.h"

#include "loadtest/sim/base/json_text.h"
#include "loadtest/sim/dialects/errors.h"

namespace headgate::loadtest::sim {
namespace {

using Kind = AnswerPart::Kind;

std::string_view ReasonName(FinishReason reason) {
  switch (reason) {
    case FinishReason::kLength:
    case FinishReason::kContext:
      return "length";
    case FinishReason::kRefusal:
      return "content_filter";
    case FinishReason::kToolCalls:
      return "tool_calls";
    case FinishReason::kStop:
    case FinishReason::kStopSequence:
    case FinishReason::kPause:
      break;
  }
  return "stop";
}

// Returns the member for thinking. vLLM and Ollama share one name, SGLang and llama.cpp another.
// TGI has no such member.
std::string_view ReasoningMember(Personality personality) {
  switch (personality) {
    case Personality::kVllm:
    case Personality::kOllama:
      return "reasoning";
    case Personality::kSglang:
    case Personality::kLlamaCpp:
      return "reasoning_content";
    default:
      return {};
  }
}

}  // namespace

ChatShapes::ChatShapes(Personality personality, const CompletionRequest& request, std::uint64_t tag,
                       std::int64_t created)
    : personality_(personality),
      request_(request),
      openai_(personality == Personality::kOpenAi || personality == Personality::kAzure),
      chat_(request.endpoint == Endpoint::kChat),
      tag_(Hex(tag)),
      reasoning_(chat_ ? ReasoningMember(personality) : std::string_view()) {
  AppendEscaped(model_, request.model);
  AppendNumber(created_, created);
  if (!request.stream) return;
  prefix_.append(chat_ ? R"({"id":"chatcmpl-)" : R"({"id":"cmpl-)").append(tag_);
  prefix_.append(chat_ ? R"(","object":"chat.completion.chunk","created":)"
                       : R"(","object":"text_completion","created":)");
  prefix_.append(created_).append(R"(,"model":")").append(model_).append(R"(","choices":[)");
  suffix_ = openai_ && request.include_usage ? R"(],"usage":null})" : "]}";
}

void ChatShapes::Delta(std::string& out, std::int64_t choice, std::string_view delta) const {
  out.append(prefix_).append(R"({"index":)");
  AppendNumber(out, choice);
  out.append(delta);
}

void ChatShapes::Begin(EventSink& sink, const Usage* /*usage*/) {
  if (!chat_) return;
  for (std::int64_t i = 0; i < request_.choices; ++i) {
    std::string& out = sink.Json();
    Delta(out, i, R"(,"delta":{"role":"assistant","content":""},"finish_reason":null})");
    out.append(suffix_);
    sink.Send({});
  }
}

void ChatShapes::CallHead(std::string& out, std::int64_t choice, std::int64_t call,
                          const ToolCall& made) const {
  out.append(R"("id":)");
  AppendQuoted(out, CallId(made, "call_", tag_, choice * 1000 + call));
  out.append(R"(,"type":"function","function":{"name":)");
  AppendQuoted(out, made.name);
  out.append(R"(,"arguments":")");
}

void ChatShapes::BeginPart(EventSink& sink, const AnswerPart& part) {
  part_ = &part;
  if (part.kind != Kind::kToolCall) return;
  for (std::int64_t i = 0; i < request_.choices; ++i) {
    std::string& out = sink.Json();
    Delta(out, i, R"(,"delta":{"tool_calls":[{"index":)");
    AppendNumber(out, calls_);
    out += ',';
    CallHead(out, i, calls_, part.call);
    out.append(R"("}}]},"finish_reason":null})").append(suffix_);
    sink.Send({});
  }
  ++calls_;
}

void ChatShapes::Token(EventSink& sink, std::string_view piece) {
  const bool hidden = part_->kind == Kind::kThinking && (reasoning_.empty() || part_->redacted);
  if (hidden || (part_->kind == Kind::kToolCall && piece.empty())) return;
  for (std::int64_t i = 0; i < request_.choices; ++i) {
    std::string& out = sink.Json();
    TokenChunk(out, i, piece);
    out.append(suffix_);
    sink.Send({});
  }
}

void ChatShapes::TokenChunk(std::string& out, std::int64_t choice, std::string_view piece) const {
  if (!chat_) {
    Delta(out, choice, R"(,"text":")");
    AppendEscaped(out, piece);
    out.append(R"(","logprobs":null,"finish_reason":null})");
    return;
  }
  if (part_->kind == Kind::kToolCall) {
    Delta(out, choice, R"(,"delta":{"tool_calls":[{"index":)");
    AppendNumber(out, calls_ - 1);
    out.append(R"(,"function":{"arguments":")");
    AppendEscaped(out, piece);
    out.append(R"("}}]},"finish_reason":null})");
    return;
  }
  Delta(out, choice, R"(,"delta":{")");
  out.append(part_->kind == Kind::kThinking ? reasoning_ : "content").append(R"(":")");
  AppendEscaped(out, piece);
  out.append(R"("},"finish_reason":null})");
}

void ChatShapes::EndPart(EventSink& /*sink*/, bool /*complete*/) {}

void ChatShapes::Finish(EventSink& sink, FinishReason reason, const Usage* usage) {
  for (std::int64_t i = 0; i < request_.choices; ++i) {
    std::string& out = sink.Json();
    Delta(out, i,
          chat_ ? R"(,"delta":{},"finish_reason":")"
                : R"(,"text":"","logprobs":null,"finish_reason":")");
    out.append(ReasonName(reason)).append("\"}").append(suffix_);
    sink.Send({});
  }
  if (!request_.include_usage || usage == nullptr) return;
  std::string& out = sink.Json();
  out.append(prefix_).append("],");
  AppendUsage(out, *usage);
  out.append("}");
  sink.Send({});
}

void ChatShapes::End(EventSink& sink) {
  sink.Json().append("[DONE]");
  sink.Send({});
}

void ChatShapes::Error(EventSink& sink, const Refusal& refusal) {
  sink.Json().append(ErrorJson(personality_, request_.endpoint, refusal, {}));
  sink.Send({});
  End(sink);
}

// The details differ. vLLM has its own name for tokens written to its cache, and OpenAI's name for
// tokens of thinking. SGLang has tokens of thinking at the top of the usage.
void ChatShapes::AppendUsage(std::string& out, const Usage& usage) const {
  const auto count = [&out](std::string_view name, std::int64_t value) {
    out.append(name);
    AppendNumber(out, value);
  };
  count(R"("usage":{"prompt_tokens":)", usage.input);
  count(R"(,"completion_tokens":)", usage.output);
  count(R"(,"total_tokens":)", usage.input + usage.output);
  if (personality_ == Personality::kSglang && usage.thinking > 0) {
    count(R"(,"reasoning_tokens":)", usage.thinking);
  }
  count(R"(,"prompt_tokens_details":{"cached_tokens":)", usage.cached);
  if (openai_) {
    count(R"(,"audio_tokens":0,"cache_write_tokens":)", usage.cache_write);
    count(R"(},"completion_tokens_details":{"reasoning_tokens":)", usage.thinking);
    out.append(R"(,"audio_tokens":0,"accepted_prediction_tokens":0,)"
               R"("rejected_prediction_tokens":0)");
  } else if (personality_ == Personality::kVllm) {
    if (usage.cache_write > 0) count(R"(,"created_cache_tokens":)", usage.cache_write);
    if (usage.thinking > 0) {
      count(R"(},"completion_tokens_details":{"reasoning_tokens":)", usage.thinking);
    }
  }
  out.append("}}");
}

void ChatShapes::WholeChoice(std::string& out, std::int64_t choice,
                             const WholeAnswer& answer) const {
  out.append(R"({"index":)");
  AppendNumber(out, choice);
  if (chat_) {
    WholeMessage(out, choice, answer);
  } else {
    out.append(R"(,"text":")");
    for (const WholePart& part : answer.parts) {
      if (part.part->kind == Kind::kText) AppendEscaped(out, part.text);
    }
    out.append("\"");
  }
  out.append(R"(,"logprobs":null,"finish_reason":")").append(ReasonName(answer.reason));
  out.append("\"}");
}

void ChatShapes::WholeMessage(std::string& out, std::int64_t choice,
                              const WholeAnswer& answer) const {
  std::string text;
  std::string thinking;
  std::string calls;
  std::int64_t made = 0;
  bool speaks = false;
  for (const WholePart& part : answer.parts) {
    if (part.part->kind == Kind::kThinking) {
      if (!part.part->redacted) AppendEscaped(thinking, part.text);
    } else if (part.part->kind == Kind::kText) {
      speaks = true;
      AppendEscaped(text, part.text);
    } else {
      calls += calls.empty() ? "{" : ",{";
      CallHead(calls, choice, made++, part.part->call);
      AppendEscaped(calls, part.text);
      calls += "\"}}";
    }
  }
  out.append(R"(,"message":{"role":"assistant","content":)");
  if (speaks || calls.empty()) {
    out.append("\"").append(text).append("\"");
  } else {
    out.append("null");
  }
  out.append(R"(,"refusal":null)");
  if (calls.empty()) {
    out.append(R"(,"annotations":[])");
  } else {
    out.append(R"(,"tool_calls":[)").append(calls).append("]");
  }
  if (!thinking.empty() && !reasoning_.empty()) {
    out.append(",\"").append(reasoning_).append("\":\"").append(thinking).append("\"");
  }
  out.append("}");
}

void ChatShapes::Whole(std::string& out, const WholeAnswer& answer) const {
  out.append(chat_ ? R"({"id":"chatcmpl-)" : R"({"id":"cmpl-)").append(tag_);
  out.append(chat_ ? R"(","object":"chat.completion","created":)"
                   : R"(","object":"text_completion","created":)");
  out.append(created_).append(R"(,"model":")").append(model_).append(R"(","choices":[)");
  for (std::int64_t i = 0; i < request_.choices; ++i) {
    if (i > 0) out.append(",");
    WholeChoice(out, i, answer);
  }
  out.append("]");
  if (answer.usage) {
    out.append(",");
    AppendUsage(out, *answer.usage);
  }
  if (openai_) out.append(R"(,"service_tier":"default","system_fingerprint":"fp_headgate_sim")");
  out.append("}");
}

}  // namespace headgate::loadtest::sim

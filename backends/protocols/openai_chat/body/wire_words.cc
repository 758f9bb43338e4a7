#include "backends/protocols/openai_chat/body/wire_words.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "backends/protocols/json/append_json.h"
#include "config/base/text.h"

namespace headgate::backends::openai_chat {
namespace {

struct FinishRow {
  std::string_view word;
  FinishReason reason;
};

constexpr FinishRow kFinishWords[] = {
    // OpenAI, openai-openapi 2.3.0, August 2026.
    {"stop", FinishReason::kStop},
    {"length", FinishReason::kLength},
    {"tool_calls", FinishReason::kToolCalls},
    {"content_filter", FinishReason::kRefusal},
    {"function_call", FinishReason::kToolCalls},
    // TGI, router/src/lib.rs db931fcf.
    {"eos_token", FinishReason::kStop},
    {"stop_sequence", FinishReason::kStopSequence},
    // Anthropic's, as proxies pass them on.
    {"end_turn", FinishReason::kStop},
    {"max_tokens", FinishReason::kLength},
    {"tool_use", FinishReason::kToolCalls},
    {"refusal", FinishReason::kRefusal},
    {"pause_turn", FinishReason::kPause},
    // Mistral; Zhipu. An answer that broke off at its backend is an error: openai::SaysBrokenOff.
    {"model_length", FinishReason::kLength},
    {"sensitive", FinishReason::kRefusal},
};

constexpr std::string_view kIdStart = "chatcmpl-";

}  // namespace

AnswerEvent StartEvent(std::string_view id, std::string_view model) {
  AnswerEvent event = EventOf(AnswerEvent::Kind::kStart);
  event.id = id;
  event.model = model;
  return event;
}

AnswerEvent UsageEvent(const AnswerUsage& usage) {
  AnswerEvent event = EventOf(AnswerEvent::Kind::kUsage);
  event.usage = &usage;
  return event;
}

AnswerEvent FinishEvent(std::string_view word, std::string_view stop_sequence, bool has_calls) {
  AnswerEvent event = EventOf(AnswerEvent::Kind::kFinish);
  event.finish = ReasonOf(word, has_calls);
  const bool stopped =
      event.finish == FinishReason::kStop || event.finish == FinishReason::kStopSequence;
  if (!stopped || stop_sequence.empty()) return event;
  event.finish = FinishReason::kStopSequence;
  event.stop_sequence = stop_sequence;
  return event;
}

FinishReason ReasonOf(std::string_view word, bool has_calls) {
  const FinishReason plain = has_calls ? FinishReason::kToolCalls : FinishReason::kStop;
  const auto* const found = std::find_if(std::begin(kFinishWords), std::end(kFinishWords),
                                         [&](const FinishRow& row) { return row.word == word; });
  if (found == std::end(kFinishWords)) return plain;
  const bool either =
      found->reason == FinishReason::kStop || found->reason == FinishReason::kToolCalls;
  return either ? plain : found->reason;
}

std::string_view WordOf(FinishReason reason) {
  switch (reason) {
    case FinishReason::kLength:
      return "length";
    case FinishReason::kToolCalls:
      return "tool_calls";
    case FinishReason::kRefusal:
      return "content_filter";
    case FinishReason::kStop:
    case FinishReason::kStopSequence:
    case FinishReason::kPause:
      break;
  }
  return "stop";
}

std::string_view FinishWord(FinishReason reason, const Conversation& request) {
  const bool legacy = request.legacy_calls && reason == FinishReason::kToolCalls;
  return legacy ? "function_call" : WordOf(reason);
}

bool IsStopSequence(std::string_view text) {
  return !text.empty() && std::none_of(std::begin(kFinishWords), std::end(kFinishWords),
                                       [&](const FinishRow& row) { return row.word == text; });
}

void AppendUsage(const ReportedTokens& tokens, std::string& out) {
  out += "{\"prompt_tokens\":";
  json::AppendInteger(tokens.input, out);
  out += ",\"completion_tokens\":";
  json::AppendInteger(tokens.output, out);
  out += ",\"total_tokens\":";
  json::AppendInteger(tokens.input + tokens.output, out);
  out += ",\"prompt_tokens_details\":{\"cached_tokens\":";
  json::AppendInteger(tokens.cached_input, out);
  out += ",\"cache_write_tokens\":";
  json::AppendInteger(tokens.cache_write, out);
  out += "},\"completion_tokens_details\":{\"reasoning_tokens\":";
  json::AppendInteger(tokens.reasoning, out);
  out += "}}";
}

void AppendThinkingBlock(std::string_view thought, std::string_view signature, std::string& out) {
  if (thought.empty()) {
    out += R"({"type":"redacted_thinking","data":)";
  } else {
    out += R"({"type":"thinking","thinking":)";
    json::AppendJsonString(thought, out);
    out += ",\"signature\":";
  }
  json::AppendJsonString(signature, out);
  out += '}';
}

std::string AnswerId(std::string_view id, std::string_view request_id) {
  if (id.starts_with(kIdStart)) return std::string(id);
  return std::string(kIdStart).append(request_id);
}

bool ReadDataUrl(std::string_view url, ContentPart& part) {
  constexpr std::string_view kScheme = "data:";
  constexpr std::string_view kEncoding = ";base64";
  const std::size_t comma = url.find(',');
  if (!config::StartsWithAnyCase(url, kScheme) || comma == std::string_view::npos) return false;
  std::string_view type = url.substr(kScheme.size(), comma - kScheme.size());
  if (!type.ends_with(kEncoding)) return false;
  type = type.substr(0, type.find(';'));
  part.media_type = type.empty() ? "text/plain" : type;  // RFC 2397
  part.data = url.substr(comma + 1);
  return true;
}

}  // namespace headgate::backends::openai_chat

#include "loadtest/sim/dialects/openai_shapes.h"

#include <array>
#include <boost/json.hpp>
#include <charconv>

#include "loadtest/sim/base/json_text.h"

namespace headgate::loadtest::sim {
namespace {

std::string Hex(std::uint64_t value) {
  std::array<char, 16> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + 16, value, 16);
  return {digits.data(), error == std::errc{} ? end : digits.data()};
}

void AppendNumber(std::string& out, std::int64_t value) {
  std::array<char, 20> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc{}) out.append(digits.data(), end);
}

std::string_view ReasonName(FinishReason reason) {
  switch (reason) {
    case FinishReason::kLength:
      return "length";
    case FinishReason::kToolCalls:
      return "tool_calls";
    case FinishReason::kStop:
      break;
  }
  return "stop";
}

std::string_view VllmErrorType(int status) {
  switch (status) {
    case 400:
      return "BadRequestError";
    case 401:
      return "AuthenticationError";
    case 404:
      return "NotFoundError";
    case 422:
      return "UnprocessableEntityError";
    case 501:
      return "NotImplementedError";
    default:
      return status >= 500 ? "InternalServerError" : "BadRequestError";
  }
}

std::string_view LlamaCppErrorType(int status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 503:
      return "unavailable_error";
    default:
      return status >= 500 ? "server_error" : "invalid_request_error";
  }
}

struct OpenAiError {
  std::string_view type;
  std::string_view code;
};

OpenAiError OpenAiErrorOf(int status) {
  switch (status) {
    case 401:
      return {"invalid_request_error", "invalid_api_key"};
    case 404:
      return {"invalid_request_error", "model_not_found"};
    case 429:
      return {"rate_limit_error", "rate_limit_exceeded"};
    case 503:
      return {"server_error", "server_is_overloaded"};
    default:
      return {status >= 500 ? "server_error" : "invalid_request_error", ""};
  }
}

// `null` or a string.
boost::json::value OrNull(std::string_view text) {
  if (text.empty()) return nullptr;
  return boost::json::value(text);
}

void AppendToolHead(std::string& out, const std::string& tag, std::int64_t choice,
                    const ToolCall& call) {
  out.append("\"id\":\"call_").append(tag);
  AppendNumber(out, choice);
  out.append(R"(","type":"function","function":{"name":")");
  AppendEscaped(out, call.name);
  out.append(R"(","arguments":")");
}

}  // namespace

// The shapes follow wire traces. vLLM nests the error and gives the status as its code. SGLang has
// the same fields without nesting. TGI's error is a text. Ollama and llama.cpp have fewer fields
// than OpenAI.
std::string ErrorJson(Personality personality, const Refusal& refusal) {
  boost::json::object error{{"message", refusal.message}};
  switch (personality) {
    case Personality::kTgi:
      return boost::json::serialize(
          boost::json::object{{"error", refusal.message},
                              {"error_type", refusal.status >= 500 ? "generation" : "validation"}});
    case Personality::kVllm:
    case Personality::kSglang:
      error["type"] = VllmErrorType(refusal.status);
      error["param"] = OrNull(refusal.param);
      error["code"] = refusal.status;
      if (personality == Personality::kSglang) {
        error["object"] = "error";
        return boost::json::serialize(error);
      }
      break;
    case Personality::kLlamaCpp:
      error["type"] = LlamaCppErrorType(refusal.status);
      error["code"] = refusal.status;
      break;
    case Personality::kOllama:
      error["type"] = refusal.status == 404   ? "not_found_error"
                      : refusal.status >= 500 ? "api_error"
                                              : "invalid_request_error";
      error["param"] = nullptr;
      error["code"] = nullptr;
      break;
    case Personality::kOpenAi:
    case Personality::kAzure: {
      const OpenAiError known = OpenAiErrorOf(refusal.status);
      error["type"] = known.type;
      error["param"] = OrNull(refusal.param);
      error["code"] = OrNull(refusal.code.empty() ? known.code : std::string_view(refusal.code));
      break;
    }
  }
  return boost::json::serialize(boost::json::object{{"error", std::move(error)}});
}

std::string ModelJson(std::string_view id) {
  return boost::json::serialize(boost::json::object{
      {"id", id}, {"object", "model"}, {"created", 1700000000}, {"owned_by", "headgate-sim"}});
}

Shapes::Shapes(Personality personality, const CompletionRequest& request, std::uint64_t tag,
               std::int64_t created)
    : openai_(personality == Personality::kOpenAi || personality == Personality::kAzure),
      chat_(request.endpoint == Endpoint::kChat),
      tag_(Hex(tag)) {
  AppendEscaped(model_, request.model);
  AppendNumber(created_, created);
  if (!request.stream) return;
  prefix_.append(chat_ ? R"({"id":"chatcmpl-)" : R"({"id":"cmpl-)").append(tag_);
  prefix_.append(chat_ ? R"(","object":"chat.completion.chunk","created":)"
                       : R"(","object":"text_completion","created":)");
  prefix_.append(created_).append(R"(,"model":")").append(model_).append(R"(","choices":[)");
  suffix_ = openai_ && request.include_usage ? R"(],"usage":null})" : "]}";
}

void Shapes::Delta(std::string& out, std::int64_t choice, std::string_view delta) const {
  out.append(prefix_).append(R"({"index":)");
  AppendNumber(out, choice);
  out.append(delta);
}

void Shapes::RoleChunk(std::string& out, std::int64_t choice) const {
  if (!chat_) return;
  Delta(out, choice, R"(,"delta":{"role":"assistant","content":""},"finish_reason":null})");
  out.append(suffix_);
}

void Shapes::TextChunk(std::string& out, std::int64_t choice, std::string_view piece) const {
  Delta(out, choice, chat_ ? R"(,"delta":{"content":")" : R"(,"text":")");
  AppendEscaped(out, piece);
  out.append(chat_ ? R"("},"finish_reason":null})" : R"(","logprobs":null,"finish_reason":null})");
  out.append(suffix_);
}

void Shapes::ToolChunk(std::string& out, std::int64_t choice, const ToolCall& call) const {
  Delta(out, choice, R"(,"delta":{"tool_calls":[{"index":0,)");
  AppendToolHead(out, tag_, choice, call);
  out.append(R"("}}]},"finish_reason":null})").append(suffix_);
}

void Shapes::ArgumentsChunk(std::string& out, std::int64_t choice, std::string_view piece) const {
  Delta(out, choice, R"(,"delta":{"tool_calls":[{"index":0,"function":{"arguments":")");
  AppendEscaped(out, piece);
  out.append(R"("}}]},"finish_reason":null})").append(suffix_);
}

void Shapes::FinishChunk(std::string& out, std::int64_t choice, FinishReason reason) const {
  Delta(out, choice,
        chat_ ? R"(,"delta":{},"finish_reason":")"
              : R"(,"text":"","logprobs":null,"finish_reason":")");
  out.append(ReasonName(reason)).append("\"}").append(suffix_);
}

void Shapes::UsageChunk(std::string& out, const Usage& usage) const {
  out.append(prefix_).append("],");
  AppendUsage(out, usage);
  out.append("}");
}

void Shapes::AppendUsage(std::string& out, const Usage& usage) const {
  out.append(R"("usage":{"prompt_tokens":)");
  AppendNumber(out, usage.input);
  out.append(R"(,"completion_tokens":)");
  AppendNumber(out, usage.output);
  out.append(R"(,"total_tokens":)");
  AppendNumber(out, usage.input + usage.output);
  out.append(R"(,"prompt_tokens_details":{"cached_tokens":)");
  AppendNumber(out, usage.cached);
  if (openai_) {
    out.append(R"(,"audio_tokens":0,"cache_write_tokens":0},"completion_tokens_details":)"
               R"({"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,)"
               R"("rejected_prediction_tokens":0)");
  }
  out.append("}}");
}

void Shapes::WholeChoice(std::string& out, std::int64_t choice, const WholeAnswer& answer) const {
  out.append(R"({"index":)");
  AppendNumber(out, choice);
  if (!chat_) {
    out.append(R"(,"text":")");
    AppendEscaped(out, answer.text);
    out.append("\"");
  } else if (answer.tool_call) {
    out.append(R"(,"message":{"role":"assistant","content":null,"refusal":null,"tool_calls":[{)");
    AppendToolHead(out, tag_, choice, *answer.tool_call);
    AppendEscaped(out, answer.text);
    out.append("\"}}]}");
  } else {
    out.append(R"(,"message":{"role":"assistant","content":")");
    AppendEscaped(out, answer.text);
    out.append(R"(","refusal":null,"annotations":[]})");
  }
  out.append(R"(,"logprobs":null,"finish_reason":")").append(ReasonName(answer.reason));
  out.append("\"}");
}

void Shapes::Whole(std::string& out, std::int64_t choices, const WholeAnswer& answer) const {
  out.append(chat_ ? R"({"id":"chatcmpl-)" : R"({"id":"cmpl-)").append(tag_);
  out.append(chat_ ? R"(","object":"chat.completion","created":)"
                   : R"(","object":"text_completion","created":)");
  out.append(created_).append(R"(,"model":")").append(model_).append(R"(","choices":[)");
  for (std::int64_t i = 0; i < choices; ++i) {
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

#include "loadtest/sim/dialects/errors.h"

#include <algorithm>
#include <boost/json.hpp>

namespace headgate::loadtest::sim {
namespace {

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

// Returns null for an empty text, otherwise a string.
boost::json::value OrNull(std::string_view text) {
  if (text.empty()) return nullptr;
  return boost::json::value(text);
}

std::string_view AnthropicErrorType(int status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 402:
      return "billing_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 409:
      return "conflict_error";
    case 413:
      return "request_too_large";
    case 429:
      return "rate_limit_error";
    case 504:
      return "timeout_error";
    case 529:
      return "overloaded_error";
    default:
      return status >= 500 ? "api_error" : "invalid_request_error";
  }
}

std::string MessagesErrorJson(Personality personality, const Refusal& refusal,
                              std::string_view request_id) {
  const bool vllm = personality == Personality::kVllm;  // has its own error types here too
  boost::json::object error{
      {"type", vllm ? VllmErrorType(refusal.status) : AnthropicErrorType(refusal.status)},
      {"message", refusal.message}};
  boost::json::object whole{{"type", "error"}};
  if (personality == Personality::kAnthropic) {
    if (!refusal.code.empty()) error["details"] = {{"error_code", refusal.code}};
    whole["error"] = std::move(error);
    whole["request_id"] = request_id;
  } else {
    whole["error"] = std::move(error);
  }
  return boost::json::serialize(whole);
}

// The shapes follow wire traces. vLLM nests the error and gives the status as its code. SGLang has
// the same fields without nesting, except in Responses (`nested`). TGI's error is a text. Ollama
// and llama.cpp have fewer fields than OpenAI.
std::string OpenAiErrorJson(Personality personality, const Refusal& refusal, bool nested) {
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
      if (personality == Personality::kSglang && !nested) {
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
    case Personality::kAzure:
    case Personality::kAnthropic: {
      const OpenAiError known = OpenAiErrorOf(refusal.status);
      error["type"] = known.type;
      error["param"] = OrNull(refusal.param);
      error["code"] = OrNull(refusal.code.empty() ? known.code : std::string_view(refusal.code));
      break;
    }
  }
  return boost::json::serialize(boost::json::object{{"error", std::move(error)}});
}

}  // namespace

bool SpeaksMessages(Personality personality, Endpoint endpoint) {
  return personality == Personality::kAnthropic || endpoint == Endpoint::kMessages ||
         endpoint == Endpoint::kCountTokens;
}

std::string ErrorJson(Personality personality, Endpoint endpoint, const Refusal& refusal,
                      std::string_view request_id) {
  if (SpeaksMessages(personality, endpoint)) {
    return MessagesErrorJson(personality, refusal, request_id);
  }
  return OpenAiErrorJson(personality, refusal, endpoint == Endpoint::kResponses);
}

Refusal ContextTooLong(Personality personality, std::int64_t prompt_tokens) {
  const std::string window = std::to_string(std::max<std::int64_t>(1, prompt_tokens - 1));
  const std::string tokens = std::to_string(prompt_tokens);
  switch (personality) {
    case Personality::kAnthropic:
      return {400, "prompt is too long: " + tokens + " tokens > " + window + " maximum", "", ""};
    case Personality::kLlamaCpp:
      return {400, "the request exceeds the available context size, try increasing it", "", ""};
    case Personality::kTgi:
      return {422,
              "Input validation error: `inputs` must have less than " + window +
                  " tokens. Given: " + tokens,
              "", ""};
    case Personality::kOllama:
      return {400, "the input length exceeds the context length", "", ""};
    default:
      break;
  }
  const bool provider = personality == Personality::kOpenAi || personality == Personality::kAzure;
  return {400,
          "This model's maximum context length is " + window +
              " tokens. However, your messages resulted in " + tokens +
              " tokens. Please reduce the length of the messages.",
          "messages", provider ? "context_length_exceeded" : ""};
}

Refusal ContentRefused(Personality personality) {
  switch (personality) {
    case Personality::kAnthropic:
      return {400, "Output blocked by content filtering policy", "", ""};
    case Personality::kOpenAi:
      return {400, "Your request was rejected as a result of our safety system.", "",
              "content_policy_violation"};
    default:
      return {400,
              "The response was filtered due to the prompt triggering the content management "
              "policy. Please modify your prompt and retry.",
              "prompt", "content_filter"};
  }
}

std::string_view ErrorCode(const Refusal& refusal) {
  return refusal.code.empty() ? OpenAiErrorOf(refusal.status).code : std::string_view(refusal.code);
}

std::string RequestIdLine(Personality personality, std::string_view request_id) {
  std::string line = personality == Personality::kAnthropic ? "request-id: " : "x-request-id: ";
  line.append(request_id).append("\r\n");
  if (personality == Personality::kAnthropic) {
    line.append("anthropic-organization-id: headgate-sim\r\n");
  }
  return line;
}

}  // namespace headgate::loadtest::sim

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "backends/openai/answer.h"

namespace headgate::backends::openai {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kLongestBody = 64u << 10;
constexpr std::size_t kLongestMessage = 4u << 10;

// The text under `key`; empty if there is none or it is no text.
std::string_view TextAt(dom::object object, const char* key) {
  std::string_view text;
  return object[key].get(text) == simdjson::SUCCESS ? text : std::string_view();
}

// In every dialect: an object under `error`, a text there, or the same members with no wrapper.
void ReadFields(dom::object body, ErrorBody& error) {
  dom::object fields = body;
  dom::element wrapped;
  if (body["error"].get(wrapped) == simdjson::SUCCESS && !wrapped.is_null()) {
    std::string_view text;
    if (wrapped.get(text) == simdjson::SUCCESS) {  // TGI; Ollama's own protocol
      error.message = text;
      error.type = TextAt(body, "error_type");
      error.code = TextAt(body, "code");
      return;
    }
    if (wrapped.get(fields) != simdjson::SUCCESS) return;
  }
  error.message = TextAt(fields, "message");
  if (error.message.empty()) error.message = TextAt(fields, "detail");  // FastAPI itself
  error.type = TextAt(fields, "type");
  error.param = TextAt(fields, "param");
  error.code = TextAt(fields, "code");
}

// Which text was refused, as OpenRouter says it with its 403 (openrouter.ai/docs, Errors, 2025).
bool NamesFlaggedInput(dom::object body) {
  dom::element flagged;
  return body["error"]["metadata"]["flagged_input"].get(flagged) == simdjson::SUCCESS;
}

bool Contains(std::string_view text, std::string_view lower_case) {
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == static_cast<unsigned char>(b);
  };
  return std::search(text.begin(), text.end(), lower_case.begin(), lower_case.end(), same) !=
         text.end();
}

// llama.cpp has a type for it; vLLM and SGLang have only words, and mean it when they refuse.
bool SaysTooLong(int status, const ErrorBody& error) {
  if (error.code == "context_length_exceeded" || error.type == "exceed_context_size_error") {
    return true;
  }
  constexpr std::array<std::string_view, 6> kPhrases = {
      "maximum context length", "context size",         "context window",
      "prompt is too long",     "maximum model length", "model's context length"};
  return status >= 400 && status < 500 && status != 429 &&
         std::any_of(kPhrases.begin(), kPhrases.end(),
                     [&](std::string_view phrase) { return Contains(error.message, phrase); });
}

}  // namespace

ErrorBody ReadErrorBody(int status, std::string_view body) {
  thread_local dom::parser parser;
  ErrorBody error;
  body = body.substr(0, kLongestBody);
  dom::object object;
  if (parser.parse(body.data(), body.size()).get(object) == simdjson::SUCCESS) {
    ReadFields(object, error);
    error.content_policy = NamesFlaggedInput(object);
  }
  error.context_too_long = SaysTooLong(status, error);
  error.content_policy |=
      error.code == "content_filter" || error.code == "content_policy_violation";
  if (error.message.size() > kLongestMessage) {
    std::size_t end = kLongestMessage;  // at the beginning of a character
    while ((static_cast<unsigned char>(error.message[end]) & 0xC0) == 0x80) --end;
    error.message.resize(end);
  }
  if (error.message.empty()) {
    error.message = status == 0 ? "an error without a message" : "HTTP " + std::to_string(status);
  }
  return error;
}

}  // namespace headgate::backends::openai

#include "backends/protocols/anthropic/client_writer.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "backends/protocols/json/append_json.h"
#include "backends/protocols/sse/sse_writer.h"

namespace headgate::backends::anthropic {
namespace {

constexpr std::size_t kLongestError = 64u << 10;
constexpr int kUnavailable = 503;
constexpr int kOverloaded = 529;

std::string_view TypeOf(int status) {
  switch (status) {
    case 402:
      return "billing_error";
    case 408:
    case 504:
      return "timeout_error";
    case 409:
      return "conflict_error";
    case kUnavailable:
    case kOverloaded:
      return "overloaded_error";
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 413:
      return "request_too_large";
    case 429:
      return "rate_limit_error";
    default:
      return status < 500 ? "invalid_request_error" : "api_error";
  }
}

// Types of Anthropic's that a status does not tell. A backend's own word is kept: clients wait
// longer for an overloaded_error.
constexpr std::array<std::string_view, 8> kOwnTypes = {
    "overloaded_error",     "api_error",        "timeout_error",   "rate_limit_error",
    "authentication_error", "permission_error", "not_found_error", "billing_error"};

std::string_view TypeOf(const ClientError& error) {
  const bool own = std::find(kOwnTypes.begin(), kOwnTypes.end(), error.type) != kOwnTypes.end();
  return own ? std::string_view(error.type) : TypeOf(error.status);
}

// A code that Anthropic's clients know, and act on.
bool IsOwnCode(std::string_view code) { return code.starts_with("thread_"); }

// Claude Code and other agents shorten the conversation when they read these words.
std::string MessageOf(const ClientError& error) {
  constexpr std::string_view kTooLong = "prompt is too long";
  if (error.code != "context_length_exceeded" ||
      error.message.find(kTooLong) != std::string::npos) {
    return error.message;
  }
  return std::string(kTooLong) + ": " + error.message;
}

}  // namespace

int StatusFor(int status) { return status == kUnavailable ? kOverloaded : status; }

std::string ErrorDocument(const ClientError& error, std::string_view request_id) {
  std::string out = "{\"type\":\"error\",\"error\":{\"type\":";
  json::AppendJsonString(TypeOf(error), out);
  out += ",\"message\":";
  json::AppendJsonString(MessageOf(error), out);
  if (IsOwnCode(error.code)) {
    out += ",\"details\":{\"error_code\":";
    json::AppendJsonString(error.code, out);
    out += '}';
  }
  out += "},\"request_id\":";
  json::AppendJsonString(request_id, out);
  out += "}";
  return out;
}

bool IsErrorBody(std::string_view json) {
  thread_local simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::string_view type;
  std::string_view word;
  std::string_view message;
  if (json.size() > kLongestError ||
      parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS) {
    return false;
  }
  return root["type"].get(type) == simdjson::SUCCESS && type == "error" &&
         root["error"]["type"].get(word) == simdjson::SUCCESS && !word.empty() &&
         root["error"]["message"].get(message) == simdjson::SUCCESS && !message.empty();
}

void AppendErrorEvent(std::string_view document, std::string& out) {
  AppendSseEvent("error", document, out);
}

void AppendStreamEnd(std::string& out) {
  AppendSseEvent("message_stop", R"({"type":"message_stop"})", out);
}

}  // namespace headgate::backends::anthropic

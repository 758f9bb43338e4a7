#include "backends/protocols/anthropic/client_writer.h"

#include <algorithm>
#include <array>

#include "backends/protocols/json/append_json.h"
#include "backends/protocols/sse/sse_writer.h"

namespace headgate::backends::anthropic {
namespace {

std::string_view TypeOf(int status) {
  switch (status) {
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

}  // namespace

std::string ErrorDocument(const ClientError& error, std::string_view request_id) {
  std::string out = "{\"type\":\"error\",\"error\":{\"type\":";
  json::AppendJsonString(TypeOf(error), out);
  out += ",\"message\":";
  json::AppendJsonString(error.message, out);
  out += "},\"request_id\":";
  json::AppendJsonString(request_id, out);
  out += "}";
  return out;
}

void AppendErrorEvent(std::string_view document, std::string& out) {
  AppendSseEvent("error", document, out);
}

void AppendStreamEnd(std::string& out) {
  AppendSseEvent("message_stop", R"({"type":"message_stop"})", out);
}

}  // namespace headgate::backends::anthropic

#include "backends/protocols/anthropic/client_writer.h"

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

}  // namespace

std::string ErrorDocument(const ClientError& error, std::string_view request_id) {
  std::string out = "{\"type\":\"error\",\"error\":{\"type\":";
  json::AppendJsonString(TypeOf(error.status), out);
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

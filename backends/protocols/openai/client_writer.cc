#include "backends/protocols/openai/client_writer.h"

#include <simdjson.h>

#include <cstddef>

#include "backends/protocols/json/append_json.h"
#include "backends/protocols/sse/sse_writer.h"

namespace headgate::backends::openai {
namespace {

constexpr std::size_t kLongestError = 64u << 10;

void AppendNullable(std::string_view text, std::string& out) {
  if (text.empty()) {
    out += "null";
  } else {
    json::AppendJsonString(text, out);
  }
}

}  // namespace

std::string ErrorDocument(const ClientError& error) {
  std::string out = "{\"error\":{\"message\":";
  json::AppendJsonString(error.message, out);
  out += ",\"type\":";
  json::AppendJsonString(error.type, out);
  out += ",\"param\":";
  AppendNullable(error.param, out);
  out += ",\"code\":";
  AppendNullable(error.code, out);
  out += "}}";
  return out;
}

bool IsErrorDocument(std::string_view json) {
  return json.find_first_of("\r\n\\") == std::string_view::npos && IsErrorBody(json);
}

bool IsErrorBody(std::string_view json) {
  thread_local simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::string_view message;
  if (json.size() > kLongestError ||
      parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS) {
    return false;
  }
  return root["error"]["message"].get(message) == simdjson::SUCCESS && !message.empty();
}

void AppendErrorEvent(std::string_view document, std::string& out) {
  AppendSseEvent(document, out);
}

void AppendStreamEnd(std::string& out) { AppendSseEvent("[DONE]", out); }

}  // namespace headgate::backends::openai

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

// Returns whether `json` is an object with a member `error`, which is valid until the next call on
// this thread.
bool ReadError(std::string_view json, simdjson::dom::element& error) {
  thread_local simdjson::dom::parser parser;
  simdjson::dom::element root;
  return json.size() <= kLongestError &&
         parser.parse(json.data(), json.size()).get(root) == simdjson::SUCCESS &&
         root["error"].get(error) == simdjson::SUCCESS;
}

bool HasText(simdjson::dom::element error, std::string_view name) {
  std::string_view text;
  return error[name].get(text) == simdjson::SUCCESS && !text.empty();
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
  if (json.find_first_of("\r\n\\") != std::string_view::npos) return false;
  simdjson::dom::element error;
  return ReadError(json, error) && HasText(error, "message");
}

bool IsErrorBody(std::string_view json) {
  simdjson::dom::element error;
  simdjson::dom::element code;
  if (!ReadError(json, error) || !HasText(error, "message") || !HasText(error, "type"))
    return false;
  return error["code"].get(code) != simdjson::SUCCESS || code.is_string() || code.is_null();
}

void AppendErrorEvent(std::string_view document, std::string& out) {
  AppendSseEvent(document, out);
}

void AppendStreamEnd(std::string& out) { AppendSseEvent("[DONE]", out); }

}  // namespace headgate::backends::openai

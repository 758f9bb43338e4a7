#include "backends/protocols/openai_responses/client_writer.h"

#include <simdjson.h>

#include <cstdint>

#include "backends/protocols/json/append_json.h"
#include "backends/protocols/sse/sse_writer.h"

namespace headgate::backends::openai_responses {
namespace {

using json::AppendInteger;
using json::AppendJsonString;

// Of an error document. Empty members are null in it.
struct ErrorWords {
  std::string type;
  std::string code;
  std::string message;
  std::string param;
};

ErrorWords ReadWords(std::string_view document) {
  thread_local simdjson::dom::parser parser;
  simdjson::dom::element root;
  simdjson::dom::element error;
  ErrorWords words;
  const bool known =
      parser.parse(document.data(), document.size()).get(root) == simdjson::SUCCESS &&
      root["error"].get(error) == simdjson::SUCCESS && error.is_object();
  const auto read = [&](std::string_view name, std::string& to) {
    std::string_view text;
    if (error[name].get(text) == simdjson::SUCCESS) to = text;
  };
  if (known) {
    read("type", words.type);
    read("code", words.code);
    read("message", words.message);
    read("param", words.param);
  } else {
    words.message = document;
  }
  return words;
}

void AppendTextOrNull(std::string_view name, std::string_view text, std::string& out) {
  out.append(",\"").append(name).append("\":");
  if (text.empty()) {
    out += "null";
  } else {
    AppendJsonString(text, out);
  }
}

void AppendCodeMessageParam(const ErrorWords& words, std::string& out) {
  AppendTextOrNull("code", words.code, out);
  out += R"(,"message":)";
  AppendJsonString(words.message, out);
  AppendTextOrNull("param", words.param, out);
}

std::string ErrorData(const ErrorWords& words, std::int64_t number) {
  std::string data = R"({"type":"error")";
  AppendCodeMessageParam(words, data);
  data += R"(,"error":{"type":)";
  AppendJsonString(words.type.empty() ? "server_error" : words.type, data);
  AppendCodeMessageParam(words, data);
  data += R"(},"sequence_number":)";
  AppendInteger(number, data);
  return data += '}';
}

// The code of a response's error that has none of its own.
std::string_view CodeOf(const ErrorWords& words) {
  if (!words.code.empty()) return words.code;
  return words.type == "invalid_request_error" ? "invalid_prompt" : "server_error";
}

// The `error` of a response has a code and a message, which are both required.
std::string FailureData(const ErrorWords& words, const BegunAnswer& begun, std::int64_t number) {
  std::string data = R"({"type":"response.failed","response":{"id":)";
  AppendJsonString(begun.id, data);
  data += R"(,"object":"response","created_at":)";
  AppendInteger(begun.created, data);
  data += R"(,"status":"failed","background":false,"error":{"code":)";
  AppendJsonString(CodeOf(words), data);
  data += R"(,"message":)";
  AppendJsonString(words.message, data);
  data += R"(},"incomplete_details":null,"instructions":null,"model":)";
  AppendJsonString(begun.model, data);
  data += R"(,"output":[],"parallel_tool_calls":true,"temperature":null,"tool_choice":"auto",)"
          R"("tools":[],"top_p":null,"usage":null,"metadata":{}},"sequence_number":)";
  AppendInteger(number, data);
  return data += '}';
}

}  // namespace

void AppendErrorEvent(std::string_view document, const BegunAnswer& begun, std::string& out) {
  const ErrorWords words = ReadWords(document);
  AppendSseEvent("error", ErrorData(words, begun.next_number), out);
  AppendSseEvent("response.failed", FailureData(words, begun, begun.next_number + 1), out);
}

}  // namespace headgate::backends::openai_responses

#include "backends/protocols/openai_responses/client_writer.h"

#include <simdjson.h>

#include "backends/protocols/json/append_json.h"
#include "backends/protocols/sse/sse_writer.h"

namespace headgate::backends::openai_responses {
namespace {

// Appends a member of the error, or null if it is no text.
void AppendMember(simdjson::dom::element error, std::string_view name, std::string& out) {
  std::string_view text;
  out.append(",\"").append(name).append("\":");
  if (error[name].get(text) == simdjson::SUCCESS) {
    json::AppendJsonString(text, out);
  } else {
    out += "null";
  }
}

}  // namespace

void AppendErrorEvent(std::string_view document, std::string& out) {
  thread_local simdjson::dom::parser parser;
  simdjson::dom::element root;
  simdjson::dom::element error;
  std::string data = R"({"type":"error")";
  const bool known =
      parser.parse(document.data(), document.size()).get(root) == simdjson::SUCCESS &&
      root["error"].get(error) == simdjson::SUCCESS && error.is_object();
  if (known) {
    for (const std::string_view name : {"code", "message", "param"})
      AppendMember(error, name, data);
  } else {
    data += R"(,"code":null,"message":)";
    json::AppendJsonString(document, data);
    data += R"(,"param":null)";
  }
  data += R"(,"sequence_number":0})";
  AppendSseEvent("error", data, out);
}

}  // namespace headgate::backends::openai_responses

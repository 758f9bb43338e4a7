#include "loadtest/sim/requests/responses_request.h"

#include <array>
#include <set>

#include "loadtest/sim/base/json_text.h"
#include "loadtest/sim/requests/json_fields.h"

namespace headgate::loadtest::sim {
namespace {

namespace json = boost::json;

constexpr std::int64_t kLeastOutput = 16;

// Members of chat completions that a gateway may leave in by mistake, and their names in Responses.
struct MovedField {
  std::string_view name;
  std::string_view now;
};
constexpr std::array<MovedField, 5> kMoved{{{"messages", "input"},
                                            {"max_tokens", "max_output_tokens"},
                                            {"max_completion_tokens", "max_output_tokens"},
                                            {"response_format", "text.format"},
                                            {"reasoning_effort", "reasoning.effort"}}};

// Members of a response that repeat the request, and their values if the request lacks them.
struct EchoedField {
  std::string_view name;
  std::string_view without;
};
constexpr std::array<EchoedField, 18> kEchoed{
    {{"instructions", "null"},
     {"max_output_tokens", "null"},
     {"max_tool_calls", "null"},
     {"parallel_tool_calls", "true"},
     {"previous_response_id", "null"},
     {"prompt_cache_key", "null"},
     {"reasoning", R"({"effort":null,"summary":null})"},
     {"safety_identifier", "null"},
     {"store", "true"},
     {"temperature", "1.0"},
     {"text", R"({"format":{"type":"text"},"verbosity":"medium"})"},
     {"tool_choice", "\"auto\""},
     {"tools", "[]"},
     {"top_logprobs", "0"},
     {"top_p", "1.0"},
     {"truncation", "\"disabled\""},
     {"user", "null"},
     {"metadata", "{}"}}};

void CheckPlaces(const json::object& body) {
  for (const MovedField& field : kMoved) {
    if (!body.contains(field.name)) continue;
    const std::string name(field.name);
    RefuseBody("Unsupported parameter: '" + name +
                   "'. In the Responses API, this parameter has moved to '" +
                   std::string(field.now) + "'.",
               name, "unsupported_parameter");
  }
}

// The simulator does not store responses, so it refuses to continue a response.
void CheckState(const json::object& body) {
  const std::string id(TextMember(body, "previous_response_id"));
  if (!id.empty()) {
    RefuseBody("Previous response with id '" + id + "' not found.", "previous_response_id",
               "previous_response_not_found");
  }
  if (Member(body, "conversation") != nullptr) {
    throw Refused{{404, "Conversation not found.", "conversation", "conversation_not_found"}};
  }
}

// Follows the tool calls and the outputs among the input items.
struct ItemReader {
  CompletionRequest& request;
  bool asks = false;                // the last item is a message of the user
  std::set<std::string> open = {};  // ids of calls without an output so far

  void ReadMessage(const json::object& item) {
    const std::string_view role = TextMember(item, "role");
    asks = role == "user";
    request.prompt_tokens += kMessageTokens;
    request.prompt.Message(role);
    const json::value* content = Member(item, "content");
    if (content == nullptr) return;
    CountTexts(*content, request);
    if (!asks) return;
    request.last_user_text.clear();
    ForEachText(*content, [this](std::string_view text) { request.last_user_text += text; });
  }

  void ReadOutput(const json::object& item) {
    asks = false;
    ++request.tool_results;
    request.prompt_tokens += kMessageTokens;
    request.prompt.Message("tool");
    if (const json::value* output = Member(item, "output")) CountTexts(*output, request);
    const std::string id(TextMember(item, "call_id"));
    if (open.erase(id) == 1) return;
    RefuseBody("No tool call found for function call output with call_id " + id + ".", "input");
  }

  void Read(const json::value& value, std::size_t index) {
    const std::string place = "input[" + std::to_string(index) + "]";
    if (!value.is_object()) RefuseBody("Invalid type for '" + place + "'.", place, "invalid_type");
    const json::object& item = value.get_object();
    const std::string_view type = TextMember(item, "type");
    if (type.empty() || type == "message") return ReadMessage(item);
    if (type.ends_with("_call_output")) return ReadOutput(item);
    asks = false;
    const std::string_view encrypted = TextMember(item, "encrypted_content");
    if (!encrypted.empty()) request.signatures.emplace_back(encrypted);
    if (!type.ends_with("_call")) return;
    request.prompt_tokens += kMessageTokens;
    const std::string_view id = TextMember(item, "call_id");
    if (!id.empty()) open.emplace(id);
    // A call of the server's own tool has its result in the same item, and lacks these members.
    if (type != "function_call" && type != "custom_tool_call") return;
    for (const std::string_view name : {"call_id", "name"}) {
      if (!TextMember(item, name).empty()) continue;
      RefuseBody("Missing required parameter: '" + place + "." + std::string(name) + "'.",
                 place + "." + std::string(name), "missing_required_parameter");
    }
  }
};

bool ReadInput(const json::object& body, CompletionRequest& request) {
  const json::value* input = Member(body, "input");
  if (input == nullptr) {
    RefuseBody("Missing required parameter: 'input'.", "input", "missing_required_parameter");
  }
  ItemReader items{request};
  if (input->is_string()) {
    items.ReadMessage({{"role", "user"}, {"content", *input}});
    return true;
  }
  if (!input->is_array()) {
    RefuseBody("Invalid type for 'input': expected a string or an array.", "input", "invalid_type");
  }
  for (std::size_t i = 0; i < input->get_array().size(); ++i) items.Read(input->at(i), i);
  if (!items.open.empty()) {
    RefuseBody("No tool output found for function call " + *items.open.begin() + ".", "input");
  }
  return items.asks;
}

void ReadFlatTools(const json::object& body, bool asks, CompletionRequest& request) {
  const json::array* tools = ArrayMember(body, "tools");
  if (tools == nullptr) return;
  const json::value* choice = Member(body, "tool_choice");
  const bool forbidden = choice != nullptr && *choice == "none";
  std::string_view wanted;
  if (choice != nullptr && choice->is_object()) wanted = TextMember(choice->get_object(), "name");
  for (std::size_t i = 0; i < tools->size(); ++i) {
    const std::string place = "tools[" + std::to_string(i) + "]";
    if (!tools->at(i).is_object()) RefuseBody("Invalid type for '" + place + "'.", place);
    const json::object& tool = tools->at(i).get_object();
    const std::string_view type = TextMember(tool, "type");
    if (type != "function" && type != "custom") continue;
    const std::string_view name = TextMember(tool, "name");
    if (name.empty()) {
      RefuseBody("Missing required parameter: '" + place + ".name'.", place + ".name",
                 "missing_required_parameter");
    }
    if (forbidden) continue;
    request.tools.push_back({std::string(name), type == "custom"});
    if (!asks || request.tool_call || type == "custom") continue;
    if (!wanted.empty() && name != wanted) continue;
    request.tool_call = ExampleCall(name, Member(tool, "parameters"));
  }
}

void ReadReasoning(const json::object& body, CompletionRequest& request) {
  if (const json::object* reasoning = ObjectMember(body, "reasoning")) {
    request.wants_summary = !TextMember(*reasoning, "summary").empty();
  }
  const json::array* include = ArrayMember(body, "include");
  if (include == nullptr) return;
  for (const json::value& what : *include) {
    request.wants_encrypted |= what == "reasoning.encrypted_content";
  }
}

std::string Echo(const json::object& body) {
  std::string out;
  for (const EchoedField& field : kEchoed) {
    if (!out.empty()) out += ',';
    AppendQuoted(out, field.name);
    out += ':';
    const json::value* value = Member(body, field.name);
    out += value == nullptr ? std::string(field.without) : json::serialize(*value);
  }
  return out;
}

}  // namespace

void ReadResponsesBody(const json::object& body, const RequestPlace& place,
                       CompletionRequest& request) {
  if (place.provider) CheckPlaces(body);
  CheckState(body);
  request.stream = FlagMember(body, "stream");
  request.max_tokens = CountMember(body, "max_output_tokens", 1);
  if (place.provider && request.max_tokens && *request.max_tokens < kLeastOutput) {
    RefuseBody(
        "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, "
        "but got " +
            std::to_string(*request.max_tokens) + " instead.",
        "max_output_tokens", "integer_below_min_value");
  }
  const std::string_view instructions = TextMember(body, "instructions");
  if (!instructions.empty()) {
    request.prompt_tokens += kMessageTokens + TextTokens(instructions);
    request.prompt.Message("system");
    request.prompt.Text(instructions);
  }
  const bool asks = ReadInput(body, request);
  ReadFlatTools(body, asks, request);
  ReadReasoning(body, request);
  request.echoed = Echo(body);
}

}  // namespace headgate::loadtest::sim

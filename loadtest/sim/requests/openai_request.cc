#include "loadtest/sim/requests/openai_request.h"

#include <functional>

#include "loadtest/sim/requests/json_fields.h"
#include "loadtest/sim/requests/prefill.h"

namespace headgate::loadtest::sim {
namespace {

namespace json = boost::json;

constexpr std::int64_t kLegacyMaxTokens = 16;
constexpr std::int64_t kDefaultDimensions = 64;
constexpr std::int64_t kMostChoices = 2048;

void ReadMessages(const json::object& body, CompletionRequest& request) {
  const json::array* messages = ArrayMember(body, "messages");
  if (messages == nullptr || messages->empty()) {
    RefuseBody("`messages` must be an array with at least one message", "messages");
  }
  for (const json::value& message : *messages) {
    if (!message.is_object()) RefuseBody("a message must be an object", "messages");
    request.prompt_tokens += kMessageTokens;
    const std::string_view role = TextMember(message.get_object(), "role");
    const bool user = role == "user";
    request.prompt.Message(role);
    if (user) request.last_user_text.clear();
    if (role == "tool" || role == "function") ++request.tool_results;
    const json::value* content = Member(message.get_object(), "content");
    if (content == nullptr) continue;
    ForEachText(*content, [&](std::string_view text) {
      request.prompt_tokens += TextTokens(text);
      request.prompt.Text(text);
      if (user) request.last_user_text += text;
    });
  }
}

// Reads the tools. The answer is a call of the function that tool_choice names, or of the first
// function among the tools.
void ReadTools(const json::object& body, CompletionRequest& request) {
  const json::array* tools = ArrayMember(body, "tools");
  if (tools == nullptr) return;
  const json::value* choice = Member(body, "tool_choice");
  const bool forbidden = choice != nullptr && *choice == "none";
  const json::value& last = body.at("messages").get_array().back();
  const bool asks = !forbidden && TextMember(last.get_object(), "role") == "user";
  std::string_view wanted;
  if (choice != nullptr && choice->is_object()) {
    const json::object* function = ObjectMember(choice->get_object(), "function");
    if (function != nullptr) wanted = TextMember(*function, "name");
  }
  for (const json::value& tool : *tools) {
    const json::object* function =
        tool.is_object() ? ObjectMember(tool.get_object(), "function") : nullptr;
    if (function == nullptr) continue;
    const std::string_view name = TextMember(*function, "name");
    if (!forbidden) request.tools.push_back({std::string(name), false});
    if (!asks || request.tool_call || (!wanted.empty() && name != wanted)) continue;
    request.tool_call = ExampleCall(name, Member(*function, "parameters"));
  }
}

// Reads texts, or lists of token ids: a string, [string], [int] or [[int]]. Returns the number of
// inputs.
std::int64_t ReadInputs(const json::object& body, std::string_view name,
                        CompletionRequest& request) {
  const json::value* input = Member(body, name);
  if (input == nullptr) RefuseBody("`" + std::string(name) + "` is missing", std::string(name));
  const auto add = [&request](std::string_view text, std::int64_t tokens) {
    request.prompt_tokens += tokens;
    request.prompt.Text(text);
    request.last_user_text = text;
    request.inputs.push_back(std::hash<std::string_view>{}(text));
  };
  const auto add_value = [&](const json::value& value) {
    if (value.is_string())
      return add(TextOf(value.get_string()), TextTokens(TextOf(value.get_string())));
    if (!value.is_array())
      RefuseBody("`" + std::string(name) + "` holds another type", std::string(name));
    add(json::serialize(value), static_cast<std::int64_t>(value.get_array().size()));
  };
  const bool several =
      input->is_array() && !input->get_array().empty() && !input->get_array().front().is_number();
  if (several) {
    for (const json::value& value : input->get_array()) add_value(value);
  } else {
    add_value(*input);
  }
  return static_cast<std::int64_t>(request.inputs.size());
}

void ReadStreaming(const json::object& body, CompletionRequest& request) {
  request.stream = FlagMember(body, "stream");
  const json::value* options = Member(body, "stream_options");
  if (options == nullptr) return;
  if (!options->is_object()) RefuseBody("`stream_options` must be an object", "stream_options");
  if (!request.stream) {
    RefuseBody("`stream_options` is only allowed when `stream` is true", "stream_options");
  }
  request.include_usage = FlagMember(options->get_object(), "include_usage");
}

void ReadGeneration(const json::object& body, const RequestPlace& place,
                    CompletionRequest& request) {
  ReadStreaming(body, request);
  request.max_tokens = CountMember(body, "max_completion_tokens", 1);
  if (!request.max_tokens) request.max_tokens = CountMember(body, "max_tokens", 1);
  request.choices = CountMember(body, "n", 1).value_or(1);
  if (request.endpoint == Endpoint::kChat) {
    ReadMessages(body, request);
    ReadPrefill(body, *ArrayMember(body, "messages"), place, request);
    ReadTools(body, request);
  } else {
    request.choices *= ReadInputs(body, "prompt", request);
    if (!request.max_tokens) request.max_tokens = kLegacyMaxTokens;
  }
  if (request.choices > kMostChoices) RefuseBody("`n` is too large", "n");
}

void ReadEmbeddings(const json::object& body, CompletionRequest& request) {
  ReadInputs(body, "input", request);
  request.dimensions = CountMember(body, "dimensions", 1).value_or(kDefaultDimensions);
  if (request.dimensions > 8192) RefuseBody("`dimensions` is too large", "dimensions");
  const std::string_view format = TextMember(body, "encoding_format");
  if (!format.empty() && format != "float" && format != "base64") {
    RefuseBody("`encoding_format` must be float or base64", "encoding_format");
  }
  request.base64 = format == "base64";
}

}  // namespace

void ReadOpenAiBody(const json::object& body, const RequestPlace& place,
                    CompletionRequest& request) {
  if (request.endpoint == Endpoint::kEmbeddings) {
    ReadEmbeddings(body, request);
  } else {
    ReadGeneration(body, place, request);
  }
}

}  // namespace headgate::loadtest::sim

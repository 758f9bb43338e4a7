#include "loadtest/sim/dialects/completion_request.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <functional>

#include "loadtest/sim/base/text.h"

namespace headgate::loadtest::sim {
namespace {

namespace json = boost::json;

constexpr std::int64_t kMessageTokens = 3;
constexpr std::int64_t kLegacyMaxTokens = 16;
constexpr std::int64_t kDefaultDimensions = 64;
constexpr std::int64_t kMostChoices = 2048;

// Inside this file, and only here, refusals are thrown as exceptions.
struct Refused {
  Refusal refusal;
};

[[noreturn]] void Refuse(std::string message, std::string param) {
  throw Refused{{400, std::move(message), std::move(param), {}}};
}

std::string_view View(const json::string& text) { return {text.data(), text.size()}; }

// The member, or null when it is missing or JSON null.
const json::value* Member(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::string_view Text(const json::object& object, std::string_view name) {
  const json::value* value = Member(object, name);
  if (value == nullptr) return {};
  if (!value->is_string())
    Refuse("`" + std::string(name) + "` must be a string", std::string(name));
  return View(value->get_string());
}

bool Flag(const json::object& object, std::string_view name) {
  const json::value* value = Member(object, name);
  if (value == nullptr) return false;
  if (!value->is_bool()) Refuse("`" + std::string(name) + "` must be a boolean", std::string(name));
  return value->get_bool();
}

std::optional<std::int64_t> Count(const json::object& object, std::string_view name,
                                  std::int64_t least) {
  const json::value* value = Member(object, name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_int64() || value->get_int64() < least) {
    Refuse("`" + std::string(name) + "` must be an integer of at least " + std::to_string(least),
           std::string(name));
  }
  return value->get_int64();
}

// Calls `each` with every text of a message: its content, or the text parts of its content.
void ForEachText(const json::object& message, const std::function<void(std::string_view)>& each) {
  const json::value* content = Member(message, "content");
  if (content == nullptr) return;
  if (content->is_string()) each(View(content->get_string()));
  if (!content->is_array()) return;
  for (const json::value& part : content->get_array()) {
    if (!part.is_object()) continue;
    const json::value* text = Member(part.get_object(), "text");
    if (text != nullptr && text->is_string()) each(View(text->get_string()));
  }
}

void ReadMessages(const json::object& body, CompletionRequest& request) {
  const json::value* messages = Member(body, "messages");
  if (messages == nullptr || !messages->is_array() || messages->get_array().empty()) {
    Refuse("`messages` must be an array with at least one message", "messages");
  }
  for (const json::value& message : messages->get_array()) {
    if (!message.is_object()) Refuse("a message must be an object", "messages");
    request.prompt_tokens += kMessageTokens;
    const bool user = Text(message.get_object(), "role") == "user";
    if (user) request.last_user_text.clear();
    ForEachText(message.get_object(), [&](std::string_view text) {
      request.prompt_tokens += TextTokens(text);
      if (user) request.last_user_text += text;
    });
  }
}

// A small value that fits the declared type of a parameter.
json::value ExampleOf(const json::value& schema) {
  const json::value* type = schema.is_object() ? Member(schema.get_object(), "type") : nullptr;
  const std::string_view name =
      type != nullptr && type->is_string() ? View(type->get_string()) : "";
  if (name == "integer" || name == "number") return 7;
  if (name == "boolean") return true;
  if (name == "array") return json::array();
  if (name == "object") return json::object();
  const json::value* choices = schema.is_object() ? Member(schema.get_object(), "enum") : nullptr;
  if (choices != nullptr && choices->is_array() && !choices->get_array().empty()) {
    return choices->get_array().front();
  }
  return "Grüße aus dem Hafen";
}

std::string ExampleArguments(const json::object& function) {
  json::object arguments;
  const json::value* parameters = Member(function, "parameters");
  const json::value* properties = nullptr;
  if (parameters != nullptr && parameters->is_object()) {
    properties = Member(parameters->get_object(), "properties");
  }
  if (properties != nullptr && properties->is_object()) {
    for (const auto& [name, schema] : properties->get_object()) arguments[name] = ExampleOf(schema);
  } else {
    arguments["query"] = "Grüße aus dem Hafen";
  }
  return json::serialize(arguments);
}

// The function that tool_choice names, or the first function among the tools.
void ReadTools(const json::object& body, CompletionRequest& request) {
  const json::value* tools = Member(body, "tools");
  if (tools == nullptr || !tools->is_array()) return;
  const json::value* choice = Member(body, "tool_choice");
  if (choice != nullptr && *choice == "none") return;
  const json::value& last = body.at("messages").get_array().back();
  if (Text(last.get_object(), "role") != "user") return;
  std::string_view wanted;
  if (choice != nullptr && choice->is_object()) {
    const json::value* function = Member(choice->get_object(), "function");
    if (function != nullptr && function->is_object()) wanted = Text(function->get_object(), "name");
  }
  for (const json::value& tool : tools->get_array()) {
    const json::value* function =
        tool.is_object() ? Member(tool.get_object(), "function") : nullptr;
    if (function == nullptr || !function->is_object()) continue;
    const std::string_view name = Text(function->get_object(), "name");
    if (!wanted.empty() && name != wanted) continue;
    request.tool_call = ToolCall{std::string(name), ExampleArguments(function->get_object())};
    return;
  }
}

// Texts, or lists of token ids: a string, [string], [int] or [[int]]. Returns how many.
std::int64_t ReadInputs(const json::object& body, std::string_view name,
                        CompletionRequest& request) {
  const json::value* input = Member(body, name);
  if (input == nullptr) Refuse("`" + std::string(name) + "` is missing", std::string(name));
  const auto add = [&request](std::string_view text, std::int64_t tokens) {
    request.prompt_tokens += tokens;
    request.last_user_text = text;
    request.inputs.push_back(std::hash<std::string_view>{}(text));
  };
  const auto add_value = [&](const json::value& value) {
    if (value.is_string())
      return add(View(value.get_string()), TextTokens(View(value.get_string())));
    if (!value.is_array())
      Refuse("`" + std::string(name) + "` holds another type", std::string(name));
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
  request.stream = Flag(body, "stream");
  const json::value* options = Member(body, "stream_options");
  if (options == nullptr) return;
  if (!options->is_object()) Refuse("`stream_options` must be an object", "stream_options");
  if (!request.stream) {
    Refuse("`stream_options` is only allowed when `stream` is true", "stream_options");
  }
  request.include_usage = Flag(options->get_object(), "include_usage");
}

void ReadGeneration(const json::object& body, CompletionRequest& request) {
  ReadStreaming(body, request);
  request.max_tokens = Count(body, "max_completion_tokens", 1);
  if (!request.max_tokens) request.max_tokens = Count(body, "max_tokens", 1);
  request.choices = Count(body, "n", 1).value_or(1);
  if (request.endpoint == Endpoint::kChat) {
    ReadMessages(body, request);
    ReadTools(body, request);
  } else {
    request.choices *= ReadInputs(body, "prompt", request);
    if (!request.max_tokens) request.max_tokens = kLegacyMaxTokens;
  }
  if (request.choices > kMostChoices) Refuse("`n` is too large", "n");
}

void ReadEmbeddings(const json::object& body, CompletionRequest& request) {
  ReadInputs(body, "input", request);
  request.dimensions = Count(body, "dimensions", 1).value_or(kDefaultDimensions);
  if (request.dimensions > 8192) Refuse("`dimensions` is too large", "dimensions");
  const std::string_view format = Text(body, "encoding_format");
  if (!format.empty() && format != "float" && format != "base64") {
    Refuse("`encoding_format` must be float or base64", "encoding_format");
  }
  request.base64 = format == "base64";
}

CompletionRequest ReadBody(Endpoint endpoint, const json::value& parsed,
                           std::string_view deployment) {
  if (!parsed.is_object()) Refuse("the body must be a JSON object", "");
  const json::object& body = parsed.get_object();
  CompletionRequest request;
  request.endpoint = endpoint;
  std::string_view model = Text(body, "model");
  if (model.empty()) model = deployment;
  if (model.empty()) Refuse("you must provide a model parameter", "model");
  const auto [name, suffix] = SplitOnce(model, '#');
  request.model = name;
  request.fault = suffix;
  const std::string_view field = Text(body, "x_sim");
  if (!request.fault.empty() && !field.empty()) request.fault += ';';
  request.fault += field;
  if (endpoint == Endpoint::kEmbeddings) {
    ReadEmbeddings(body, request);
  } else {
    ReadGeneration(body, request);
  }
  return request;
}

}  // namespace

std::int64_t TextTokens(std::string_view text) {
  return std::max<std::int64_t>(1, (static_cast<std::int64_t>(text.size()) + 3) / 4);
}

std::variant<CompletionRequest, Refusal> ParseCompletionRequest(Endpoint endpoint,
                                                                std::string_view body,
                                                                std::string_view deployment) {
  std::array<unsigned char, 8192> space;
  json::monotonic_resource memory(space.data(), space.size());
  json::parse_options options;
  options.max_depth = 2048;  // far above the limit of a gateway, and safe for the stack
  boost::system::error_code error;
  const json::value parsed = json::parse(body, error, &memory, options);
  if (error) return Refusal{400, "the body is not valid JSON: " + error.message(), "", ""};
  try {
    return ReadBody(endpoint, parsed, deployment);
  } catch (const Refused& refused) {
    return refused.refusal;
  }
}

}  // namespace headgate::loadtest::sim

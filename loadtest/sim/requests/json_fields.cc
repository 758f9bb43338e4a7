#include "loadtest/sim/requests/json_fields.h"

namespace headgate::loadtest::sim {
namespace {

namespace json = boost::json;

// Returns a small value that fits the declared type of a parameter.
json::value ExampleOf(const json::value& schema) {
  constexpr std::string_view kText = "Grüße aus dem Hafen";
  if (!schema.is_object()) return json::value(kText);
  const std::string_view type = TextOrNone(schema.get_object(), "type");
  if (type == "integer" || type == "number") return 7;
  if (type == "boolean") return true;
  if (type == "array") return json::array();
  if (type == "object") return json::object();
  const json::array* choices = ArrayMember(schema.get_object(), "enum");
  if (choices != nullptr && !choices->empty()) return choices->front();
  return json::value(kText);
}

}  // namespace

void RefuseBody(std::string message, std::string param, std::string code) {
  throw Refused{{400, std::move(message), std::move(param), std::move(code)}};
}

const json::value* Member(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::string_view TextMember(const json::object& object, std::string_view name) {
  const json::value* value = Member(object, name);
  if (value == nullptr) return {};
  if (!value->is_string()) {
    RefuseBody("`" + std::string(name) + "` must be a string", std::string(name));
  }
  return TextOf(value->get_string());
}

std::string_view TextOrNone(const json::object& object, std::string_view name) {
  const json::value* value = Member(object, name);
  return value != nullptr && value->is_string() ? TextOf(value->get_string()) : std::string_view();
}

bool FlagMember(const json::object& object, std::string_view name) {
  const json::value* value = Member(object, name);
  if (value == nullptr) return false;
  if (!value->is_bool()) {
    RefuseBody("`" + std::string(name) + "` must be a boolean", std::string(name));
  }
  return value->get_bool();
}

std::optional<std::int64_t> CountMember(const json::object& object, std::string_view name,
                                        std::int64_t least) {
  const json::value* value = Member(object, name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_int64() || value->get_int64() < least) {
    RefuseBody(
        "`" + std::string(name) + "` must be an integer of at least " + std::to_string(least),
        std::string(name));
  }
  return value->get_int64();
}

const json::object* ObjectMember(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value == nullptr ? nullptr : value->if_object();
}

const json::array* ArrayMember(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value == nullptr ? nullptr : value->if_array();
}

void ForEachText(const json::value& content, const std::function<void(std::string_view)>& each) {
  if (content.is_string()) each(TextOf(content.get_string()));
  if (!content.is_array()) return;
  for (const json::value& part : content.get_array()) {
    if (!part.is_object()) continue;
    const json::value* text = Member(part.get_object(), "text");
    if (text != nullptr && text->is_string()) each(TextOf(text->get_string()));
  }
}

bool CountTexts(const json::value& content, CompletionRequest& request) {
  bool any = false;
  ForEachText(content, [&](std::string_view text) {
    request.prompt_tokens += TextTokens(text);
    request.prompt.Text(text);
    any = true;
  });
  return any;
}

ToolCall ExampleCall(std::string_view name, const json::value* schema) {
  json::object arguments;
  const json::object* properties = nullptr;
  if (schema != nullptr && schema->is_object()) {
    properties = ObjectMember(schema->get_object(), "properties");
  }
  if (properties != nullptr) {
    for (const auto& [key, value] : *properties) arguments[key] = ExampleOf(value);
  } else {
    arguments["query"] = "Grüße aus dem Hafen";
  }
  ToolCall call;
  call.name = name;
  call.arguments = json::serialize(arguments);
  return call;
}

}  // namespace headgate::loadtest::sim

#include "config/reader/json_schema.h"

#include <utility>

#include "config/base/text.h"

namespace headgate::config {
namespace {

constexpr std::string_view kVariable = R"(\$\{[A-Za-z_][A-Za-z0-9_]*\})";

std::string OrVariable(std::string_view pattern) {
  return Concat("^(?:", pattern, ")$|", kVariable);
}

}  // namespace

Json Definitions::Use(std::string_view name, Json (*make)(Definitions& definitions)) {
  const auto [entry, fresh] = known_.try_emplace(std::string(name), Json::Object({}));
  if (fresh) entry->second = make(*this);
  return Json::Object({{"$ref", Json::Text(Concat("#/definitions/", name))}});
}

Json Definitions::Take() {
  Json out = Json::Object({});
  for (auto& [name, schema] : known_) out.Add(name, std::move(schema));
  return out;
}

Json AnyTextSchema(std::string_view pattern) {
  Json schema = Json::Object({{"type", Json::Texts({"string", "number", "boolean"})}});
  if (pattern.empty()) return std::move(schema.Add("minLength", Json::Number(1)));
  return std::move(schema.Add("pattern", Json::Text(OrVariable(pattern))));
}

Json TextSchema(std::string_view pattern) {
  return Json::Object(
      {{"type", Json::Text("string")}, {"pattern", Json::Text(OrVariable(pattern))}});
}

Json NumberSchema(std::string_view type, Range range, std::string_view pattern) {
  Json schema = Json::Object({{"type", Json::Texts({type, "string"})}});
  if (range.min) schema.Add("minimum", Json::Number(*range.min));
  if (range.max) schema.Add("maximum", Json::Number(*range.max));
  return std::move(schema.Add("pattern", Json::Text(OrVariable(pattern))));
}

Json EnumSchema(const std::vector<std::string_view>& words) {
  return AnyOfSchema(
      {Json::Object({{"enum", Json::Texts(words)}}),
       Json::Object({{"type", Json::Text("string")}, {"pattern", Json::Text(kVariable)}})});
}

Json ListSchema(Json item, bool may_be_empty) {
  Json schema = Json::Object({{"type", Json::Text("array")}});
  if (!may_be_empty) schema.Add("minItems", Json::Number(1));
  return std::move(schema.Add("items", std::move(item)));
}

Json AnyOfSchema(Json::Items schemas) {
  return Json::Object({{"anyOf", Json::List(std::move(schemas))}});
}

Json MapSchema(std::string_view key_pattern, Json value) {
  Json schema = Json::Object({{"type", Json::Text("object")}});
  if (!key_pattern.empty()) {
    schema.Add("propertyNames",
               Json::Object({{"pattern", Json::Text(Concat("^(?:", key_pattern, ")$"))}}));
  }
  return std::move(schema.Add("additionalProperties", std::move(value)));
}

void ObjectSchema::Add(std::string_view key, bool required, std::string_view documentation,
                       Json schema) {
  Json described = Json::Object({{"description", Json::Text(documentation)}});
  Json::Members& members = std::get<Json::Members>(schema.value);
  if (members.front().key == "$ref") {
    // In draft-07 a reference must have no siblings.
    described.Add("allOf", Json::List({std::move(schema)}));
  } else {
    for (Json::Member& member : members) described.Add(member.key, std::move(member.value));
  }
  properties_.push_back({std::string(key), std::move(described)});
  if (required) required_.push_back(Json::Text(key));
}

Json ObjectSchema::Take() {
  Json schema = Json::Object({{"type", Json::Text("object")}});
  if (!required_.empty()) schema.Add("required", Json::List(std::move(required_)));
  schema.Add("additionalProperties", Json::Flag(false));
  return std::move(schema.Add("properties", Json::Object(std::move(properties_))));
}

}  // namespace headgate::config

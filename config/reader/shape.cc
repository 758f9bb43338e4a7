#include "config/reader/shape.h"

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
  for (auto& [name, shape] : known_) out.Add(name, std::move(shape));
  return out;
}

Json AnyTextShape(std::string_view pattern) {
  Json shape = Json::Object({{"type", Json::Texts({"string", "number", "boolean"})}});
  if (pattern.empty()) return std::move(shape.Add("minLength", Json::Number(1)));
  return std::move(shape.Add("pattern", Json::Text(OrVariable(pattern))));
}

Json TextShape(std::string_view pattern) {
  return Json::Object(
      {{"type", Json::Text("string")}, {"pattern", Json::Text(OrVariable(pattern))}});
}

Json NumberShape(std::string_view type, Range range, std::string_view pattern) {
  Json shape = Json::Object({{"type", Json::Texts({type, "string"})}});
  if (range.min) shape.Add("minimum", Json::Number(*range.min));
  if (range.max) shape.Add("maximum", Json::Number(*range.max));
  return std::move(shape.Add("pattern", Json::Text(OrVariable(pattern))));
}

Json WordShape(const std::vector<std::string_view>& words) {
  return EitherShape(
      {Json::Object({{"enum", Json::Texts(words)}}),
       Json::Object({{"type", Json::Text("string")}, {"pattern", Json::Text(kVariable)}})});
}

Json ListShape(Json item, bool may_be_empty) {
  Json shape = Json::Object({{"type", Json::Text("array")}});
  if (!may_be_empty) shape.Add("minItems", Json::Number(1));
  return std::move(shape.Add("items", std::move(item)));
}

Json EitherShape(Json::Items shapes) {
  return Json::Object({{"anyOf", Json::List(std::move(shapes))}});
}

Json MapShape(std::string_view key_pattern, Json value) {
  Json shape = Json::Object({{"type", Json::Text("object")}});
  if (!key_pattern.empty()) {
    shape.Add("propertyNames",
              Json::Object({{"pattern", Json::Text(Concat("^(?:", key_pattern, ")$"))}}));
  }
  return std::move(shape.Add("additionalProperties", std::move(value)));
}

void ObjectShape::Add(std::string_view key, bool required, std::string_view documentation,
                      Json shape) {
  Json described = Json::Object({{"description", Json::Text(documentation)}});
  Json::Members& members = std::get<Json::Members>(shape.value);
  if (members.front().key == "$ref") {
    // In draft-07 nothing may stand beside a reference.
    described.Add("allOf", Json::List({std::move(shape)}));
  } else {
    for (Json::Member& member : members) described.Add(member.key, std::move(member.value));
  }
  properties_.push_back({std::string(key), std::move(described)});
  if (required) required_.push_back(Json::Text(key));
}

Json ObjectShape::Take() {
  Json shape = Json::Object({{"type", Json::Text("object")}});
  if (!required_.empty()) shape.Add("required", Json::List(std::move(required_)));
  shape.Add("additionalProperties", Json::Flag(false));
  return std::move(shape.Add("properties", Json::Object(std::move(properties_))));
}

}  // namespace headgate::config

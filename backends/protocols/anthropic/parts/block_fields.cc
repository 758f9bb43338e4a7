#include "backends/protocols/anthropic/parts/block_fields.h"

#include <array>

#include "backends/protocols/anthropic/parts/json_value.h"

namespace headgate::backends::anthropic {
namespace {

using simdjson::SUCCESS;

struct ScalarField {
  std::string_view name;
  std::string_view BlockFields::*place;
};

constexpr std::array kScalarFields = {
    ScalarField{"type", &BlockFields::type},
    ScalarField{"text", &BlockFields::text},
    ScalarField{"partial_json", &BlockFields::partial_json},
    ScalarField{"thinking", &BlockFields::thinking},
    ScalarField{"signature", &BlockFields::signature},
    ScalarField{"id", &BlockFields::id},
    ScalarField{"name", &BlockFields::name},
    ScalarField{"data", &BlockFields::data},
    ScalarField{"model", &BlockFields::model},
    ScalarField{"stop_reason", &BlockFields::stop_reason},
    ScalarField{"stop_sequence", &BlockFields::stop_sequence},
};

}  // namespace

bool ReadBlockField(std::string_view key, simdjson::ondemand::value value, BlockFields& fields) {
  for (const ScalarField& field : kScalarFields) {
    if (field.name != key) continue;
    fields.*field.place = RawToken(value);
    return true;
  }
  if (key == "input") {
    fields.input = RawJson(value);
    return !fields.input.empty();
  }
  if (key != "stop_details") return true;
  simdjson::ondemand::object details;
  simdjson::ondemand::value explanation;
  if (value.get_object().get(details) != SUCCESS) return true;
  if (details["explanation"].get(explanation) == SUCCESS) {
    fields.explanation = RawToken(explanation);
  }
  return true;
}

bool ReadBlockFields(simdjson::ondemand::value value, BlockFields& fields) {
  simdjson::ondemand::object object;
  if (value.get_object().get(object) != SUCCESS) return true;
  for (auto field : object) {
    std::string_view key;
    simdjson::ondemand::value inner;
    if (field.error() != SUCCESS || field.value().get(inner) != SUCCESS) return false;
    if (field.unescaped_key().get(key) != SUCCESS) continue;
    if (!ReadBlockField(key, inner, fields)) return false;
  }
  return true;
}

std::string_view TokenText(std::string_view token, std::string& buffer) {
  if (token.size() < 2 || token.front() != '"' || token.back() != '"') return {};
  const std::string_view inside = token.substr(1, token.size() - 2);
  if (inside.find('\\') == std::string_view::npos) return inside;
  return TextOfToken(token, buffer) ? std::string_view(buffer) : std::string_view{};
}

}  // namespace headgate::backends::anthropic

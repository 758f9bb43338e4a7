#include "backends/protocols/anthropic/parts/block_fields.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

#include "backends/protocols/anthropic/parts/json_value.h"
#include "backends/protocols/json/members.h"
#include "backends/protocols/json/object_reader.h"

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

struct DeltaForm {
  std::string_view begin;  // behind "delta":, up to the value
  std::string_view BlockFields::*place;
};

constexpr std::array kDeltaForms = {
    DeltaForm{R"({"type":"text_delta","text":)", &BlockFields::text},
    DeltaForm{R"({"type":"input_json_delta","partial_json":)", &BlockFields::partial_json},
    DeltaForm{R"({"type":"thinking_delta","thinking":)", &BlockFields::thinking},
};

bool TakePrefix(std::string_view prefix, std::string_view& text) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// Takes a string with its quotes.
bool TakeStringToken(std::string_view& text, std::string_view& token) {
  if (!text.starts_with('"')) return false;
  std::size_t at = 1;
  while (at < text.size() && text[at] != '"') {
    if (static_cast<unsigned char>(text[at]) < 0x20) return false;
    at += text[at] == '\\' ? 2u : 1u;
  }
  if (at >= text.size()) return false;
  token = text.substr(0, at + 1);
  text.remove_prefix(at + 1);
  return true;
}

}  // namespace

bool ReadPlainDelta(std::string_view json, std::int64_t& index, BlockFields& fields) {
  const std::string_view whole = json;
  if (!TakePrefix(R"({"type":"content_block_delta","index":)", json)) return false;
  const auto [stop, error] = std::from_chars(json.data(), json.data() + json.size(), index);
  if (error != std::errc() || index < 0) return false;
  json.remove_prefix(static_cast<std::size_t>(stop - json.data()));
  if (!TakePrefix(R"(,"delta":)", json)) return false;
  const auto* const form =
      std::find_if(kDeltaForms.begin(), kDeltaForms.end(),
                   [&](const DeltaForm& f) { return TakePrefix(f.begin, json); });
  std::string_view token;
  if (form == kDeltaForms.end() || !TakeStringToken(json, token) || !TakePrefix("}", json)) {
    return false;
  }
  // Anthropic pads events with spaces here.
  json.remove_prefix(std::min(json.find_first_not_of(' '), json.size()));
  if (json != "}" || !simdjson::validate_utf8(whole.data(), whole.size())) return false;
  fields.*form->place = token;
  return true;
}

bool ReadBlockField(std::string_view key, simdjson::ondemand::value value, BlockFields& fields) {
  for (const ScalarField& field : kScalarFields) {
    if (field.name != key) continue;
    fields.*field.place = json::TokenOf(value);
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
    fields.explanation = json::TokenOf(explanation);
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
  return json::TextOfToken(token, buffer).value_or(std::string_view());
}

std::string_view InputObject(std::string_view input, std::string& buffer) {
  if (input.starts_with('{')) return input;
  if (!input.starts_with('"')) return {};
  const std::string_view text = TokenText(input.substr(0, input.rfind('"') + 1), buffer);
  return json::IsWholeObject(text) ? text : std::string_view();
}

}  // namespace headgate::backends::anthropic

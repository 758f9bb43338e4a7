#include "backends/protocols/openai_responses/passing/response_fields.h"

#include <simdjson.h>

#include "backends/protocols/errors/error_reader.h"
#include "backends/protocols/json/object_reader.h"
#include "backends/protocols/openai/usage.h"

namespace headgate::backends::openai_responses {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::SUCCESS;
using Type = ResponseFields::Type;

constexpr std::size_t kLongestTier = 32;
constexpr std::size_t kLongestName = 256;

Type TypeNamed(std::string_view name) {
  if (name == "response.completed" || name == "response.incomplete") return Type::kEnd;
  if (name == "response.failed" || name == "response.cancelled") return Type::kFailed;
  return name == "error" ? Type::kError : Type::kOther;
}

// A cancelled response has not all of its answer.
bool IsFailure(std::string_view status) { return status == "failed" || status == "cancelled"; }

// Keeps an `error` that is an object or a text with content.
void ReadError(ondemand::value value, ResponseFields& fields) {
  ondemand::json_type type;
  ondemand::object object;
  std::string_view raw;
  if (value.type().get(type) != SUCCESS) return;
  if (type == ondemand::json_type::string) {
    raw = value.raw_json_token();
    while (!raw.empty() && raw.back() != '"') raw.remove_suffix(1);
    if (raw.size() <= 2) return;
  } else if (type == ondemand::json_type::object) {
    if (value.get_object().get(object) != SUCCESS || object.raw_json().get(raw) != SUCCESS) return;
    if (raw.find('"') == std::string_view::npos) return;
  } else {
    return;
  }
  fields.error.assign("{\"error\":").append(raw).append("}");
}

// Reads a member of a response.
void ReadMember(std::string_view key, ondemand::value value, ResponseFields& fields) {
  ondemand::object object;
  ondemand::array array;
  std::string_view text;
  if (key == "usage") {
    if (value.get_object().get(object) == SUCCESS) fields.usage.tokens = openai::ReadUsage(object);
  } else if (key == "service_tier") {
    if (value.get_string().get(text) != SUCCESS || text.size() > kLongestTier) return;
    fields.usage.service_tier = text;
  } else if (key == "status") {
    fields.failed = value.get_string().get(text) == SUCCESS && IsFailure(text);
  } else if (key == "output") {
    fields.has_output = value.get_array().get(array) == SUCCESS;
  } else if (key == "error") {
    ReadError(value, fields);
  }
}

void ReadName(ondemand::value value, std::string& name) {
  std::string_view text;
  if (value.get_string().get(text) == SUCCESS && text.size() <= kLongestName) name = text;
}

// A number that is out of range, or is not whole, is 0.
void ReadCount(ondemand::value value, std::int64_t& count) {
  constexpr std::int64_t kMost = std::int64_t{1} << 53;
  std::int64_t number = 0;
  if (value.get_int64().get(number) == SUCCESS && number > 0 && number < kMost) count = number;
}

// Reads a member of a response that is in an event.
void ReadMemberInEvent(std::string_view key, ondemand::value value, ResponseFields& fields) {
  if (key == "id") return ReadName(value, fields.id);
  if (key == "model") return ReadName(value, fields.model);
  if (key == "created_at") return ReadCount(value, fields.created);
  ReadMember(key, value, fields);
}

bool ReadResponse(ondemand::value value, ResponseFields& fields) {
  ondemand::object response;
  if (value.get_object().get(response) != SUCCESS) return true;
  for (auto field : response) {
    std::string_view key;
    ondemand::value member;
    if (field.unescaped_key().get(key) != SUCCESS) return false;
    if (field.value().get(member) != SUCCESS) return false;
    ReadMemberInEvent(key, member, fields);
  }
  return true;
}

bool ReadTop(std::string_view key, ondemand::value value, ResponseFields& fields) {
  std::string_view text;
  if (key == "response") return ReadResponse(value, fields);
  if (key == "type") {
    if (value.get_string().get(text) == SUCCESS) fields.type = TypeNamed(text);
  } else if (key == "sequence_number") {
    ReadCount(value, fields.sequence_number);
  } else {
    ReadMember(key, value, fields);
  }
  return true;
}

ResponseFields Judge(ResponseFields fields, std::string_view json) {
  fields.error_words =
      fields.type == Type::kNone && !fields.has_output && !fields.IsError() && HasErrorWords(json);
  return fields;
}

}  // namespace

std::optional<ResponseFields> ReadResponseFields(std::string_view json) {
  ResponseFields fields;
  const bool good = json::ObjectReader::Read(
      json,
      [&](std::string_view key, ondemand::value value) { return ReadTop(key, value, fields); });
  if (!good) return std::nullopt;
  return Judge(std::move(fields), json);
}

std::optional<ResponseFields> ReadResponseFieldsCopied(std::string_view json) {
  ResponseFields fields;
  const bool good = json::ObjectReader::ReadCopied(
      json,
      [&](std::string_view key, ondemand::value value) { return ReadTop(key, value, fields); });
  if (!good) return std::nullopt;
  return Judge(std::move(fields), json);
}

}  // namespace headgate::backends::openai_responses

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

// A search is paid for if it was made; reading one of its results is free (platform.openai.com,
// "Web search", 2026).
bool IsPaidSearch(ondemand::object call) {
  std::string_view text;
  ondemand::object action;
  if (call["status"].get_string().get(text) == SUCCESS && text != "completed") return false;
  if (call["action"].get_object().get(action) != SUCCESS) return true;
  return action["type"].get_string().get(text) != SUCCESS || text == "search";
}

// Reads the items of `output` for calls of tools that run at the provider.
bool ReadOutput(ondemand::value value, ResponseFields& fields) {
  ondemand::array items;
  if (value.get_array().get(items) != SUCCESS) return true;
  fields.has_output = true;
  for (auto element : items) {
    ondemand::value item;
    ondemand::object call;
    std::string_view type;
    if (element.get(item) != SUCCESS) return false;
    if (item.get_object().get(call) != SUCCESS) continue;
    if (call["type"].get_string().get(type) != SUCCESS) continue;
    if (type == "web_search_call") {
      fields.searches += IsPaidSearch(call) ? 1 : 0;
    } else {
      fields.other_tools |= type == "file_search_call" || type == "code_interpreter_call" ||
                            type == "image_generation_call";
    }
  }
  return true;
}

// Reads a member of a response. Returns false if it is broken.
bool ReadMember(std::string_view key, ondemand::value value, ResponseFields& fields) {
  ondemand::object object;
  std::string_view text;
  if (key == "usage") {
    if (value.get_object().get(object) == SUCCESS) fields.usage.tokens = openai::ReadUsage(object);
  } else if (key == "service_tier") {
    if (value.get_string().get(text) != SUCCESS || text.size() > kLongestTier) return true;
    fields.usage.service_tier = text;
  } else if (key == "status") {
    fields.failed = value.get_string().get(text) == SUCCESS && IsFailure(text);
  } else if (key == "output") {
    return ReadOutput(value, fields);
  } else if (key == "error") {
    ReadError(value, fields);
  }
  return true;
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
bool ReadMemberInEvent(std::string_view key, ondemand::value value, ResponseFields& fields) {
  if (key == "id") {
    ReadName(value, fields.id);
  } else if (key == "model") {
    ReadName(value, fields.model);
  } else if (key == "created_at") {
    ReadCount(value, fields.created);
  } else {
    return ReadMember(key, value, fields);
  }
  return true;
}

bool ReadResponse(ondemand::value value, ResponseFields& fields) {
  ondemand::object response;
  if (value.get_object().get(response) != SUCCESS) return true;
  for (auto field : response) {
    std::string_view key;
    ondemand::value member;
    if (field.unescaped_key().get(key) != SUCCESS) return false;
    if (field.value().get(member) != SUCCESS) return false;
    if (!ReadMemberInEvent(key, member, fields)) return false;
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
    return ReadMember(key, value, fields);
  }
  return true;
}

ResponseFields Judge(ResponseFields fields, std::string_view json) {
  fields.error_words =
      fields.type == Type::kNone && !fields.has_output && !fields.IsError() && HasErrorWords(json);
  if (std::optional<ReportedTokens>& tokens = fields.usage.tokens) {
    if (tokens->web_searches == 0) tokens->web_searches = fields.searches;
    tokens->other_charges |= fields.other_tools;
  }
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

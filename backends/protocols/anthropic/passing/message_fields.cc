#include "backends/protocols/anthropic/passing/message_fields.h"

#include <simdjson.h>

#include <cstdint>

#include "backends/protocols/errors/error_reader.h"
#include "backends/protocols/json/object_reader.h"

namespace headgate::backends::anthropic {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::SUCCESS;
using Type = MessageFields::Type;

Type TypeNamed(std::string_view name) {
  if (name == "message") return Type::kMessage;
  if (name == "message_start") return Type::kMessageStart;
  if (name == "message_stop") return Type::kMessageStop;
  if (name == "ping") return Type::kPing;
  if (name == "error") return Type::kError;
  return Type::kOther;
}

void LearnUsage(ondemand::value value, MessageUsage& usage) {
  ondemand::object object;
  if (value.get_object().get(object) == SUCCESS) usage.Learn(object);
}

// Reads the `message` of message_start.
void ReadStart(ondemand::value value, MessageUsage& usage) {
  ondemand::object message;
  ondemand::value reported;
  if (value.get_object().get(message) != SUCCESS) return;
  if (message["usage"].get(reported) == SUCCESS) LearnUsage(reported, usage);
}

bool HasStopReason(ondemand::value value) {
  ondemand::object delta;
  std::string_view reason;
  return value.get_object().get(delta) == SUCCESS &&
         delta["stop_reason"].get_string().get(reason) == SUCCESS && !reason.empty();
}

bool IsErrorValue(ondemand::value value) {
  ondemand::object object;
  std::string_view text;
  bool empty = true;
  if (value.get_object().get(object) == SUCCESS) {
    return object.is_empty().get(empty) == SUCCESS && !empty;
  }
  return value.get_string().get(text) == SUCCESS && !text.empty();
}

void ReadMember(std::string_view key, ondemand::value value, MessageUsage& usage,
                MessageFields& fields) {
  ondemand::array array;
  std::string_view text;
  std::uint64_t number = 0;
  if (key == "type") {
    if (value.get_string().get(text) == SUCCESS) fields.type = TypeNamed(text);
  } else if (key == "message") {
    ReadStart(value, usage);
  } else if (key == "usage") {
    LearnUsage(value, usage);
  } else if (key == "delta") {
    fields.finished = HasStopReason(value);
  } else if (key == "content") {
    fields.has_content = value.get_array().get(array) == SUCCESS;
  } else if (key == "input_tokens") {
    fields.has_count = value.get_uint64().get(number) == SUCCESS;
  } else if (key == "error") {
    fields.error = IsErrorValue(value);
  }
}

MessageFields Judge(MessageFields fields, std::string_view json) {
  fields.error_words = fields.type == Type::kNone && !fields.error && !fields.has_content &&
                       !fields.has_count && HasErrorWords(json);
  return fields;
}

}  // namespace

std::optional<MessageFields> ReadMessageFields(std::string_view json, MessageUsage& usage) {
  MessageFields fields;
  const bool good =
      json::ObjectReader::Read(json, [&](std::string_view key, ondemand::value value) {
        ReadMember(key, value, usage, fields);
        return true;
      });
  if (!good) return std::nullopt;
  return Judge(fields, json);
}

std::optional<MessageFields> ReadMessageFieldsCopied(std::string_view json, MessageUsage& usage) {
  MessageFields fields;
  const bool good =
      json::ObjectReader::ReadCopied(json, [&](std::string_view key, ondemand::value value) {
        ReadMember(key, value, usage, fields);
        return true;
      });
  if (!good) return std::nullopt;
  return Judge(fields, json);
}

}  // namespace headgate::backends::anthropic

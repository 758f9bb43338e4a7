#include "backends/protocols/openai/answer_fields.h"

#include <simdjson.h>

#include <cstdint>
#include <utility>

#include "backends/protocols/errors/error_reader.h"
#include "backends/protocols/json/object_reader.h"
#include "backends/protocols/openai/finish_reason.h"
#include "backends/protocols/openai/usage.h"
#include "config/base/text.h"

namespace headgate::backends::openai {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::SUCCESS;

constexpr std::size_t kLongestTier = 32;
constexpr int kDeepestError = 4;  // containers in an `error`

// The fields that are read, and what can be judged only at the end.
struct Reading {
  AnswerFields top;
  bool empty_error = false;  // `error` is an empty container
};

bool SaysSomething(ondemand::value value, int depth);

bool AnyElementSays(ondemand::array array, int depth) {
  for (auto element : array) {
    ondemand::value value;
    if (element.get(value) != SUCCESS || SaysSomething(value, depth)) return true;
  }
  return false;
}

bool AnyMemberSays(ondemand::object object, int depth) {
  for (auto field : object) {
    ondemand::value value;
    if (field.value().get(value) != SUCCESS || SaysSomething(value, depth)) return true;
  }
  return false;
}

// Returns whether an `error` is an error: null, false, 0, "", [] and {} are not, alone or as the
// only content.
bool SaysSomething(ondemand::value value, int depth) {
  ondemand::object object;
  ondemand::array array;
  std::string_view text;
  bool flag = false;
  double number = 0;
  if (depth > kDeepestError || IsNull(value)) return depth > kDeepestError;
  if (value.get_object().get(object) == SUCCESS) return AnyMemberSays(object, depth + 1);
  if (value.get_array().get(array) == SUCCESS) return AnyElementSays(array, depth + 1);
  if (value.get_string().get(text) == SUCCESS) return !config::Trim(text).empty();
  if (value.get_bool().get(flag) == SUCCESS) return flag;
  return value.get_double().get(number) != SUCCESS || number != 0;
}

// Reads one choice: its index (0 if it is left out), whether it has a finish_reason, and a usage.
bool ReadChoice(ondemand::object choice, AnswerFields& top) {
  std::uint64_t index = 0;
  bool finished = false;
  for (auto field : choice) {
    std::string_view key;
    if (field.unescaped_key().get(key) != SUCCESS) return false;
    if (key == "index") {
      if (field.value().get_uint64().get(index) != SUCCESS) index = 0;
    } else if (key == "finish_reason") {
      std::string_view reason;
      finished = field.value().get_string().get(reason) == SUCCESS && IsFinishReason(reason);
      top.error |= finished && SaysBrokenOff(reason);
    } else if (key == "usage") {
      ondemand::object usage;
      if (field.value().get_object().get(usage) == SUCCESS) top.choice_tokens = ReadUsage(usage);
    } else if (key == "error") {
      ondemand::value error;
      if (field.value().get(error) != SUCCESS) return false;
      top.error |= SaysSomething(error, 0);
    }
  }
  if (index >= top.choices.size()) return true;
  top.choices.set(index);
  if (finished) top.finished.set(index);
  return true;
}

bool ReadChoices(ondemand::value value, AnswerFields& top) {
  ondemand::array choices;
  if (value.get_array().get(choices) != SUCCESS) return true;
  top.is_answer = true;
  for (auto element : choices) {
    top.has_choices = true;
    ondemand::value choice;
    ondemand::object fields;
    if (element.get(choice) != SUCCESS) return false;
    if (choice.get_object().get(fields) == SUCCESS && !ReadChoice(fields, top)) return false;
  }
  top.no_choice = !top.has_choices;
  return true;
}

void ReadText(std::string_view key, ondemand::value value, AnswerFields& top) {
  std::string_view text;
  if (value.get_string().get(text) != SUCCESS) return;
  if (key == "object") {
    top.error |= text == "error";
  } else if (text.size() <= kLongestTier) {
    top.usage.service_tier = text;
  }
}

// Reads Groq's `x_groq`.
void ReadVendor(ondemand::value value, AnswerFields& top) {
  ondemand::object object;
  ondemand::value usage;
  if (value.get_object().get(object) != SUCCESS) return;
  if (object["usage"].get(usage) != SUCCESS || usage.get_object().get(object) != SUCCESS) return;
  top.has_usage = top.is_answer = true;
  top.choice_tokens = ReadUsage(object);
}

// Reads MiniMax's `base_resp`: a code other than 0 is an error.
void ReadBaseResponse(ondemand::value value, AnswerFields& top) {
  ondemand::object object;
  std::int64_t code = 0;
  if (value.get_object().get(object) != SUCCESS) return;
  if (object["status_code"].get_int64().get(code) == SUCCESS) top.error |= code != 0;
}

void ReadError(ondemand::value value, Reading& reading) {
  ondemand::json_type type;
  const bool container =
      value.type().get(type) == SUCCESS &&
      (type == ondemand::json_type::object || type == ondemand::json_type::array);
  const bool says = SaysSomething(value, 0);
  reading.top.error |= says;
  reading.empty_error = container && !says;
}

bool ReadMember(std::string_view key, ondemand::value value, Reading& reading) {
  AnswerFields& top = reading.top;
  ondemand::array array;
  ondemand::object object;
  if (key == "choices") return ReadChoices(value, top);
  if (key == "usage") {
    if (value.get_object().get(object) != SUCCESS) return true;
    top.has_usage = top.is_answer = true;
    top.usage.tokens = ReadUsage(object);
  } else if (key == "data") {
    top.is_answer |= value.get_array().get(array) == SUCCESS;
  } else if (key == "x_groq") {
    ReadVendor(value, top);
  } else if (key == "base_resp") {
    ReadBaseResponse(value, top);
  } else if (key == "error") {
    ReadError(value, reading);
  } else if (key == "object" || key == "service_tier") {
    ReadText(key, value, top);
  }
  return true;
}

AnswerFields Judge(Reading& reading, std::string_view json) {
  AnswerFields& top = reading.top;
  top.error |= reading.empty_error && !top.is_answer;
  top.error_words = !top.error && !top.is_answer && HasErrorWords(json);
  return std::move(top);
}

}  // namespace

std::optional<AnswerFields> ReadAnswerFields(std::string_view json) {
  Reading reading;
  const bool good = json::ObjectReader::Read(
      json,
      [&](std::string_view key, ondemand::value value) { return ReadMember(key, value, reading); });
  if (!good) return std::nullopt;
  return Judge(reading, json);
}

std::optional<AnswerFields> ReadAnswerFieldsCopied(std::string_view json) {
  Reading reading;
  const bool good = json::ObjectReader::ReadCopied(
      json,
      [&](std::string_view key, ondemand::value value) { return ReadMember(key, value, reading); });
  if (!good) return std::nullopt;
  return Judge(reading, json);
}

}  // namespace headgate::backends::openai

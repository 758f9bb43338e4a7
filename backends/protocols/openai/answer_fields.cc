#include "backends/protocols/openai/answer_fields.h"

#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "backends/protocols/errors/error_reader.h"
#include "backends/protocols/json/clean_text.h"
#include "backends/protocols/openai/usage.h"
#include "config/base/text.h"

namespace headgate::backends::openai {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::SUCCESS;

constexpr std::size_t kPadding = simdjson::SIMDJSON_PADDING;
static_assert(kPadding <= 64, "callers provide 64 bytes");
constexpr std::size_t kSmallestParser = 64u << 10;
// Bytes that a worker keeps between two texts. A parser takes six times the size of its text.
constexpr std::size_t kLargestKept = 1u << 20;
constexpr std::size_t kLongestTier = 32;
constexpr int kDeepestError = 4;  // containers in an `error`

// The fields that are read, and what can be judged only at the end.
struct Reading {
  AnswerFields top;
  bool empty_error = false;  // `error` is an empty container
};

// Some servers write "" or "null" where OpenAI writes null.
bool IsFinishReason(std::string_view text) {
  text = config::Trim(text);
  return !text.empty() && text != "null";
}

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
  if (depth > kDeepestError || value.is_null()) return depth > kDeepestError;
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

std::optional<AnswerFields> Read(ondemand::parser& parser, std::string_view json) {
  if (json.starts_with(json::kByteOrderMark)) json.remove_prefix(json::kByteOrderMark.size());
  ondemand::document document;
  ondemand::object members;
  const simdjson::padded_string_view padded(json.data(), json.size(), json.size() + kPadding);
  if (parser.iterate(padded).get(document) != SUCCESS) return std::nullopt;
  if (document.get_object().get(members) != SUCCESS) return std::nullopt;
  Reading reading;
  for (auto member : members) {
    std::string_view key;
    ondemand::value value;
    if (member.unescaped_key().get(key) != SUCCESS) return std::nullopt;
    if (member.value().get(value) != SUCCESS) return std::nullopt;
    if (!ReadMember(key, value, reading)) return std::nullopt;
  }
  if (!AtEnd(document)) return std::nullopt;
  AnswerFields& top = reading.top;
  top.error |= reading.empty_error && !top.is_answer;
  top.error_words = !top.error && !top.is_answer && HasErrorWords(json);
  return std::move(top);
}

}  // namespace

std::optional<AnswerFields> ReadAnswerFields(std::string_view json) {
  thread_local std::unique_ptr<ondemand::parser> parser;
  if (!parser || parser->capacity() < json.size()) {
    parser = std::make_unique<ondemand::parser>();
    // Some slack, so that slowly growing events do not each make a new parser.
    const std::size_t capacity = std::max(kSmallestParser, json.size() + json.size() / 4);
    if (parser->allocate(capacity) != SUCCESS) return std::nullopt;
  }
  std::optional<AnswerFields> top = Read(*parser, json);
  if (parser->capacity() > kLargestKept) parser.reset();
  return top;
}

std::optional<AnswerFields> ReadAnswerFieldsCopied(std::string_view json) {
  thread_local std::string copy;
  copy.reserve(json.size() + kPadding);
  copy.assign(json);
  std::optional<AnswerFields> top = ReadAnswerFields(copy);
  if (copy.capacity() > kLargestKept) copy = {};
  return top;
}

}  // namespace headgate::backends::openai

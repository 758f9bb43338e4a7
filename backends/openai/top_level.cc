#include "backends/openai/top_level.h"

#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "backends/openai/usage.h"

namespace headgate::backends::openai {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::SUCCESS;

constexpr std::size_t kPadding = simdjson::SIMDJSON_PADDING;
static_assert(kPadding <= 64, "callers provide 64 bytes");
constexpr std::size_t kSmallestParser = 64u << 10;
// A worker keeps this much between two texts; a parser takes six times the text it is made for.
constexpr std::size_t kLargestKept = 1u << 20;
constexpr std::size_t kLongestTier = 32;

// Some servers write "" where OpenAI writes null.
bool IsFinishReason(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") != std::string_view::npos;
}

// One choice: its index, 0 where it is left out, whether it has a finish_reason, and a usage.
bool ReadChoice(ondemand::object choice, TopLevel& top) {
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
      if (field.value().get_object().get(usage) == SUCCESS) top.choice_usage = ReadUsage(usage);
    }
  }
  if (index >= top.choices.size()) return true;
  top.choices.set(index);
  if (finished) top.finished.set(index);
  return true;
}

bool ReadChoices(ondemand::value value, TopLevel& top) {
  ondemand::array choices;
  if (value.get_array().get(choices) != SUCCESS) return true;
  for (auto element : choices) {
    top.has_choices = true;
    ondemand::value choice;
    ondemand::object fields;
    if (element.get(choice) != SUCCESS) return false;
    if (choice.get_object().get(fields) == SUCCESS && !ReadChoice(fields, top)) return false;
  }
  return true;
}

void ReadText(std::string_view key, ondemand::value value, TopLevel& top) {
  std::string_view text;
  if (value.get_string().get(text) != SUCCESS) return;
  if (key == "error") {
    top.error |= !text.empty();
  } else if (key == "object") {
    top.error |= text == "error";
  } else if (text.size() <= kLongestTier) {
    top.answer.service_tier = text;
  }
}

bool ReadMember(std::string_view key, ondemand::value value, TopLevel& top) {
  ondemand::object object;
  if (key == "choices") return ReadChoices(value, top);
  if (key == "usage") {
    if (value.get_object().get(object) != SUCCESS) return true;
    top.has_usage = true;
    top.answer.usage = ReadUsage(object);
  } else if (key == "x_groq") {
    ondemand::value usage;
    if (value.get_object().get(object) != SUCCESS) return true;
    if (object["usage"].get(usage) != SUCCESS || usage.get_object().get(object) != SUCCESS)
      return true;
    top.choice_usage = ReadUsage(object);
  } else if (key == "error" && value.get_object().get(object) == SUCCESS) {
    top.error = true;
  } else if (key == "error" || key == "object" || key == "service_tier") {
    ReadText(key, value, top);
  }
  return true;
}

std::optional<TopLevel> Read(ondemand::parser& parser, std::string_view json) {
  ondemand::document document;
  ondemand::object members;
  const simdjson::padded_string_view padded(json.data(), json.size(), json.size() + kPadding);
  if (parser.iterate(padded).get(document) != SUCCESS) return std::nullopt;
  if (document.get_object().get(members) != SUCCESS) return std::nullopt;
  TopLevel top;
  for (auto member : members) {
    std::string_view key;
    ondemand::value value;
    if (member.unescaped_key().get(key) != SUCCESS) return std::nullopt;
    if (member.value().get(value) != SUCCESS) return std::nullopt;
    if (!ReadMember(key, value, top)) return std::nullopt;
  }
  if (!AtEnd(document)) return std::nullopt;
  return top;
}

}  // namespace

std::optional<TopLevel> ReadTopLevel(std::string_view json) {
  thread_local std::unique_ptr<ondemand::parser> parser;
  if (!parser || parser->capacity() < json.size()) {
    parser = std::make_unique<ondemand::parser>();
    // Some slack, so that events that grow bit by bit do not each make a new one.
    const std::size_t capacity = std::max(kSmallestParser, json.size() + json.size() / 4);
    if (parser->allocate(capacity) != SUCCESS) return std::nullopt;
  }
  std::optional<TopLevel> top = Read(*parser, json);
  if (parser->capacity() > kLargestKept) parser.reset();
  return top;
}

std::optional<TopLevel> ReadTopLevelCopied(std::string_view json) {
  thread_local std::string copy;
  copy.reserve(json.size() + kPadding);
  copy.assign(json);
  std::optional<TopLevel> top = ReadTopLevel(copy);
  if (copy.capacity() > kLargestKept) copy = {};
  return top;
}

}  // namespace headgate::backends::openai

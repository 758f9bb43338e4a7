#include "backends/protocols/json/object_reader.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>

#include "backends/protocols/json/clean_text.h"

namespace headgate::backends::json {
namespace {

using simdjson::SUCCESS;
using simdjson::ondemand::document;
using simdjson::ondemand::object;
using simdjson::ondemand::parser;

static_assert(simdjson::SIMDJSON_PADDING <= ObjectReader::kPadding);
constexpr std::size_t kSmallestParser = 64u << 10;
// Bytes that a thread keeps between two texts. A parser takes six times the size of its text.
constexpr std::size_t kMostKeptOfObject = 1u << 20;

std::unique_ptr<parser>& ParserOfThread() {
  thread_local std::unique_ptr<parser> kept;
  return kept;
}

std::string& CopyOfThread() {
  thread_local std::string copy;
  return copy;
}

}  // namespace

std::optional<std::int64_t> ReadTokenCount(simdjson::ondemand::value value) {
  std::int64_t number = 0;
  if (value.get_int64().get(number) != SUCCESS) {
    double fraction = 0;
    if (value.get_double().get(fraction) != SUCCESS) return std::nullopt;
    if (!(fraction >= 0 && fraction <= static_cast<double>(kMostTokens))) return std::nullopt;
    if (std::trunc(fraction) != fraction) return std::nullopt;
    number = static_cast<std::int64_t>(fraction);
  }
  if (number < 0 || number > kMostTokens) return std::nullopt;
  return number;
}

bool ObjectReader::Open(std::string_view json, document& document, object& members) {
  std::unique_ptr<parser>& parser = ParserOfThread();
  if (!parser || parser->capacity() < json.size()) {
    parser = std::make_unique<simdjson::ondemand::parser>();
    // Some slack, so that slowly growing events do not each make a new parser.
    const std::size_t capacity = std::max(kSmallestParser, json.size() + json.size() / 4);
    if (parser->allocate(capacity) != SUCCESS) return false;
  }
  if (json.starts_with(kByteOrderMark)) json.remove_prefix(kByteOrderMark.size());
  const simdjson::padded_string_view padded(json.data(), json.size(),
                                            json.size() + simdjson::SIMDJSON_PADDING);
  return parser->iterate(padded).get(document) == SUCCESS &&
         document.get_object().get(members) == SUCCESS;
}

bool ObjectReader::IsAtEnd(document& document) {
  const char* rest = nullptr;
  return document.current_location().get(rest) != SUCCESS;
}

std::string_view ObjectReader::Copy(std::string_view json) {
  std::string& copy = CopyOfThread();
  copy.reserve(json.size() + kPadding);
  copy.assign(json);
  return copy;
}

void ObjectReader::TrimParser() {
  std::unique_ptr<parser>& parser = ParserOfThread();
  if (parser && parser->capacity() > kMostKeptOfObject) parser.reset();
}

void ObjectReader::TrimCopy() {
  if (CopyOfThread().capacity() > kMostKeptOfObject) CopyOfThread() = {};
}

}  // namespace headgate::backends::json

#include "backends/openai/top_level.h"

#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

namespace headgate::backends::openai {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::size_t kPadding = 64;
static_assert(simdjson::SIMDJSON_PADDING <= kPadding);
constexpr std::size_t kSmallestParser = 64u << 10;
constexpr std::size_t kLargestKept = 1u << 20;
// No request has a thousand million tokens; with it, no product with a price overflows.
constexpr std::int64_t kMostTokens = 1'000'000'000;
constexpr std::size_t kLongestTier = 32;

// One parser per thread, made large enough to begin with, and given back after an unusual text.
class ThreadParser {
 public:
  ondemand::parser* For(std::size_t size) {
    if (!parser_ || parser_->capacity() < size || parser_->capacity() > kLargestKept) {
      parser_ = std::make_unique<ondemand::parser>();
      const std::size_t capacity = std::max(kSmallestParser, size + size / 4);
      if (parser_->allocate(capacity) != simdjson::SUCCESS) {
        parser_.reset();
        return nullptr;
      }
    }
    return parser_.get();
  }

 private:
  std::unique_ptr<ondemand::parser> parser_;
};

// Counts as they come; `contradictory` when one that money depends on is no count.
struct Counts {
  std::optional<std::int64_t> input, output, cached, cached_elsewhere, cache_write, reasoning,
      reasoning_elsewhere;
  bool contradictory = false;
};

std::optional<std::int64_t> ReadCount(ondemand::value& value) {
  std::int64_t count = 0;
  if (value.get_int64().get(count) != simdjson::SUCCESS) return std::nullopt;
  if (count < 0 || count > kMostTokens) return std::nullopt;
  return count;
}

// Calls member(key, value) for each member of `object`; false: the text is broken, or member says.
template <typename Member>
bool ForEachMember(ondemand::object object, Member&& member) {
  for (auto field : object) {
    std::string_view key;
    ondemand::value value;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) return false;
    if (field.value().get(value) != simdjson::SUCCESS) return false;
    if (!member(key, value)) return false;
  }
  return true;
}

// The same for a value that may be something else, which is then skipped.
template <typename Member>
bool ForEachMemberOf(ondemand::value& value, Member&& member) {
  ondemand::object object;
  return value.get_object().get(object) != simdjson::SUCCESS || ForEachMember(object, member);
}

bool ReadUsageMember(std::string_view key, ondemand::value& value, Counts& counts) {
  const auto required = [&](std::optional<std::int64_t>& count) {
    count = ReadCount(value);
    counts.contradictory |= !count;
  };
  if (key == "prompt_tokens") {
    required(counts.input);
  } else if (key == "completion_tokens") {
    required(counts.output);
  } else if (key == "reasoning_tokens") {  // SGLang
    counts.reasoning_elsewhere = ReadCount(value);
  } else if (key == "prompt_cache_hit_tokens") {  // DeepSeek
    counts.cached_elsewhere = ReadCount(value);
  } else if (key == "prompt_tokens_details") {
    return ForEachMemberOf(value, [&](std::string_view detail, ondemand::value& count) {
      if (detail == "cached_tokens") {
        counts.cached = ReadCount(count);
      } else if (detail == "cache_write_tokens" || detail == "created_cache_tokens") {  // vLLM
        counts.cache_write = ReadCount(count);
      }
      return true;
    });
  } else if (key == "completion_tokens_details") {
    return ForEachMemberOf(value, [&](std::string_view detail, ondemand::value& count) {
      if (detail == "reasoning_tokens") counts.reasoning = ReadCount(count);
      return true;
    });
  }
  return true;
}

// Ollama puts a usage of zeros on chunks that do not know better: it says nothing either.
std::optional<ReportedUsage> ToUsage(const Counts& counts) {
  if (counts.contradictory || !counts.input) return std::nullopt;
  if (*counts.input == 0 && counts.output.value_or(0) == 0) return std::nullopt;
  return ReportedUsage{
      .input = *counts.input,
      .cached_input = counts.cached.value_or(counts.cached_elsewhere.value_or(0)),
      .cache_write = counts.cache_write.value_or(0),
      .output = counts.output.value_or(0),
      .reasoning = counts.reasoning.value_or(counts.reasoning_elsewhere.value_or(0))};
}

bool ReadUsage(ondemand::value& value, std::optional<ReportedUsage>& usage) {
  ondemand::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return true;
  Counts counts;
  if (!ForEachMember(object, [&](std::string_view key, ondemand::value& count) {
        return ReadUsageMember(key, count, counts);
      })) {
    return false;
  }
  usage = ToUsage(counts);
  return true;
}

bool ReadEmptyArray(ondemand::value& value, bool& empty) {
  ondemand::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS) return true;
  return array.is_empty().get(empty) == simdjson::SUCCESS;
}

bool ReadMember(std::string_view key, ondemand::value& value, TopLevel& top) {
  if (key == "usage") return ReadUsage(value, top.answer.usage);
  if (key == "choices") return ReadEmptyArray(value, top.empty_choices);
  if (key == "error") {
    ondemand::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS) return false;
    top.error |= type == ondemand::json_type::object || type == ondemand::json_type::string;
    return true;
  }
  if (key != "object" && key != "service_tier") return true;
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) return true;
  if (key == "object") {
    top.error |= text == "error";
  } else if (text.size() <= kLongestTier) {
    top.answer.service_tier = text;
  }
  return true;
}

}  // namespace

std::optional<TopLevel> ReadTopLevel(std::string_view json) {
  thread_local ThreadParser thread_parser;
  ondemand::parser* const parser = thread_parser.For(json.size());
  if (parser == nullptr) return std::nullopt;
  ondemand::document document;
  const simdjson::padded_string_view padded(json.data(), json.size(), json.size() + kPadding);
  if (parser->iterate(padded).get(document) != simdjson::SUCCESS) return std::nullopt;
  ondemand::object object;
  if (document.get_object().get(object) != simdjson::SUCCESS) return std::nullopt;
  TopLevel top;
  const bool whole = ForEachMember(object, [&](std::string_view key, ondemand::value& value) {
    return ReadMember(key, value, top);
  });
  if (!whole || !document.at_end()) return std::nullopt;
  return top;
}

std::optional<TopLevel> ReadTopLevelCopied(std::string_view json) {
  thread_local std::string copy;
  if (copy.capacity() > kLargestKept) copy = {};
  copy.reserve(json.size() + kPadding);
  copy.assign(json);
  return ReadTopLevel(copy);
}

std::optional<Answer> ReadAnswer(std::string_view body) {
  std::optional<TopLevel> top = ReadTopLevel(body);
  if (!top) return std::nullopt;
  return std::move(top->answer);
}

}  // namespace headgate::backends::openai

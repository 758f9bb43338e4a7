#include "backends/openai/usage.h"

#include <algorithm>

namespace headgate::backends::openai {
namespace {

using simdjson::ondemand::object;
using simdjson::ondemand::value;

constexpr std::int64_t kMostTokens = 1'000'000'000'000;

// Reads one count; a null, which some servers send for "none", leaves it as it is.
bool ReadCount(value value, std::int64_t& count) {
  if (value.is_null()) return true;
  std::int64_t number = 0;
  if (value.get_int64().get(number) != simdjson::SUCCESS) return false;
  count = number;
  return number >= 0 && number <= kMostTokens;
}

// prompt_tokens_details: OpenAI's names, and vLLM's created_cache_tokens.
bool ReadPromptDetails(value details, ReportedUsage& usage) {
  object fields;
  if (details.is_null()) return true;
  if (details.get_object().get(fields) != simdjson::SUCCESS) return true;
  for (auto field : fields) {
    std::string_view key;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) return false;
    std::int64_t* const into = key == "cached_tokens"          ? &usage.cached_input
                               : key == "cache_write_tokens"   ? &usage.cache_write
                               : key == "created_cache_tokens" ? &usage.cache_write
                                                               : nullptr;
    if (into != nullptr && !ReadCount(field.value(), *into)) return false;
  }
  return true;
}

bool ReadCompletionDetails(value details, ReportedUsage& usage) {
  object fields;
  if (details.is_null()) return true;
  if (details.get_object().get(fields) != simdjson::SUCCESS) return true;
  for (auto field : fields) {
    std::string_view key;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) return false;
    if (key == "reasoning_tokens" && !ReadCount(field.value(), usage.reasoning)) return false;
  }
  return true;
}

}  // namespace

std::optional<ReportedUsage> ReadUsage(object fields) {
  ReportedUsage usage;
  bool has_prompt = false;
  std::int64_t cache_hits = 0;  // DeepSeek's name, beside or instead of the details
  for (auto field : fields) {
    std::string_view key;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) return std::nullopt;
    bool good = true;
    if (key == "prompt_tokens") {
      has_prompt = true;
      good = ReadCount(field.value(), usage.input);
    } else if (key == "completion_tokens") {
      good = ReadCount(field.value(), usage.output);
    } else if (key == "prompt_tokens_details") {
      good = ReadPromptDetails(field.value(), usage);
    } else if (key == "completion_tokens_details") {
      good = ReadCompletionDetails(field.value(), usage);
    } else if (key == "reasoning_tokens") {  // SGLang: not in the details
      good = ReadCount(field.value(), usage.reasoning);
    } else if (key == "prompt_cache_hit_tokens") {
      good = ReadCount(field.value(), cache_hits);
    }
    if (!good) return std::nullopt;
  }
  if (!has_prompt) return std::nullopt;
  if (usage.cached_input == 0) usage.cached_input = cache_hits;
  usage.cached_input = std::min(usage.cached_input, usage.input);
  return usage;
}

}  // namespace headgate::backends::openai

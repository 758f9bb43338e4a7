#include "backends/protocols/openai/usage.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <string_view>

namespace headgate::backends::openai {
namespace {

using simdjson::ondemand::object;
using simdjson::ondemand::value;

constexpr std::int64_t kMostTokens = 1'000'000'000'000;

enum class Count : std::uint8_t {
  kPrompt,
  kUncached,
  kCached,
  kWritten,
  kCompletion,
  kReasoning,
  kTotal
};
constexpr std::size_t kCounts = 7;

// The object that holds a count.
enum class Parent : std::uint8_t { kUsage, kPromptDetails, kCompletionDetails };

struct CountName {
  Parent parent;
  std::string_view name;
  Count count;
};

// Every name that backends have for a count. If an answer has several names for one count, the
// first name in this table that is not 0 is taken. Vendors add OpenAI's names beside their own, and
// proxies add zeros under names that they do not fill.
constexpr CountName kCountNames[] = {
    // OpenAI, openai-openapi 2.3.0, August 2026; vLLM, SGLang, llama.cpp, Ollama and most others.
    {Parent::kUsage, "prompt_tokens", Count::kPrompt},
    {Parent::kUsage, "completion_tokens", Count::kCompletion},
    {Parent::kUsage, "total_tokens", Count::kTotal},
    {Parent::kPromptDetails, "cached_tokens", Count::kCached},
    {Parent::kPromptDetails, "cache_write_tokens", Count::kWritten},  // OpenRouter too
    {Parent::kCompletionDetails, "reasoning_tokens", Count::kReasoning},
    // The same document, names of the Responses API, which some servers use everywhere.
    {Parent::kUsage, "input_tokens", Count::kPrompt},
    {Parent::kUsage, "output_tokens", Count::kCompletion},
    // vLLM with --enable-prompt-tokens-details, protocol.py 002032ee.
    {Parent::kPromptDetails, "created_cache_tokens", Count::kWritten},
    // LiteLLM, docs.litellm.ai, "Prompt Caching", November 2026.
    {Parent::kPromptDetails, "cache_creation_tokens", Count::kWritten},
    // Alibaba Model Studio, help.aliyun.com, "Context cache" (explicit), 2026.
    {Parent::kPromptDetails, "cache_creation_input_tokens", Count::kWritten},
    // SGLang, usage_processor.py 056c7ec2, and Perplexity: not in the details.
    {Parent::kUsage, "reasoning_tokens", Count::kReasoning},
    // DeepSeek, api-docs.deepseek.com, "Context caching", 2026: prompt_tokens is the sum of both.
    {Parent::kUsage, "prompt_cache_hit_tokens", Count::kCached},
    {Parent::kUsage, "prompt_cache_miss_tokens", Count::kUncached},
    // Moonshot, platform.kimi.ai/docs/api/chat, August 2026.
    {Parent::kUsage, "cached_tokens", Count::kCached},
    // Anthropic's names, as LiteLLM and other servers pass them on; see CountPrompt.
    {Parent::kUsage, "cache_read_input_tokens", Count::kCached},
    {Parent::kUsage, "cache_creation_input_tokens", Count::kWritten},
};

Parent DetailsOf(std::string_view key) {
  if (key == "prompt_tokens_details" || key == "input_tokens_details")
    return Parent::kPromptDetails;
  if (key == "completion_tokens_details" || key == "output_tokens_details") {
    return Parent::kCompletionDetails;
  }
  return Parent::kUsage;
}

// Returns nullopt if the value is not a count. Servers that keep numbers as doubles write 12.0 for
// 12.
std::optional<std::int64_t> ReadCount(value value) {
  std::int64_t number = 0;
  if (value.get_int64().get(number) != simdjson::SUCCESS) {
    double fraction = 0;
    if (value.get_double().get(fraction) != simdjson::SUCCESS) return std::nullopt;
    if (!(fraction >= 0 && fraction <= static_cast<double>(kMostTokens))) return std::nullopt;
    if (std::trunc(fraction) != fraction) return std::nullopt;
    number = static_cast<std::int64_t>(fraction);
  }
  if (number < 0 || number > kMostTokens) return std::nullopt;
  return number;
}

// The counts as the answer has them, before any arithmetic.
class Counts {
 public:
  // Returns false if `fields` is broken, or has an impossible count of input or output.
  bool Read(object fields, Parent parent) {
    for (auto field : fields) {
      std::string_view key;
      value value;
      if (field.unescaped_key().get(key) != simdjson::SUCCESS) return false;
      if (field.value().get(value) != simdjson::SUCCESS) return false;
      if (!ReadField(key, value, parent)) return false;
    }
    return true;
  }

  bool Said(Count count) const { return Of(count).said; }
  std::int64_t operator[](Count count) const { return Of(count).number; }
  bool left_out() const { return left_out_; }

 private:
  struct Found {
    std::int64_t number = 0;
    std::size_t name = 0;  // its index in the table
    bool said = false;
  };

  const Found& Of(Count count) const { return found_[static_cast<std::size_t>(count)]; }

  bool ReadField(std::string_view key, value value, Parent parent) {
    if (parent == Parent::kUsage && DetailsOf(key) != Parent::kUsage) {
      object details;
      if (value.get_object().get(details) != simdjson::SUCCESS) return true;
      return Read(details, DetailsOf(key));
    }
    for (std::size_t i = 0; i < std::size(kCountNames); ++i) {
      const CountName& name = kCountNames[i];
      if (name.parent == parent && name.name == key) return Take(value, i);
    }
    return true;
  }

  bool Take(value value, std::size_t name) {
    if (IsNull(value)) return true;  // some servers' word for "none"
    const Count count = kCountNames[name].count;
    const std::optional<std::int64_t> number = ReadCount(value);
    if (!number) {
      left_out_ = true;
      return count != Count::kPrompt && count != Count::kCompletion;
    }
    Found& found = found_[static_cast<std::size_t>(count)];
    if (!found.said || found.number == 0 || (*number != 0 && name < found.name)) {
      found = {.number = *number, .name = name, .said = true};
    }
    return true;
  }

  std::array<Found, kCounts> found_;
  bool left_out_ = false;
};

// Input tokens. OpenAI's prompt_tokens include the tokens read from the cache or written to it.
// Anthropic's input_tokens exclude both. A server may pass Anthropic's tokens on as prompt_tokens.
// It then shows more cached tokens than prompt, or a total that has the cached tokens on top.
// `beyond` is what the total has besides prompt and completion.
struct PromptCount {
  std::int64_t input = 0;
  bool total_has_cache = false;  // on top of the prompt
  bool consistent = true;
};

PromptCount CountPrompt(const Counts& counts, std::int64_t beyond) {
  const std::int64_t prompt = counts[Count::kPrompt];
  const std::int64_t thinking = counts[Count::kReasoning];
  const std::int64_t cache = counts[Count::kCached] + counts[Count::kWritten];
  if (prompt == 0) {
    PromptCount missing{.input = cache + counts[Count::kUncached], .consistent = false};
    // If the output is known, the total gives the input.
    const std::int64_t output = counts[Count::kCompletion];
    if (missing.input == 0 && output > 0) {
      missing.input = std::max<std::int64_t>(counts[Count::kTotal] - output, 0);
    }
    return missing;
  }
  const bool total_has_cache =
      cache > 0 && beyond > 0 && beyond != thinking &&
      (beyond == cache || beyond == cache + thinking || (cache > prompt && beyond > cache));
  if (!total_has_cache && cache <= prompt) return {.input = prompt};
  return {.input = prompt + cache, .total_has_cache = total_has_cache, .consistent = false};
}

// Output tokens. OpenAI's completion_tokens include reasoning. Two servers exclude it: xAI
// (docs.x.ai, "Consumption and rate limits", 2026: counted "separately from completion_tokens", but
// in total_tokens) and Gemini's compatible endpoint (which need not itemise it). The total decides
// for each answer. Without a total, reasoning cannot be part of a completion that is smaller.
void CountOutput(const Counts& counts, std::optional<std::int64_t> beyond, ReportedTokens& usage) {
  const std::int64_t thinking = counts[Count::kReasoning];
  usage.output = counts[Count::kCompletion];
  usage.output_said = counts.Said(Count::kCompletion);
  if (!beyond) {
    if (thinking > usage.output) usage.output += thinking;
  } else if (*beyond > 0) {
    usage.output += *beyond;
    usage.consistent &= thinking == 0 || thinking == *beyond;
  } else {
    usage.consistent &= thinking <= usage.output;
  }
  usage.reasoning = std::min(thinking, usage.output);
}

// Returns what the total has besides prompt and completion, or nullopt if there is no total.
std::optional<std::int64_t> BeyondBoth(const Counts& counts) {
  if (counts[Count::kTotal] == 0 || counts[Count::kPrompt] == 0) return std::nullopt;
  return counts[Count::kTotal] - counts[Count::kPrompt] - counts[Count::kCompletion];
}

}  // namespace

std::optional<ReportedTokens> ReadUsage(object fields) {
  Counts counts;
  if (!counts.Read(fields, Parent::kUsage)) return std::nullopt;
  std::optional<std::int64_t> beyond = BeyondBoth(counts);
  const bool total_too_small = beyond && *beyond < 0;
  if (total_too_small) beyond.reset();

  const PromptCount prompt = CountPrompt(counts, beyond.value_or(0));
  if (prompt.total_has_cache) *beyond -= counts[Count::kCached] + counts[Count::kWritten];
  ReportedTokens usage;
  usage.input = prompt.input;
  usage.consistent = prompt.consistent && !total_too_small && !counts.left_out();
  CountOutput(counts, beyond, usage);
  usage.cached_input = std::min(counts[Count::kCached], usage.input);
  usage.cache_write = std::min(counts[Count::kWritten], usage.input - usage.cached_input);
  if (usage.input == 0 && usage.output == 0) return std::nullopt;
  return usage;
}

void MergeUsage(const ReportedTokens& later, std::optional<ReportedTokens>& known) {
  if (!known) {
    known = later;
    return;
  }
  const bool keeps_input =
      known->input > 0 && (later.input == 0 || (!later.consistent && later.input < known->input));
  const bool keeps_output = known->output > 0 && later.output == 0;
  ReportedTokens merged = later;
  if (keeps_input) {
    merged.input = known->input;
    merged.cached_input = known->cached_input;
    merged.cache_write = known->cache_write;
  }
  if (keeps_output) {
    merged.output = known->output;
    merged.reasoning = known->reasoning;
    merged.output_said = known->output_said;
  }
  if (keeps_input || keeps_output) merged.consistent = known->consistent;
  known = merged;
}

}  // namespace headgate::backends::openai

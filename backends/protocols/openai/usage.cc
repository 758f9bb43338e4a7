#include "backends/protocols/openai/usage.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <string_view>

#include "backends/protocols/json/object_reader.h"

namespace headgate::backends::openai {
namespace {

using simdjson::ondemand::object;
using simdjson::ondemand::value;

enum class Count : std::uint8_t {
  kPrompt,
  kUncached,
  kCached,
  kWritten,
  kWritten5m,
  kWritten1h,
  kCompletion,
  kReasoning,
  kTotal,
  kSearches,
  kPostSearches,  // of posts on X
  kSources,       // that searches used
  kApart          // something else that the provider charges for; not counted
};
constexpr std::size_t kCounts = 12;  // kApart is not kept

// The object that holds a count.
enum class Parent : std::uint8_t {
  kUsage,
  kPromptDetails,
  kCompletionDetails,
  kLifetimes,  // of tokens written to the cache
  kServerTools,
  kToolCalls  // of xAI
};

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
    // The two lifetimes of Anthropic's cache, which are parts of kWritten: in `cache_creation`
    // (Anthropic; in the details at Alibaba) or `cache_creation_token_details` (LiteLLM).
    {Parent::kLifetimes, "ephemeral_5m_input_tokens", Count::kWritten5m},
    {Parent::kLifetimes, "ephemeral_1h_input_tokens", Count::kWritten1h},
    // Anthropic's searches, as LiteLLM passes them on.
    {Parent::kServerTools, "web_search_requests", Count::kSearches},
    // xAI's searches have one price, on the web or of posts (docs.x.ai, "Pricing", 2026). Its calls
    // of a client's MCP servers are free. The sources of its older live search are paid one by one
    // (docs.x.ai, "Live Search", 2025).
    {Parent::kToolCalls, "web_search_calls", Count::kSearches},
    {Parent::kToolCalls, "x_search_calls", Count::kPostSearches},
    {Parent::kUsage, "num_sources_used", Count::kSources},
    // Tokens of audio have a price of their own at OpenAI. Mistral bills audio by the minute.
    {Parent::kPromptDetails, "audio_tokens", Count::kApart},
    {Parent::kCompletionDetails, "audio_tokens", Count::kApart},
    {Parent::kUsage, "prompt_audio_seconds", Count::kApart},
};

// The objects in `usage` that hold counts; lifetimes also stand in the details of the prompt.
Parent DetailsOf(std::string_view key) {
  if (key == "prompt_tokens_details" || key == "input_tokens_details")
    return Parent::kPromptDetails;
  if (key == "completion_tokens_details" || key == "output_tokens_details") {
    return Parent::kCompletionDetails;
  }
  if (key == "cache_creation" || key == "cache_creation_token_details") return Parent::kLifetimes;
  if (key == "server_tool_use") return Parent::kServerTools;
  if (key == "server_side_tool_usage_details") return Parent::kToolCalls;
  return Parent::kUsage;
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
  // Tokens written to the cache. Some servers report the lifetimes alone.
  std::int64_t Written() const { return std::max((*this)[Count::kWritten], Lifetimes()); }
  std::int64_t Lifetimes() const { return (*this)[Count::kWritten5m] + (*this)[Count::kWritten1h]; }
  // Searches that were paid for.
  std::int64_t Searches() const {
    const std::int64_t calls = (*this)[Count::kSearches] + (*this)[Count::kPostSearches];
    return calls > 0 ? calls : (*this)[Count::kSources];
  }
  bool left_out() const { return left_out_; }
  bool charged_apart() const { return charged_apart_; }

 private:
  struct Found {
    std::int64_t number = 0;
    std::size_t name = 0;  // its index in the table
    bool said = false;
  };

  const Found& Of(Count count) const { return found_[static_cast<std::size_t>(count)]; }

  bool ReadField(std::string_view key, value value, Parent parent) {
    const Parent details_of = DetailsOf(key);
    const bool nested = parent == Parent::kUsage
                            ? details_of != Parent::kUsage
                            : parent == Parent::kPromptDetails && details_of == Parent::kLifetimes;
    if (nested) {
      object details;
      if (value.get_object().get(details) != simdjson::SUCCESS) return true;
      return Read(details, details_of);
    }
    for (std::size_t i = 0; i < std::size(kCountNames); ++i) {
      const CountName& name = kCountNames[i];
      if (name.parent == parent && name.name == key) return Take(value, i);
    }
    if (parent == Parent::kToolCalls && key != "mcp_calls") TakeCharge(value);
    return true;
  }

  // Seconds of audio may be a fraction. Some servers write {} for none.
  void TakeCharge(value value) {
    double number = 0;
    charged_apart_ |= value.get_double().get(number) == simdjson::SUCCESS && number > 0;
  }

  bool Take(value value, std::size_t name) {
    if (IsNull(value)) return true;  // some servers' word for "none"
    const Count count = kCountNames[name].count;
    if (count == Count::kApart) {
      TakeCharge(value);
      return true;
    }
    const std::optional<std::int64_t> number = json::ReadTokenCount(value);
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
  bool charged_apart_ = false;
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
  const std::int64_t cache = counts[Count::kCached] + counts.Written();
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
  if (prompt.total_has_cache) *beyond -= counts[Count::kCached] + counts.Written();
  ReportedTokens usage;
  usage.input = prompt.input;
  usage.consistent = prompt.consistent && !total_too_small && !counts.left_out();
  CountOutput(counts, beyond, usage);
  usage.cached_input = std::min(counts[Count::kCached], usage.input);
  usage.cache_write = std::min(counts.Written(), usage.input - usage.cached_input);
  usage.cache_write_1h = std::min(counts[Count::kWritten1h], usage.cache_write);
  usage.consistent &= counts[Count::kWritten] == 0 || counts.Lifetimes() <= counts[Count::kWritten];
  usage.web_searches = counts.Searches();
  usage.other_charges = counts.charged_apart();
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
    merged.cache_write_1h = known->cache_write_1h;
  }
  if (keeps_output) {
    merged.output = known->output;
    merged.reasoning = known->reasoning;
    merged.output_said = known->output_said;
  }
  merged.web_searches = std::max(known->web_searches, later.web_searches);
  merged.other_charges |= known->other_charges;
  if (keeps_input || keeps_output) merged.consistent = known->consistent;
  known = merged;
}

}  // namespace headgate::backends::openai

#include "loadtest/sim/answers/token_count.h"

#include <algorithm>

namespace headgate::loadtest::sim {
namespace {

std::int64_t ShareOf(std::int64_t tokens, std::int64_t billionths) {
  __extension__ using Wide = __int128;
  return static_cast<std::int64_t>(Wide{tokens} * billionths / 1'000'000'000);
}

// Returns whether the server's usage has a field for tokens written to a cache.
bool ReportsCacheWrites(Personality personality, Endpoint endpoint) {
  if (endpoint == Endpoint::kMessages || endpoint == Endpoint::kResponses) return true;
  return personality == Personality::kOpenAi || personality == Personality::kAzure ||
         personality == Personality::kVllm;
}

}  // namespace

Usage UsageOf(const Options& options, const CompletionRequest& request, const Fault& fault,
              const GeneratedTokens& generated, const std::optional<std::int64_t>& prefix_hits) {
  Usage usage;
  usage.input = request.prompt_tokens;
  usage.output = generated.all * request.choices;
  // An embeddings answer has no field for cached input tokens.
  if (request.endpoint == Endpoint::kEmbeddings) return usage;
  usage.thinking = generated.thinking * request.choices;
  const std::int64_t hits = prefix_hits.value_or(ShareOf(usage.input, options.cached_share));
  usage.cached = std::min(usage.input, fault.cached.value_or(hits));
  if (!ReportsCacheWrites(options.personality, request.endpoint)) return usage;
  const std::int64_t rest = usage.input - usage.cached;
  const std::int64_t written = ShareOf(rest, options.cache_write_share);
  usage.cache_write = std::min(rest, fault.cache_write.value_or(written));
  return usage;
}

}  // namespace headgate::loadtest::sim

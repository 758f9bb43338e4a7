#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace headgate::backends {

// Tokens as a backend reports them, in one arithmetic for all dialects: input includes cached and
// cache-write tokens, output includes reasoning tokens. Each count is 0 to 4 x 10^12. Cached and
// written tokens together are at most the input, and cache_write_1h is at most cache_write;
// reasoning is at most the output.
struct ReportedTokens {
  std::int64_t input = 0;  // 0: not reported, because no prompt is empty
  std::int64_t cached_input = 0;
  std::int64_t cache_write = 0;
  std::int64_t output = 0;
  std::int64_t reasoning = 0;
  bool output_said = true;  // the answer reported the output, which may be 0
  bool consistent = true;   // the figures are consistent, and none was left out
  // The provider charges for something besides these tokens and searches that no price says: audio,
  // other tools, another model.
  bool other_charges = false;
  std::int64_t cache_write_1h = 0;  // the part of cache_write that is kept for an hour
  std::int64_t web_searches = 0;    // that the provider made for the answer
};

// What an answer reports about its own cost. A policy::Usage is booked from it.
struct AnswerUsage {
  // nullopt if absent, null, all zeros, or with an impossible count of input or output.
  std::optional<ReportedTokens> tokens;
  std::string service_tier;  // of the answer: default, flex, priority; often absent
  bool fast = false;         // Anthropic's `speed` of the answer is fast
  bool regional = false;     // Anthropic's `inference_geo` of the answer is us, which costs more
};

}  // namespace headgate::backends

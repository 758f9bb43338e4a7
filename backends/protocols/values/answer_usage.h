#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace headgate::backends {

// Tokens as a backend reports them, in one arithmetic whatever its dialect: input includes cached
// and cache-write tokens, output includes reasoning tokens. Each count is 0 to 3 x 10^12; cached
// and written tokens together are at most the input, reasoning is at most the output.
struct ReportedTokens {
  std::int64_t input = 0;  // 0: the backend did not say, because no prompt is empty
  std::int64_t cached_input = 0;
  std::int64_t cache_write = 0;
  std::int64_t output = 0;
  std::int64_t reasoning = 0;
  bool output_said = true;  // the output, which may be 0, was in the answer
  bool consistent = true;   // the figures agree with each other, and none had to be left out
};

// What an answer says about its own price. What is booked for it is a policy::Usage.
struct AnswerUsage {
  // None if absent, null, all zeros, or with a count of a side that cannot be.
  std::optional<ReportedTokens> tokens;
  std::string service_tier;  // of the answer: default, flex, priority; often absent
};

}  // namespace headgate::backends

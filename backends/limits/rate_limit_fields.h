#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace headgate::backends {

// What one answer says of one limit of our account.
struct RateLimitWindow {
  std::optional<std::int64_t> limit;
  std::optional<std::int64_t> remaining;
  // When the limit is whole again: after a time (OpenAI), or at a time (Anthropic).
  std::optional<std::chrono::milliseconds> reset_in;
  std::optional<std::chrono::system_clock::time_point> reset_at;
};

// What the head of an answer says of our account's limits:
// * `x-ratelimit-{limit,remaining,reset}-{requests,tokens}` of OpenAI, Azure, Groq and others
//   (platform.openai.com/docs/guides/rate-limits, read 2026-11);
// * `anthropic-ratelimit-{requests,tokens,input-tokens,output-tokens}-{limit,remaining,reset}`
//   (docs.claude.com/en/api/rate-limits, read 2026-11).
struct RateLimitFields {
  RateLimitWindow requests;
  RateLimitWindow tokens;
  RateLimitWindow input_tokens;
  RateLimitWindow output_tokens;
  bool any = false;  // some field could be read
};

// Returns whether the field may be one of these, by how its name begins. Pure; thread-safe.
bool IsRateLimitField(std::string_view name);

// Reads one field into `fields`; `name` in any case. Does nothing if it is another field or cannot
// be read. Pure; thread-safe.
void ReadRateLimitField(std::string_view name, std::string_view value, RateLimitFields& fields);

// Reads a duration as OpenAI writes it: "1s", "6m0s", "20ms", "1h2m3.5s", or bare seconds ("2.5").
// At most a day; a longer one is an epoch number. Pure; thread-safe.
std::optional<std::chrono::milliseconds> ReadResetDuration(std::string_view text);

}  // namespace headgate::backends

#pragma once

#include <cstdint>
#include <optional>

#include "backends/openai/answer.h"
#include "backends/openai/generated_text.h"
#include "policy/cost.h"

namespace headgate::gateway {

// Between what a backend reports and what is booked. Pure.

inline std::optional<policy::Usage> ToUsage(const backends::openai::Answer& answer) {
  if (!answer.usage) return std::nullopt;
  const backends::openai::ReportedUsage& usage = *answer.usage;
  return policy::Usage{.input = usage.input,
                       .cached_input = usage.cached_input,
                       .cache_write = usage.cache_write,
                       .output = usage.output,
                       .reasoning = usage.reasoning};
}

// The tier that the answer says it was served in; asking for `fast` comes back as `priority`.
inline policy::ServiceTier TierOf(const backends::openai::Answer& answer) {
  if (answer.service_tier == "flex") return policy::ServiceTier::kFlex;
  if (answer.service_tier == "priority") return policy::ServiceTier::kPriority;
  return policy::ServiceTier::kStandard;
}

// Output tokens of an answer that was not streamed and does not say, of the bytes that the model
// wrote: tokenizers of these days take about four bytes of English or code for one, a little less
// of other languages. A rough figure, and marked `estimated` wherever it shows.
inline std::int64_t EstimateOutputTokens(const backends::openai::GeneratedText& text) {
  return static_cast<std::int64_t>((text.bytes() + 3) / 4);
}

}  // namespace headgate::gateway

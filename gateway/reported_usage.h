#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "backends/openai/answer.h"
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

// Output tokens of a whole answer that does not say: a quarter of its bytes, its JSON frame
// included. A rough figure, and marked `estimated` wherever it shows.
inline std::int64_t EstimateOutputTokens(std::size_t body_bytes) {
  return static_cast<std::int64_t>(body_bytes / 4);
}

}  // namespace headgate::gateway

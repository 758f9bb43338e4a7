#pragma once

#include <cstdint>
#include <optional>

#include "config/base/money.h"
#include "config/config.h"

namespace headgate::policy {

// Tokens of one attempt by kind, as OpenAI counts them: input includes cached and cache-write
// tokens, output includes reasoning tokens (vendor reference, openai-openapi 2.3.0, August 2026).
struct Usage {
  std::int64_t input = 0;
  std::int64_t cached_input = 0;
  std::int64_t cache_write = 0;
  std::int64_t output = 0;
  std::int64_t reasoning = 0;
};

enum class UsageStatus : std::uint8_t { kExact, kEstimated, kUnpriced };

enum class ServiceTier : std::uint8_t { kStandard, kFlex, kPriority, kBatch };

// The price row for a prompt of `input_tokens` in `tier`: the row of the tier if there is one, else
// the row of the highest context tier below the prompt, else the standard row.
const config::PriceRow& RowFor(const config::Prices& prices, std::int64_t input_tokens,
                               ServiceTier tier);

// The sum of tokens x price over the kinds, divided by 1,000,000 once, rounded half up. Counts are
// clamped: no kind below 0, cached_input + cache_write at most input. Saturates at the int64
// maximum. Pure.
NanoUsd CostOf(const config::Prices& prices, const Usage& usage, ServiceTier tier);

}  // namespace headgate::policy

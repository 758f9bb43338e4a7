#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "config/base/money.h"
#include "config/prices.h"

namespace headgate::policy {

// Tokens of one attempt by kind, as OpenAI counts them: input includes cached and cache-write
// tokens, output includes reasoning tokens (vendor reference, openai-openapi 2.3.0, August 2026).
struct Usage {
  std::int64_t input = 0;
  std::int64_t cached_input = 0;
  std::int64_t cache_write = 0;     // for 5 minutes and for an hour
  std::int64_t cache_write_1h = 0;  // the part of cache_write that is kept for an hour
  std::int64_t output = 0;
  std::int64_t reasoning = 0;
  std::int64_t web_searches = 0;  // made by the provider; no tokens

  Usage& operator+=(const Usage& other);
  bool operator==(const Usage& other) const = default;
  // Returns whether the backend read nothing and wrote nothing.
  bool IsNothing() const {
    return input == 0 && cached_input == 0 && cache_write == 0 && output == 0 && web_searches == 0;
  }
};

enum class UsageStatus : std::uint8_t { kExact, kEstimated, kUnpriced };

// The order is that of recordings, so new tiers come last.
enum class ServiceTier : std::uint8_t { kStandard, kFlex, kPriority, kBatch, kFast };
inline constexpr std::array<std::string_view, 5> kServiceTierNames = {"standard", "flex",
                                                                      "priority", "batch", "fast"};

// The prices that hold at a time: a list, and the share of its token prices that is charged.
struct ListInForce {
  const config::PriceList& list;
  config::PriceShare share = config::kWholePrice;
};
// The prices after the last change that is known, for plans. Hours of the day do not count.
const config::PriceList& LastList(const config::Prices& prices);

// The list of the latest change that has begun, or of the hours of the day in it.
ListInForce ListAt(const config::Prices& prices, std::int64_t unix_seconds);

// The row for a prompt of `input_tokens` in `tier`, and the share of it that is charged.
struct RowInForce {
  const config::PriceRow& row;
  config::PriceShare share = config::kWholePrice;
  bool tier_known = true;  // false: the list has no price of the tier
};
// The row of the tier if it has one, else the row of the highest context tier below the prompt,
// else the standard row. A tier whose price is a share is charged that share of the row.
RowInForce RowFor(const config::PriceList& list, std::int64_t input_tokens, ServiceTier tier);

// Returns whether the prices at that time have a price of the tier. The standard tier always has.
bool HasTier(const config::Prices& prices, ServiceTier tier, std::int64_t unix_seconds);

// The sum of tokens x price over the kinds, times the shares, plus the charges for the request and
// for web searches. It is exact, and is divided once, rounded half up. Counts are clamped: no kind
// below 0, cached_input + cache_write at most input, cache_write_1h at most cache_write. A usage of
// nothing costs nothing. Saturates at the int64 maximum. `unix_seconds` is when the attempt ended.
// Pure.
NanoUsd CostOf(const config::Prices& prices, const Usage& usage, ServiceTier tier,
               std::int64_t unix_seconds);

}  // namespace headgate::policy

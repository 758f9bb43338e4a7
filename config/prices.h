#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "config/base/day_hours.h"
#include "config/base/money.h"

namespace headgate::config {

// What one model costs at one paid API, and what one replica of ours costs. Part of config.h:
// immutable after loading, safe to share between threads. policy/money/cost.h and rent_terms.h have
// the arithmetic.

// A share of a price in millionths: 500'000 is 50%. An exact fraction, 0 … 10,000%.
using PriceShare = std::int64_t;
inline constexpr PriceShare kWholePrice = 1'000'000;
inline constexpr PriceShare kMostShare = 100 * kWholePrice;

// One row of prices for 1M tokens.
struct PriceRow {
  NanoUsdPerMillion input = 0;
  std::optional<NanoUsdPerMillion> cached_input;    // absent: as input
  std::optional<NanoUsdPerMillion> cache_write;     // kept for 5 minutes; absent: as input
  std::optional<NanoUsdPerMillion> cache_write_1h;  // kept for an hour; absent: as cache_write
  NanoUsdPerMillion output = 0;
};

// A row that applies to the whole request if its prompt has more than `above` tokens.
struct ContextTier {
  std::int64_t above = 0;
  PriceRow row;
};

// The price of a service tier: a row of its own, or a share of what the tokens cost without it.
struct TierPrice {
  std::optional<PriceRow> row;
  PriceShare share = kWholePrice;  // kWholePrice with a row
};

// All prices that hold at one time. The *answer* names the service tier: `flex`, `priority` and
// `batch` are service_tier, `fast` is Anthropic's speed.
struct PriceList {
  PriceRow standard;
  std::optional<TierPrice> flex;
  std::optional<TierPrice> priority;
  std::optional<TierPrice> batch;
  std::optional<TierPrice> fast;
  std::vector<ContextTier> context_tiers;  // ascending in `above`
  // Charges beside the tokens, which no share changes.
  NanoUsd per_request = 0;
  NanoUsd per_web_search = 0;  // that the provider made for the answer
};

// What holds at hours of every day instead of the list around it.
struct PriceHours : DayHours {
  std::optional<PriceList> list;   // absent: a share of the list around it
  PriceShare share = kWholePrice;  // of all token prices; kWholePrice with a list
};

struct DailyPrices : PriceList {
  std::vector<PriceHours> hours;  // do not overlap
};

struct PriceChange : DailyPrices {
  std::int64_t from = 0;  // seconds since 1970-01-01 UTC
};

// The prices until the first change, then those of the latest change that has begun.
struct Prices : DailyPrices {
  std::vector<PriceChange> changes;  // ascending in `from`
};

struct RentHours : DayHours {
  NanoUsd per_hour = 0;  // rent of one replica for an hour
};

struct RentTerms {
  NanoUsd per_hour = 0;          // at all hours that `hours` do not have
  std::vector<RentHours> hours;  // do not overlap
};

}  // namespace headgate::config

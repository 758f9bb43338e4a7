#include "policy/money/cost.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace headgate::policy {
namespace {

constexpr std::int64_t kTokensPerPrice = 1'000'000;
// The divisor of a sum of tokens x price x share x share.
constexpr std::int64_t kDivisor = kTokensPerPrice * config::kWholePrice * config::kWholePrice;

// Two products of non-negative int64 stay below 2^127, so the sum over the kinds is exact: the
// input kinds together are at most one `input` at the highest price.
__extension__ using Wide = __int128;

Wide Priced(std::int64_t tokens, NanoUsdPerMillion price) { return Wide{tokens} * price; }

const std::optional<config::TierPrice>* TierOf(const config::PriceList& list, ServiceTier tier) {
  switch (tier) {
    case ServiceTier::kStandard:
      break;
    case ServiceTier::kFlex:
      return &list.flex;
    case ServiceTier::kPriority:
      return &list.priority;
    case ServiceTier::kBatch:
      return &list.batch;
    case ServiceTier::kFast:
      return &list.fast;
  }
  return nullptr;
}

Wide TokenPrice(const config::PriceRow& row, const Usage& usage) {
  const std::int64_t input = std::max<std::int64_t>(usage.input, 0);
  const std::int64_t cached = std::clamp<std::int64_t>(usage.cached_input, 0, input);
  const std::int64_t written = std::clamp<std::int64_t>(usage.cache_write, 0, input - cached);
  const std::int64_t hour = std::clamp<std::int64_t>(usage.cache_write_1h, 0, written);
  const NanoUsdPerMillion write = row.cache_write.value_or(row.input);
  return Priced(input - cached - written, row.input) +
         Priced(cached, row.cached_input.value_or(row.input)) + Priced(written - hour, write) +
         Priced(hour, row.cache_write_1h.value_or(write)) +
         Priced(std::max<std::int64_t>(usage.output, 0), row.output);
}

}  // namespace

Usage& Usage::operator+=(const Usage& other) {
  input += other.input;
  cached_input += other.cached_input;
  cache_write += other.cache_write;
  cache_write_1h += other.cache_write_1h;
  output += other.output;
  reasoning += other.reasoning;
  web_searches += other.web_searches;
  return *this;
}

const config::PriceList& LastList(const config::Prices& prices) {
  return prices.changes.empty() ? static_cast<const config::PriceList&>(prices)
                                : prices.changes.back();
}

ListInForce ListAt(const config::Prices& prices, std::int64_t unix_seconds) {
  const config::DailyPrices* day = &prices;
  for (const config::PriceChange& change : prices.changes) {
    if (unix_seconds >= change.from) day = &change;
  }
  if (day->hours.empty()) return {*day};
  const std::int64_t minute = config::MinuteOfDay(unix_seconds);
  for (const config::PriceHours& hours : day->hours) {
    if (!hours.Covers(minute)) continue;
    if (hours.list) return {*hours.list};
    return {*day, hours.share};
  }
  return {*day};
}

RowInForce RowFor(const config::PriceList& list, std::int64_t input_tokens, ServiceTier tier) {
  const std::optional<config::TierPrice>* const own = TierOf(list, tier);
  const bool known = own == nullptr || own->has_value();
  if (own != nullptr && known && (*own)->row) return {*(*own)->row};

  const config::PriceRow* row = &list.standard;
  for (const config::ContextTier& context : list.context_tiers) {
    if (input_tokens > context.above) row = &context.row;
  }
  const bool shared = own != nullptr && known;
  return {*row, shared ? (*own)->share : config::kWholePrice, known};
}

bool HasTier(const config::Prices& prices, ServiceTier tier, std::int64_t unix_seconds) {
  return RowFor(ListAt(prices, unix_seconds).list, 0, tier).tier_known;
}

NanoUsd CostOf(const config::Prices& prices, const Usage& usage, ServiceTier tier,
               std::int64_t unix_seconds) {
  if (usage.IsNothing()) return 0;
  const auto [list, list_share] = ListAt(prices, unix_seconds);
  const RowInForce found = RowFor(list, std::max<std::int64_t>(usage.input, 0), tier);
  const Wide charges = Wide{list.per_request} +
                       Priced(std::max<std::int64_t>(usage.web_searches, 0), list.per_web_search);

  const Wide tokens = TokenPrice(found.row, usage);
  if (list_share == config::kWholePrice && found.share == config::kWholePrice) {
    // The usual case, which needs no division of 128 bits.
    constexpr std::int64_t kMostTokenPrice = std::numeric_limits<std::int64_t>::max() / 2;
    if (tokens <= kMostTokenPrice && charges <= kMostTokenPrice / kTokensPerPrice) {
      const std::int64_t rounded = static_cast<std::int64_t>(tokens) + kTokensPerPrice / 2;
      return rounded / kTokensPerPrice + static_cast<NanoUsd>(charges);
    }
  }

  // An overflow means more than 2^127 / kDivisor, which is above the int64 maximum.
  constexpr NanoUsd kMost = std::numeric_limits<NanoUsd>::max();
  Wide sum = 0;
  Wide charged = 0;
  const Wide shares = Wide{list_share} * found.share;
  if (__builtin_mul_overflow(tokens, shares, &sum) ||
      __builtin_mul_overflow(charges, Wide{kDivisor}, &charged) ||
      __builtin_add_overflow(sum, charged, &sum) ||
      __builtin_add_overflow(sum, Wide{kDivisor / 2}, &sum)) {
    return kMost;
  }
  return static_cast<NanoUsd>(std::min<Wide>(sum / kDivisor, kMost));
}

}  // namespace headgate::policy

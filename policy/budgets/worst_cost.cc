#include "policy/budgets/worst_cost.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace headgate::policy {
namespace {

__extension__ using Wide = __int128;

constexpr NanoUsd kMostCost = std::numeric_limits<NanoUsd>::max();

NanoUsd DivideUp(Wide amount, std::int64_t by) {
  const Wide rounded = amount / by + (amount % by == 0 ? 0 : 1);
  return static_cast<NanoUsd>(std::min<Wide>(rounded, kMostCost));
}

// Tokens x price of one row. Two products of non-negative int64 stay below 2^127.
Wide MostInRow(const config::PriceRow& row, const MostUsage& most) {
  const NanoUsdPerMillion write = row.cache_write.value_or(row.input);
  const NanoUsdPerMillion input = std::max(
      {row.input, row.cached_input.value_or(row.input), write, row.cache_write_1h.value_or(write)});
  return Wide{most.input} * input + Wide{most.output} * row.output;
}

// The sums of a list that may be the most: of a row, and of the share of it that is charged.
struct MostInList {
  Wide row = 0;  // of rows whose tier may be charged as a share
  config::PriceShare share = config::kWholePrice;
  Wide tier_row = 0;  // of tiers with a row of their own
};

MostInList MostTokensIn(const config::PriceList& list, const MostUsage& most) {
  MostInList worst{.row = MostInRow(list.standard, most)};
  for (const config::ContextTier& context : list.context_tiers) {
    if (most.input > context.above) worst.row = std::max(worst.row, MostInRow(context.row, most));
  }
  for (const std::optional<config::TierPrice>* const tier :
       {&list.flex, &list.priority, &list.batch, &list.fast}) {
    if (!*tier) continue;
    if ((*tier)->row) {
      worst.tier_row = std::max(worst.tier_row, MostInRow(*(*tier)->row, most));
    } else {
      worst.share = std::max(worst.share, (*tier)->share);
    }
  }
  return worst;
}

// `share`: of the token prices, that is charged at some hour.
NanoUsd MostOfList(const config::PriceList& list, config::PriceShare share, const MostUsage& most) {
  constexpr std::int64_t kTokensPerPrice = 1'000'000;
  // The divisor of a sum of tokens x price x share x share, as in CostOf.
  constexpr std::int64_t kDivisor = kTokensPerPrice * config::kWholePrice * config::kWholePrice;
  const MostInList tokens = MostTokensIn(list, most);
  const Wide charges = Wide{list.per_request} + Wide{most.web_searches} * list.per_web_search;
  Wide row = 0;
  Wide tier_row = 0;
  Wide charged = 0;
  Wide sum = 0;
  // An overflow means more than 2^127 / kDivisor, which is above the int64 maximum.
  if (__builtin_mul_overflow(tokens.row, Wide{share} * tokens.share, &row) ||
      __builtin_mul_overflow(tokens.tier_row, Wide{share} * config::kWholePrice, &tier_row) ||
      __builtin_mul_overflow(charges, Wide{kDivisor}, &charged) ||
      __builtin_add_overflow(std::max(row, tier_row), charged, &sum)) {
    return kMostCost;
  }
  return DivideUp(sum, kDivisor);
}

NanoUsd MostOfDay(const config::DailyPrices& day, const MostUsage& most) {
  config::PriceShare share = config::kWholePrice;
  NanoUsd worst = 0;
  for (const config::PriceHours& hours : day.hours) {
    if (hours.list) {
      worst = std::max(worst, MostOfList(*hours.list, config::kWholePrice, most));
    } else {
      share = std::max(share, hours.share);
    }
  }
  return std::max(worst, MostOfList(day, share, most));
}

}  // namespace

NanoUsd WorstCost(const config::Prices& prices, const MostUsage& most, std::int64_t unix_seconds) {
  NanoUsd worst = MostOfDay(prices, most);
  for (const config::PriceChange& change : prices.changes) {
    const NanoUsd changed = MostOfDay(change, most);
    worst = unix_seconds >= change.from ? changed : std::max(worst, changed);
  }
  return worst;
}

NanoUsd WorstRent(const config::RentTerms& terms, config::Milliseconds time) {
  constexpr std::int64_t kMsPerHour = 3'600'000;
  NanoUsd per_hour = terms.per_hour;
  for (const config::RentHours& hours : terms.hours) per_hour = std::max(per_hour, hours.per_hour);
  return DivideUp(Wide{per_hour} * time.count(), kMsPerHour);
}

}  // namespace headgate::policy

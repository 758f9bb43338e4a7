#include "policy/money/cost.h"

#include <algorithm>
#include <limits>

namespace headgate::policy {
namespace {

constexpr std::int64_t kTokensPerPrice = 1'000'000;

// Two products of non-negative int64 and half a divisor stay below 2^127, so the sum over the kinds
// is exact: the input kinds together are at most one `input` at the highest price.
__extension__ using Wide = __int128;

Wide Priced(std::int64_t tokens, NanoUsdPerMillion price) { return Wide{tokens} * price; }

}  // namespace

const config::PriceRow& RowFor(const config::Prices& prices, std::int64_t input_tokens,
                               ServiceTier tier) {
  const std::optional<config::PriceRow>* own = nullptr;
  switch (tier) {
    case ServiceTier::kStandard:
      break;
    case ServiceTier::kFlex:
      own = &prices.flex;
      break;
    case ServiceTier::kPriority:
      own = &prices.priority;
      break;
    case ServiceTier::kBatch:
      own = &prices.batch;
      break;
  }
  if (own != nullptr && own->has_value()) return **own;

  const config::PriceRow* row = &prices.standard;
  for (const config::ContextTier& context : prices.context_tiers) {
    if (input_tokens > context.above) row = &context.row;
  }
  return *row;
}

NanoUsd CostOf(const config::Prices& prices, const Usage& usage, ServiceTier tier) {
  const std::int64_t input = std::max<std::int64_t>(usage.input, 0);
  const std::int64_t cached = std::clamp<std::int64_t>(usage.cached_input, 0, input);
  const std::int64_t written = std::clamp<std::int64_t>(usage.cache_write, 0, input - cached);
  const std::int64_t output = std::max<std::int64_t>(usage.output, 0);

  const config::PriceRow& row = RowFor(prices, input, tier);
  const Wide sum = Priced(input - cached - written, row.input) +
                   Priced(cached, row.cached_input.value_or(row.input)) +
                   Priced(written, row.cache_write.value_or(row.input)) +
                   Priced(output, row.output);
  const Wide nano = (sum + kTokensPerPrice / 2) / kTokensPerPrice;
  return static_cast<NanoUsd>(std::min<Wide>(nano, std::numeric_limits<NanoUsd>::max()));
}

}  // namespace headgate::policy

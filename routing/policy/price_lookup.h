#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace headgate::routing {

// How the price of a target was found. kRent: a self-hosted target, which has none.
enum class PriceMatch : std::uint8_t { kExact, kAlias, kUnpriced, kRent };
inline constexpr std::array<std::string_view, 4> kPriceMatchNames = {"exact", "alias", "unpriced",
                                                                     "rent"};
constexpr std::string_view ToString(PriceMatch match) {
  return kPriceMatchNames[static_cast<std::size_t>(match)];
}

struct FoundPrice {
  const config::Prices* prices = nullptr;  // null exactly under kUnpriced and kRent
  PriceMatch match = PriceMatch::kUnpriced;
};

// Looks for the price of a model at one backend. kExact: the backend's own, else that of the
// model's row in the catalogue. kAlias: that of the row whose name, or one of whose aliases, is the
// name that goes upstream. The result points into `config`. Pure; not for the hot path.
FoundPrice FindPrice(const config::Config& config, const config::Backend& backend,
                     const config::ServedModel& served);

// Standard prices of input and output, in nano-dollars per 1M tokens.
struct TokenPrices {
  NanoUsdPerMillion input = 0;
  NanoUsdPerMillion output = 0;
};

// Every standard price that holds at some time: before and after each change, and at the hours of
// the day. A share is rounded up. Pure; not for the hot path.
std::vector<TokenPrices> EveryStandardPrice(const config::Prices& prices);

}  // namespace headgate::routing

#include "routing/policy/price_lookup.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/routing/fixture.h"

namespace headgate::routing {
namespace {

// `small`, with a price of $3, and `big`, an alias of `large`, whose price is $5; `free` has none.
config::Config Catalogue() {
  config::Config config;
  config.models = {ModelRow("small", 1'000), ModelRow("large", 1'000), ModelRow("free", 1'000),
                   ModelRow("ours", 1'000)};
  config.models[0].price = Dollars(3, 3);
  config.models[1].price = Dollars(5, 5);
  config.models[1].aliases = {"big"};
  return config;
}

TEST(FindPrice, EndsAsExactAliasOrUnpriced) {
  struct Case {
    const char* name;
    config::ServedModel served;
    PriceMatch match;
    NanoUsd dollars;  // of input; 0: none
  };
  const auto served = [](const char* model, const char* upstream,
                         std::optional<config::Prices> price = std::nullopt) {
    config::ServedModel one = Served(model, std::move(price));
    one.upstream_name = upstream;
    return one;
  };
  const Case cases[] = {
      {"its own", served("small", "x", Dollars(9, 9)), PriceMatch::kExact, 9},
      {"the catalogue's", served("small", "x"), PriceMatch::kExact, 3},
      {"before that of its name upstream", served("small", "large"), PriceMatch::kExact, 3},
      {"by its name upstream", served("ours", "large"), PriceMatch::kAlias, 5},
      {"by an alias upstream", served("ours", "big"), PriceMatch::kAlias, 5},
      {"a model without a row", served("foreign", "big"), PriceMatch::kAlias, 5},
      {"none", served("free", "free"), PriceMatch::kUnpriced, 0},
      {"a row without a price", served("ours", "free"), PriceMatch::kUnpriced, 0},
      {"no row at all", served("foreign", "foreign/model"), PriceMatch::kUnpriced, 0},
  };
  const config::Config config = Catalogue();
  for (const Case& c : cases) {
    const FoundPrice found = FindPrice(config, PaidBackend("up", {}), c.served);
    EXPECT_EQ(found.match, c.match) << c.name;
    ASSERT_EQ(found.prices != nullptr, c.dollars > 0) << c.name;
    if (found.prices == nullptr) continue;
    EXPECT_EQ(found.prices->standard.input, c.dollars * kNanoPerUsd) << c.name;
  }
  const FoundPrice own = FindPrice(config, OwnBackend("gpu", 1, {}), served("small", "x"));
  EXPECT_EQ(own.match, PriceMatch::kRent);
  EXPECT_EQ(own.prices, nullptr);
}

TEST(FindPrice, TargetsKnowHowTheirPriceWasFound) {
  config::Config config = Catalogue();
  config.backends = {PaidBackend("up", {Served("small"), Served("ours"), Served("free")}),
                     OwnBackend("gpu", 1, {Served("small")})};
  config.backends[0].models[1].upstream_name = "big";
  config.routes = {RouteTo("all", {})};
  const auto policy = Compiled(config);
  std::vector<PriceMatch> matches;
  for (const Target& target : policy->targets()) matches.push_back(target.price_match);
  EXPECT_EQ(matches, (std::vector{PriceMatch::kExact, PriceMatch::kAlias, PriceMatch::kUnpriced,
                                  PriceMatch::kRent}));
  EXPECT_EQ(policy->targets()[1].prices->standard.input, 5 * kNanoPerUsd);
  EXPECT_FALSE(policy->targets()[2].prices);
}

TEST(EveryStandardPrice, ListsWhatHoldsAtSomeTime) {
  config::Prices prices = Dollars(2, 8);
  config::PriceList night;
  night.standard = Dollars(1, 1).standard;
  prices.hours = {{{0, 60}, {}, 333'333}, {{60, 120}, night}};
  config::PriceChange change;
  change.standard = Dollars(4, 9).standard;
  prices.changes = {change};
  const std::vector<TokenPrices> all = EveryStandardPrice(prices);
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0].output, 8 * kNanoPerUsd);
  EXPECT_EQ(all[1].input, 666'666'000);
  EXPECT_EQ(all[2].output, kNanoPerUsd);
  EXPECT_EQ(all[3].input, 4 * kNanoPerUsd);
  prices.standard.input = 1;
  EXPECT_EQ(EveryStandardPrice(prices)[1].input, 1) << "rounded up";
}

}  // namespace
}  // namespace headgate::routing

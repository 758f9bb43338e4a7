#include "policy/budgets/worst_cost.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include "config/base/split_mix.h"
#include "policy/money/cost.h"

namespace headgate::policy {
namespace {

using config::PriceRow;
using config::Prices;
using config::TierPrice;

constexpr NanoUsd kOneUsd = 1'000'000'000;
constexpr std::int64_t kMillion = 1'000'000;
constexpr std::int64_t kNow = 1'790'000'000;
constexpr std::int64_t kTiers = kServiceTierNames.size();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

PriceRow RowOf(NanoUsdPerMillion input, NanoUsdPerMillion output) {
  PriceRow row;
  row.input = input;
  row.output = output;
  return row;
}

Prices TwoAndEight() {
  Prices prices;
  prices.standard = RowOf(2 * kOneUsd, 8 * kOneUsd);
  return prices;
}

NanoUsd WorstOfMillions(const Prices& prices) {
  return WorstCost(prices, {.input = kMillion, .output = kMillion}, kNow);
}

TEST(WorstCost, takes_the_dearest_kind_of_input) {
  Prices prices = TwoAndEight();
  prices.standard.cached_input = kOneUsd / 2;
  EXPECT_EQ(WorstOfMillions(prices), 10 * kOneUsd);
  EXPECT_EQ(WorstCost(prices, {.input = 1}, kNow), 2000);
  prices.standard.cached_input = 3 * kOneUsd;
  EXPECT_EQ(WorstOfMillions(prices), 11 * kOneUsd);
  prices.standard.cache_write = 4 * kOneUsd;
  EXPECT_EQ(WorstOfMillions(prices), 12 * kOneUsd);
  prices.standard.cache_write_1h = 5 * kOneUsd;
  EXPECT_EQ(WorstOfMillions(prices), 13 * kOneUsd);
}

TEST(WorstCost, takes_the_dearest_tier) {
  using Tier = std::optional<TierPrice> config::PriceList::*;
  for (const Tier tier : {&config::PriceList::flex, &config::PriceList::priority,
                          &config::PriceList::batch, &config::PriceList::fast}) {
    Prices prices = TwoAndEight();
    prices.*tier = TierPrice{.row = RowOf(4 * kOneUsd, 16 * kOneUsd)};
    EXPECT_EQ(WorstOfMillions(prices), 20 * kOneUsd);
    prices.*tier = TierPrice{.row = RowOf(kOneUsd, kOneUsd)};
    EXPECT_EQ(WorstOfMillions(prices), 10 * kOneUsd);
    prices.*tier = TierPrice{.row = {}, .share = 6 * config::kWholePrice};
    EXPECT_EQ(WorstOfMillions(prices), 60 * kOneUsd);
    prices.*tier = TierPrice{.row = {}, .share = config::kWholePrice / 2};
    EXPECT_EQ(WorstOfMillions(prices), 10 * kOneUsd);
  }
}

TEST(WorstCost, takes_the_context_tiers_that_the_input_can_reach) {
  Prices prices = TwoAndEight();
  prices.context_tiers.push_back({.above = 200'000, .row = RowOf(9 * kOneUsd, 0)});
  EXPECT_EQ(WorstCost(prices, {.input = 200'000}, kNow), 2 * kOneUsd / 5);
  EXPECT_EQ(WorstCost(prices, {.input = kMillion}, kNow), 9 * kOneUsd);
  EXPECT_EQ(WorstCost(prices, {.input = kMillion, .output = 2 * kMillion}, kNow), 18 * kOneUsd)
      << "a shorter prompt may cost more";
  prices.fast = TierPrice{.row = {}, .share = 2 * config::kWholePrice};
  EXPECT_EQ(WorstCost(prices, {.input = kMillion}, kNow), 18 * kOneUsd);
}

TEST(WorstCost, adds_the_charges_beside_the_tokens) {
  Prices prices = TwoAndEight();
  prices.per_request = 5;
  prices.per_web_search = 70;
  prices.hours.push_back({{.from_minute = 0, .to_minute = 60}, {}, 3 * config::kWholePrice});
  EXPECT_EQ(WorstCost(prices, {}, kNow), 5);
  EXPECT_EQ(WorstCost(prices, {.web_searches = 3}, kNow), 215);
}

TEST(WorstCost, looks_at_all_hours_and_at_changes_that_may_still_begin) {
  Prices prices = TwoAndEight();
  prices.hours.push_back({{.from_minute = 0, .to_minute = 60}, {}, 3 * config::kWholePrice});
  EXPECT_EQ(WorstOfMillions(prices), 30 * kOneUsd);
  config::PriceList night;
  night.standard = RowOf(40 * kOneUsd, 0);
  prices.hours.push_back({{.from_minute = 60, .to_minute = 90}, night, config::kWholePrice});
  EXPECT_EQ(WorstOfMillions(prices), 40 * kOneUsd);
  config::PriceChange later;
  later.standard = RowOf(50 * kOneUsd, 0);
  later.from = kNow + 1;
  prices.changes.push_back(later);
  EXPECT_EQ(WorstOfMillions(prices), 50 * kOneUsd);
  config::PriceChange begun;
  begun.standard = RowOf(kOneUsd, kOneUsd);
  begun.from = kNow;
  prices.changes = {begun};
  EXPECT_EQ(WorstOfMillions(prices), 2 * kOneUsd) << "the first list is never charged again";
  prices.changes = {begun, later};
  EXPECT_EQ(WorstOfMillions(prices), 50 * kOneUsd);
}

TEST(WorstCost, is_rounded_up_and_saturates) {
  Prices prices;
  prices.standard.input = 1;  // 1e-9 USD for a million tokens
  EXPECT_EQ(WorstCost(prices, {.input = 1}, kNow), 1);
  prices.standard = RowOf(kMax, kMax);
  prices.fast = TierPrice{.row = {}, .share = config::kMostShare};
  EXPECT_EQ(WorstCost(prices, {.input = kMax, .output = kMax}, kNow), kMax);
}

// Random prices and usages, by the last digits of random numbers.
class RandomMoney {
 public:
  explicit RandomMoney(std::uint64_t seed) : random_(seed) {}

  std::int64_t Below(std::int64_t most) {
    return static_cast<std::int64_t>(random_.Next() % static_cast<std::uint64_t>(most));
  }
  bool Maybe() { return Below(2) == 0; }

  PriceRow Row() {
    PriceRow row = RowOf(Price(), Price());
    if (Maybe()) row.cached_input = Price();
    if (Maybe()) row.cache_write = Price();
    if (Maybe()) row.cache_write_1h = Price();
    return row;
  }
  std::optional<TierPrice> Tier() {
    if (Maybe()) return std::nullopt;
    if (Maybe()) return TierPrice{.row = Row()};
    return TierPrice{.row = {}, .share = Below(7 * config::kWholePrice)};
  }
  void Fill(config::PriceList& list) {
    list.standard = Row();
    list.flex = Tier();
    list.priority = Tier();
    list.batch = Tier();
    list.fast = Tier();
    for (std::int64_t above = Below(500); above < 1000; above += 1 + Below(500)) {
      list.context_tiers.push_back({.above = above, .row = Row()});
    }
    if (Maybe()) list.per_request = Below(1000);
    if (Maybe()) list.per_web_search = Below(1000);
  }
  void FillDay(config::DailyPrices& day) {
    Fill(day);
    constexpr int kThird = config::kMinutesADay / 3;
    for (int part = 0; part < 3; ++part) {
      if (Maybe()) continue;
      config::PriceHours& hours = day.hours.emplace_back();
      hours.from_minute = part * kThird;
      hours.to_minute = (part + 1) * kThird;
      if (Maybe()) {
        Fill(hours.list.emplace());
      } else {
        hours.share = Below(3 * config::kWholePrice);
      }
    }
  }
  Prices Everything() {
    Prices prices;
    FillDay(prices);
    std::int64_t from = kNow;
    for (std::int64_t changes = Below(3); changes > 0; --changes) {
      from += Below(200'000) - 40'000;  // some have begun
      config::PriceChange& change = prices.changes.emplace_back();
      FillDay(change);
      change.from = from;
    }
    for (std::size_t i = 1; i < prices.changes.size(); ++i) {  // ascending
      prices.changes[i].from = std::max(prices.changes[i].from, prices.changes[i - 1].from + 1);
    }
    return prices;
  }
  // Of kinds that contradict each other, too.
  Usage Within(const MostUsage& most) {
    return {.input = Below(most.input + 1),
            .cached_input = Below(most.input + 1),
            .cache_write = Below(most.input + 1),
            .cache_write_1h = Below(most.input + 1),
            .output = Below(most.output + 1),
            .web_searches = Below(most.web_searches + 1)};
  }

 private:
  NanoUsdPerMillion Price() { return Below(Maybe() ? 3 : 100'000'000'000); }

  config::SplitMix64 random_;
};

TEST(WorstCost, nothing_within_its_bounds_costs_more) {
  RandomMoney random(2026);
  for (int round = 0; round < 2'000; ++round) {
    const Prices prices = random.Everything();
    const MostUsage most{
        .input = random.Below(1500), .output = random.Below(1500), .web_searches = random.Below(5)};
    const NanoUsd worst = WorstCost(prices, most, kNow);
    for (int i = 0; i < 200; ++i) {
      const Usage usage = random.Within(most);
      const auto tier = static_cast<ServiceTier>(random.Below(kTiers));
      const std::int64_t time = kNow + random.Below(400'000);
      ASSERT_LE(CostOf(prices, usage, tier, time), worst) << "round " << round << ", " << i;
    }
  }
}

TEST(WorstRent, is_that_of_the_whole_replica_at_its_dearest_hour) {
  config::RentTerms terms;
  terms.per_hour = 36 * kOneUsd / 10;
  EXPECT_EQ(WorstRent(terms, config::Milliseconds(1000)), kOneUsd / 1000);
  terms.hours.push_back({{.from_minute = 0, .to_minute = 60}, kOneUsd});
  EXPECT_EQ(WorstRent(terms, config::Milliseconds(1000)), kOneUsd / 1000);
  terms.hours.push_back({{.from_minute = 60, .to_minute = 90}, 72 * kOneUsd / 10});
  EXPECT_EQ(WorstRent(terms, config::Milliseconds(1000)), kOneUsd / 500);
  terms = {};
  terms.per_hour = 1;
  EXPECT_EQ(WorstRent(terms, config::Milliseconds(1)), 1);
}

}  // namespace
}  // namespace headgate::policy

#include "policy/money/cost.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/multiprecision/cpp_int.hpp>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace headgate::policy {
namespace {

using config::ContextTier;
using config::PriceRow;
using config::Prices;

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr NanoUsdPerMillion kOneDollar = kNanoPerUsd;
constexpr std::int64_t kNow = 1'790'000'000;  // none of these prices depends on the time

PriceRow Row(NanoUsdPerMillion input, NanoUsdPerMillion output) {
  PriceRow row;
  row.input = input;
  row.output = output;
  return row;
}

Prices Standard(const PriceRow& row) {
  Prices prices;
  prices.standard = row;
  return prices;
}

TEST(CostOf, prices_each_kind_once) {
  // Dollars per 1M tokens, and tokens in thousands, so that one token kind is worth 1000 * price.
  const PriceRow full{.input = 2 * kOneDollar,
                      .cached_input = kOneDollar / 2,
                      .cache_write = 3 * kOneDollar,
                      .cache_write_1h = 4 * kOneDollar,
                      .output = 8 * kOneDollar};
  const PriceRow bare = Row(2 * kOneDollar, 8 * kOneDollar);
  struct Case {
    std::string name;
    PriceRow row;
    Usage usage;
    NanoUsd nano;
  };
  const std::vector<Case> cases = {
      {"nothing", full, {}, 0},
      {"input", full, {.input = 1000}, 2'000'000},
      {"cached is inside input", full, {.input = 1000, .cached_input = 400}, 1'400'000},
      {"cache write is inside input", full, {.input = 1000, .cache_write = 400}, 2'400'000},
      {"a part written for an hour",
       full,
       {.input = 1000, .cache_write = 400, .cache_write_1h = 100},
       600 * 2'000 + 300 * 3'000 + 100 * 4'000},
      {"all written for an hour",
       full,
       {.input = 400, .cache_write = 400, .cache_write_1h = 400},
       1'600'000},
      {"both", full, {.input = 1000, .cached_input = 500, .cache_write = 500}, 1'750'000},
      {"output", full, {.output = 1000}, 8'000'000},
      {"reasoning is inside output", full, {.output = 1000, .reasoning = 900}, 8'000'000},
      {"no cached price: as input", bare, {.input = 1000, .cached_input = 400}, 2'000'000},
      {"no write price: as input", bare, {.input = 1000, .cache_write = 400}, 2'000'000},
      {"no price for an hour: as a write",
       {.input = 2 * kOneDollar, .cached_input = {}, .cache_write = 3 * kOneDollar, .output = 0},
       {.input = 400, .cache_write = 400, .cache_write_1h = 400},
       1'200'000},
      {"free cached input",
       {.input = kOneDollar, .cached_input = 0, .cache_write = {}, .output = 0},
       {.input = 9, .cached_input = 9},
       0},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(CostOf(Standard(c.row), c.usage, ServiceTier::kStandard, kNow), c.nano) << c.name;
  }
}

TEST(CostOf, rounds_the_sum_half_up_and_only_once) {
  struct Case {
    NanoUsdPerMillion input_price;
    NanoUsdPerMillion output_price;
    Usage usage;
    NanoUsd nano;
  };
  const std::vector<Case> cases = {
      {1, 1, {.input = 1}, 0},
      {1, 1, {.input = 499'999}, 0},
      {1, 1, {.input = 500'000}, 1},
      {1, 1, {.input = 1'499'999}, 1},
      {1, 1, {.input = 1'500'000}, 2},
      {499'999, 1, {.input = 1}, 0},
      {500'000, 1, {.input = 1}, 1},
      // Each kind alone would round to nothing.
      {250'000, 250'000, {.input = 1, .output = 1}, 1},
      // Each kind alone would round up.
      {500'000, 500'000, {.input = 1, .output = 1}, 1},
      {750'000, 700'000, {.input = 1, .output = 1}, 1},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(
        CostOf(Standard(Row(c.input_price, c.output_price)), c.usage, ServiceTier::kStandard, kNow),
        c.nano)
        << c.usage.input << " x " << c.input_price << " + " << c.usage.output << " x "
        << c.output_price;
  }
}

TEST(CostOf, clamps_counts_that_contradict_each_other) {
  const PriceRow row{.input = 1'000'000,
                     .cached_input = 10,
                     .cache_write = 100'000'000,
                     .cache_write_1h = 900'000'000,
                     .output = 0};
  struct Case {
    std::string name;
    Usage usage;
    Usage same_as;
  };
  const std::vector<Case> cases = {
      {"more cached than input",
       {.input = 100, .cached_input = 101},
       {.input = 100, .cached_input = 100}},
      {"cached leaves no room for writes",
       {.input = 100, .cached_input = 90, .cache_write = 20},
       {.input = 100, .cached_input = 90, .cache_write = 10}},
      {"more written than input",
       {.input = 5, .cache_write = kMax},
       {.input = 5, .cache_write = 5}},
      {"more for an hour than written",
       {.input = 100, .cache_write = 20, .cache_write_1h = 30},
       {.input = 100, .cache_write = 20, .cache_write_1h = 20}},
      {"all below zero",
       {.input = -1, .cached_input = -2, .cache_write = -3, .output = -4, .reasoning = -5},
       {}},
      {"cached below zero", {.input = 7, .cached_input = -7}, {.input = 7}},
      {"cached without input", {.cached_input = 7, .cache_write = 7}, {}},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(CostOf(Standard(row), c.usage, ServiceTier::kStandard, kNow),
              CostOf(Standard(row), c.same_as, ServiceTier::kStandard, kNow))
        << c.name;
  }
}

TEST(CostOf, saturates) {
  const Usage most{.input = kMax, .output = kMax};
  EXPECT_EQ(CostOf(Standard(Row(kMax, kMax)), most, ServiceTier::kStandard, kNow), kMax);
  EXPECT_EQ(CostOf(Standard(Row(1'000'000, 0)), most, ServiceTier::kStandard, kNow), kMax);
  EXPECT_EQ(CostOf(Standard(Row(1'000'000, 1'000'000)), {.input = kMax, .output = 1},
                   ServiceTier::kStandard, kNow),
            kMax);
  EXPECT_EQ(CostOf(Standard(Row(1'000'000, 0)), {.input = kMax - 1}, ServiceTier::kStandard, kNow),
            kMax - 1);
}

TEST(RowFor, context_tier_applies_above_its_bound) {
  Prices prices = Standard(Row(1, 0));
  prices.context_tiers = {{.above = 128'000, .row = Row(2, 0)},
                          {.above = 200'000, .row = Row(3, 0)}};
  struct Case {
    std::int64_t input;
    NanoUsdPerMillion price;
  };
  const std::vector<Case> cases = {{-5, 1},      {0, 1},       {128'000, 1}, {128'001, 2},
                                   {200'000, 2}, {200'001, 3}, {kMax, 3}};
  for (const Case& c : cases) {
    EXPECT_EQ(RowFor(prices, c.input, ServiceTier::kStandard).row.input, c.price) << c.input;
  }
  // The whole request pays the higher rate.
  prices.context_tiers[0].row = Row(2 * kOneDollar, 4 * kOneDollar);
  EXPECT_EQ(CostOf(prices, {.input = 150'000, .output = 1'000'000}, ServiceTier::kStandard, kNow),
            300'000'000 + 4 * kOneDollar);
}

TEST(RowFor, service_tier_has_its_own_row_or_none) {
  Prices prices = Standard(Row(10, 0));
  prices.flex = {.row = Row(5, 0)};
  prices.priority = {.row = Row(20, 0)};
  prices.context_tiers = {{.above = 100, .row = Row(15, 0)}};
  struct Case {
    ServiceTier tier;
    std::int64_t input;
    NanoUsdPerMillion price;
  };
  const std::vector<Case> cases = {
      {ServiceTier::kStandard, 100, 10}, {ServiceTier::kStandard, 101, 15},
      {ServiceTier::kFlex, 100, 5},      {ServiceTier::kFlex, 101, 5},
      {ServiceTier::kPriority, 101, 20}, {ServiceTier::kBatch, 100, 10},
      {ServiceTier::kBatch, 101, 15},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(RowFor(prices, c.input, c.tier).row.input, c.price)
        << static_cast<int>(c.tier) << " " << c.input;
  }
  prices.batch = {.row = Row(4, 0)};
  EXPECT_EQ(RowFor(prices, 101, ServiceTier::kBatch).row.input, 4);
}

// Arbitrary precision, token kind by token kind, as on paper.
NanoUsd OnPaper(const PriceRow& row, const Usage& usage) {
  using boost::multiprecision::cpp_int;
  const cpp_int zero = 0;
  const cpp_int input = std::max(zero, cpp_int(usage.input));
  const cpp_int cached = std::min(std::max(zero, cpp_int(usage.cached_input)), input);
  const cpp_int room = input - cached;
  const cpp_int written = std::min(std::max(zero, cpp_int(usage.cache_write)), room);
  const cpp_int hour = std::min(std::max(zero, cpp_int(usage.cache_write_1h)), written);
  const cpp_int plain = room - written;
  const cpp_int output = std::max(zero, cpp_int(usage.output));

  cpp_int sum = plain * row.input;
  sum += cached * row.cached_input.value_or(row.input);
  const NanoUsdPerMillion write = row.cache_write.value_or(row.input);
  sum += (written - hour) * write;
  sum += hour * row.cache_write_1h.value_or(write);
  sum += output * row.output;
  cpp_int nano = sum / 1'000'000;
  if (sum % 1'000'000 >= 500'000) nano += 1;
  return nano > kMax ? kMax : nano.convert_to<NanoUsd>();
}

TEST(CostOf, equals_arbitrary_precision_on_random_usage) {
  std::mt19937_64 random(20260801);
  // Every magnitude from 1 to 2^63 comes up equally often, and some values below zero.
  const auto any = [&random](bool negative_too) {
    const auto bits = random() % 63 + 1;
    const auto value = static_cast<std::int64_t>(random() >> (64 - bits));
    return negative_too && random() % 16 == 0 ? -value : value;
  };
  for (int i = 0; i < 200'000; ++i) {
    PriceRow row = Row(any(false), any(false));
    if (random() % 2 == 0) row.cached_input = any(false);
    if (random() % 2 == 0) row.cache_write = any(false);
    if (random() % 2 == 0) row.cache_write_1h = any(false);
    const Usage usage{.input = any(true),
                      .cached_input = any(true),
                      .cache_write = any(true),
                      .cache_write_1h = any(true),
                      .output = any(true),
                      .reasoning = any(true)};
    ASSERT_EQ(CostOf(Standard(row), usage, ServiceTier::kStandard, kNow), OnPaper(row, usage))
        << "round " << i;
  }
}

}  // namespace
}  // namespace headgate::policy

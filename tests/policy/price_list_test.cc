#include <gtest/gtest.h>

#include <boost/multiprecision/cpp_int.hpp>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "policy/money/cost.h"

namespace headgate::policy {
namespace {

using config::PriceList;
using config::PriceRow;
using config::Prices;

constexpr NanoUsdPerMillion kOneUsd = kNanoPerUsd;
constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kMidnight = 20'000 * kDay;  // of some day

PriceRow RowOf(NanoUsdPerMillion input, NanoUsdPerMillion output) {
  PriceRow row;
  row.input = input;
  row.output = output;
  return row;
}

std::int64_t At(std::int64_t hour, std::int64_t minute = 0, std::int64_t second = 0) {
  return kMidnight + hour * 3600 + minute * 60 + second;
}

TEST(PriceList, a_tier_has_a_row_or_a_share_of_what_holds_without_it) {
  Prices prices;
  prices.standard = {.input = 2 * kOneUsd, .cached_input = kOneUsd / 2, .output = 8 * kOneUsd};
  prices.flex = {.row = RowOf(kOneUsd, 4 * kOneUsd)};
  prices.batch = {.row = {}, .share = 500'000};
  prices.fast = {.row = {}, .share = 6'000'000};
  prices.context_tiers = {{.above = 1000, .row = RowOf(4 * kOneUsd, 12 * kOneUsd)}};
  struct Case {
    std::string name;
    Usage usage;
    ServiceTier tier;
    NanoUsd nano;
  };
  const Usage small{.input = 1000, .cached_input = 400, .output = 100};
  const Usage large{.input = 2000, .cached_input = 400, .output = 100};
  const std::vector<Case> cases = {
      // $2 for 1M tokens is 2,000 nano-dollars a token.
      {"standard", small, ServiceTier::kStandard, 600 * 2'000 + 400 * 500 + 100 * 8'000},
      {"a row has no cached price: as its input", small, ServiceTier::kFlex,
       1000 * 1'000 + 100 * 4'000},
      {"a share counts for each kind", small, ServiceTier::kBatch,
       600 * 1'000 + 400 * 250 + 100 * 4'000},
      {"a share above 100%", small, ServiceTier::kFast,
       NanoUsd{6} * (600 * 2'000 + 400 * 500 + 100 * 8'000)},
      {"not known: as standard", small, ServiceTier::kPriority,
       600 * 2'000 + 400 * 500 + 100 * 8'000},
      {"a long prompt", large, ServiceTier::kStandard, 2000 * 4'000 + 100 * 12'000},
      {"a share of a long prompt", large, ServiceTier::kBatch, 2000 * 2'000 + 100 * 6'000},
      {"a row whatever the prompt", large, ServiceTier::kFlex, 2000 * 1'000 + 100 * 4'000},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(CostOf(prices, c.usage, c.tier, kMidnight), c.nano) << c.name;
  }
  for (const auto tier :
       {ServiceTier::kStandard, ServiceTier::kFlex, ServiceTier::kBatch, ServiceTier::kFast}) {
    EXPECT_TRUE(HasTier(prices, tier, kMidnight));
  }
  EXPECT_FALSE(HasTier(prices, ServiceTier::kPriority, kMidnight));
}

TEST(PriceList, charges_are_added_once_and_have_no_share) {
  Prices prices;
  prices.standard = RowOf(kOneUsd, kOneUsd);
  prices.batch = {.row = {}, .share = 500'000};
  prices.per_request = 5'000'000;      // $0.005
  prices.per_web_search = 10'000'000;  // $0.01
  EXPECT_EQ(CostOf(prices, {.input = 10}, ServiceTier::kStandard, 0), 10'000 + 5'000'000);
  EXPECT_EQ(CostOf(prices, {.input = 10, .web_searches = 3}, ServiceTier::kStandard, 0),
            10'000 + 5'000'000 + 30'000'000);
  EXPECT_EQ(CostOf(prices, {.input = 10, .web_searches = 3}, ServiceTier::kBatch, 0),
            5'000 + 5'000'000 + 30'000'000);
  EXPECT_EQ(CostOf(prices, {}, ServiceTier::kStandard, 0), 0) << "nothing was served";
  EXPECT_EQ(CostOf(prices, {.input = 10, .web_searches = -3}, ServiceTier::kStandard, 0),
            10'000 + 5'000'000);
}

TEST(PriceList, hours_hold_from_their_first_minute_until_before_their_last) {
  Prices prices;
  prices.standard = RowOf(8 * kOneUsd, 0);
  PriceList night;
  night.standard = RowOf(kOneUsd, 0);
  prices.hours = {{{16 * 60 + 30, 30}, {}, 500'000}, {{2 * 60, 3 * 60}, night}};
  struct Case {
    std::int64_t time;
    NanoUsd nano;  // of 1000 tokens
  };
  const std::vector<Case> cases = {
      {At(16, 29, 59), 8'000'000},
      {At(16, 30), 4'000'000},
      {At(23, 59, 59), 4'000'000},
      {At(24), 4'000'000},
      {At(0, 29, 59), 4'000'000},
      {At(0, 30), 8'000'000},
      {At(1, 59, 59), 8'000'000},
      {At(2), 1'000'000},
      {At(2, 59, 59), 1'000'000},
      {At(3), 8'000'000},
      {-1, 4'000'000},
      {-kDay + 7'200, 1'000'000},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(CostOf(prices, {.input = 1000}, ServiceTier::kStandard, c.time), c.nano) << c.time;
  }
  prices.hours = {{{0, 24 * 60}, night}};
  for (const int hour : {0, 12, 23}) {
    EXPECT_EQ(CostOf(prices, {.input = 1000}, ServiceTier::kStandard, At(hour)), 1'000'000);
  }
}

TEST(PriceList, a_change_replaces_everything_from_its_first_second) {
  Prices prices;
  prices.standard = RowOf(2 * kOneUsd, 10 * kOneUsd);
  prices.batch = {.row = {}, .share = 500'000};
  prices.per_request = 7;
  prices.hours = {{{0, 60}, {}, 100'000}};
  config::PriceChange dearer;
  dearer.from = kMidnight;
  dearer.standard = RowOf(3 * kOneUsd, 15 * kOneUsd);
  config::PriceChange dearest = dearer;
  dearest.from = kMidnight + kDay;
  dearest.standard = RowOf(4 * kOneUsd, 15 * kOneUsd);
  dearest.hours = {{{60, 120}, {}, 250'000}};
  prices.changes = {dearer, dearest};
  struct Case {
    std::int64_t time;
    ServiceTier tier;
    NanoUsd nano;
  };
  const std::vector<Case> cases = {
      {kMidnight - 1, ServiceTier::kStandard, 2'000'007},
      {kMidnight - 1, ServiceTier::kBatch, 1'000'007},
      {kMidnight - kDay, ServiceTier::kStandard, 200'007},
      {kMidnight, ServiceTier::kStandard, 3'000'000},
      {kMidnight, ServiceTier::kBatch, 3'000'000},
      {kMidnight + kDay - 1, ServiceTier::kStandard, 3'000'000},
      {kMidnight + kDay, ServiceTier::kStandard, 4'000'000},
      {kMidnight + kDay + 3600, ServiceTier::kStandard, 1'000'000},
      {kMidnight + 90 * kDay, ServiceTier::kStandard, 4'000'000},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(CostOf(prices, {.input = 1000}, c.tier, c.time), c.nano) << c.time;
  }
  EXPECT_TRUE(HasTier(prices, ServiceTier::kBatch, kMidnight - 1));
  EXPECT_FALSE(HasTier(prices, ServiceTier::kBatch, kMidnight));
}

TEST(PriceList, shares_do_not_round_before_the_sum) {
  Prices prices;
  prices.standard = RowOf(1, 0);  // 1e-9 USD for 1M tokens
  prices.batch = {.row = {}, .share = 500'000};
  prices.hours = {{{0, 60}, {}, 250'000}};
  // 1 x 0.5 x 0.25 = 0.125 nano-dollars for 1M tokens: half a nano-dollar is 4M tokens.
  EXPECT_EQ(CostOf(prices, {.input = 3'999'999}, ServiceTier::kBatch, kMidnight), 0);
  EXPECT_EQ(CostOf(prices, {.input = 4'000'000}, ServiceTier::kBatch, kMidnight), 1);
  EXPECT_EQ(CostOf(prices, {.input = 11'999'999}, ServiceTier::kBatch, kMidnight), 1);
  EXPECT_EQ(CostOf(prices, {.input = 12'000'000}, ServiceTier::kBatch, kMidnight), 2);
}

// Arbitrary precision, as on paper.
NanoUsd WithSharesOnPaper(const Prices& prices, const Usage& usage) {
  using boost::multiprecision::cpp_int;
  cpp_int sum = cpp_int(usage.input) * prices.standard.input;
  sum += cpp_int(usage.output) * prices.standard.output;
  sum *= prices.batch->share;
  sum *= prices.hours.front().share;
  const cpp_int unit("1000000000000000000");
  const bool nothing = usage.input == 0 && usage.output == 0 && usage.web_searches == 0;
  if (!nothing) {
    sum +=
        (cpp_int(prices.per_request) + cpp_int(usage.web_searches) * prices.per_web_search) * unit;
  }
  cpp_int nano = sum / unit;
  if ((sum % unit) * 2 >= unit) nano += 1;
  constexpr NanoUsd kMost = std::numeric_limits<NanoUsd>::max();
  return nano > kMost ? kMost : nano.convert_to<NanoUsd>();
}

TEST(PriceList, equals_arbitrary_precision_on_random_shares_and_charges) {
  std::mt19937_64 random(20261129);
  // Every magnitude up to 2^most comes up equally often.
  const auto any = [&random](unsigned most) {
    const auto bits = random() % most + 1;
    return static_cast<std::int64_t>(random() >> (64 - bits));
  };
  for (int i = 0; i < 100'000; ++i) {
    const unsigned most = i % 2 == 0 ? 40 : 63;
    Prices prices;
    prices.standard = RowOf(any(most), any(most));
    prices.batch = {.row = {}, .share = any(26)};
    prices.hours = {{{0, 1440}, {}, any(26)}};
    prices.per_request = any(most);
    prices.per_web_search = any(most);
    const Usage usage{.input = any(most), .output = any(most), .web_searches = any(most)};
    ASSERT_EQ(CostOf(prices, usage, ServiceTier::kBatch, 0), WithSharesOnPaper(prices, usage))
        << "round " << i;
  }
}

TEST(Usage, AddsKindByKind) {
  Usage sum{.input = 1,
            .cached_input = 2,
            .cache_write = 3,
            .cache_write_1h = 4,
            .output = 5,
            .reasoning = 6,
            .web_searches = 7};
  sum += sum;
  EXPECT_EQ(sum.input, 2);
  EXPECT_EQ(sum.cached_input, 4);
  EXPECT_EQ(sum.cache_write, 6);
  EXPECT_EQ(sum.cache_write_1h, 8);
  EXPECT_EQ(sum.output, 10);
  EXPECT_EQ(sum.reasoning, 12);
  EXPECT_EQ(sum.web_searches, 14);
}

}  // namespace
}  // namespace headgate::policy

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "config/reader/timestamp.h"
#include "config/reader/units.h"
#include "tests/config/load_fixture.h"

namespace headgate::config {
namespace {

Prices PriceOf(const std::string& price) {
  const Config config =
      LoadOrFail(WithRest("server: {auth: none}\nmodels:\n  m:\n    price:\n" + price));
  const auto model = std::find_if(config.models.begin(), config.models.end(),
                                  [](const Model& one) { return one.name == "m"; });
  if (model == config.models.end() || !model->price) return {};
  return *model->price;
}

TEST(LoadPrices, EachKindIsRead) {
  const Prices prices = PriceOf(R"(
      input: 3
      cached_input: 0.30
      cache_write: 3.75
      cache_write_1h: 6
      output: 15
      flex: {input: 1.5, output: 7.5, cache_write_1h: 3}
      batch: 50%
      fast: 600%
      per_request: 0.005
      per_web_search: 0.01
)");
  EXPECT_EQ(prices.standard.cache_write, 3'750'000'000);
  EXPECT_EQ(prices.standard.cache_write_1h, 6 * kNanoPerUsd);
  ASSERT_TRUE(prices.flex && prices.flex->row);
  EXPECT_EQ(prices.flex->row->cache_write_1h, 3 * kNanoPerUsd);
  EXPECT_EQ(prices.flex->share, kWholePrice);
  ASSERT_TRUE(prices.batch);
  EXPECT_FALSE(prices.batch->row);
  EXPECT_EQ(prices.batch->share, 500'000);
  EXPECT_EQ(prices.fast->share, 6'000'000);
  EXPECT_FALSE(prices.priority);
  EXPECT_EQ(prices.per_request, 5'000'000);
  EXPECT_EQ(prices.per_web_search, 10'000'000);
  EXPECT_TRUE(prices.hours.empty());
  EXPECT_TRUE(prices.changes.empty());
}

TEST(LoadPrices, HoursAreAShareOrAList) {
  const Prices prices = PriceOf(R"(
      input: 0.55
      output: 2.19
      hours:
        - {from: "16:30", to: "00:30", price: 25%}
        - {from: 03:00, to: 04:00, price: {input: 0.1, output: 0.2, batch: 10%}}
)");
  ASSERT_EQ(prices.hours.size(), 2u);
  EXPECT_EQ(prices.hours[0].from_minute, 16 * 60 + 30);
  EXPECT_EQ(prices.hours[0].to_minute, 30);
  EXPECT_EQ(prices.hours[0].share, 250'000);
  EXPECT_FALSE(prices.hours[0].list);
  ASSERT_TRUE(prices.hours[1].list);
  EXPECT_EQ(prices.hours[1].list->standard.input, 100'000'000);
  EXPECT_EQ(prices.hours[1].list->batch->share, 100'000);
}

TEST(LoadPrices, ChangesAreKeptInTheOrderOfTime) {
  const Prices prices = PriceOf(R"(
      input: 1
      output: 1
      changes:
        - {from: 2026-10-01, input: 3, output: 3}
        - {from: 2026-09-01, input: 2, output: 2, hours: {from: "00:00", to: "24:00", price: 50%}}
)");
  ASSERT_EQ(prices.changes.size(), 2u);
  EXPECT_EQ(prices.changes[0].from, 1'788'220'800);  // date -d 2026-09-01T00:00:00Z +%s
  EXPECT_EQ(prices.changes[0].standard.input, 2 * kNanoPerUsd);
  EXPECT_EQ(prices.changes[0].hours.size(), 1u);
  EXPECT_EQ(prices.changes[1].standard.output, 3 * kNanoPerUsd);
}

TEST(LoadPrices, ARouteAllowsUnpricedTargetsUnlessItSaysOtherwise) {
  const Config config = LoadOrFail(R"(
server: {auth: none}
backends:
  up: {hosting: paid_api, url: "https://api.example.com/v1", api_key: k, models: {gpt-4.1: x}}
routes:
  - {name: strict, when: {topic: code}, unpriced: reject}
  - {name: lax, when: {topic: math}, unpriced: allow}
  - {name: rest}
)");
  ASSERT_EQ(config.routes.size(), 3u);
  EXPECT_EQ(config.routes[0].unpriced, OnUnpriced::kReject);
  EXPECT_EQ(config.routes[1].unpriced, OnUnpriced::kAllow);
  EXPECT_EQ(config.routes[2].unpriced, OnUnpriced::kAllow);
}

TEST(ParsePriceShare, IsExactInMillionths) {
  const std::pair<std::string_view, std::optional<PriceShare>> cases[] = {
      {"50%", 500'000},
      {"0%", 0},
      {"100 %", 1'000'000},
      {"175%", 1'750'000},
      {"33.3333%", 333'333},
      {"0.0001%", 1},
      {"10000%", 100'000'000},
      {"10000.0001%", {}},
      {"33.33333%", {}},
      {"-1%", {}},
      {"50", {}},
      {"0.5", {}},
      {"%", {}},
      {"1e2%", {}},
      {"99999999999999999999%", {}},
  };
  for (const auto& [text, share] : cases) {
    EXPECT_EQ(ParsePriceShare(text).value, share) << text;
  }
}

TEST(ParseDateOrTimestamp, TakesADateForItsFirstSecondInUtc) {
  EXPECT_EQ(ParseDateOrTimestamp("1970-01-02").value, 86'400);
  EXPECT_EQ(ParseDateOrTimestamp("2026-09-01T02:00:00+02:00").value, 1'788'220'800);
  EXPECT_EQ(ParseDateOrTimestamp("2026-09-01").value, 1'788'220'800);
  for (const char* const wrong : {"2026-9-1", "2026-02-30", "1969-12-31", "", "2026-09-01T02:00",
                                  "2026-09-01 ", "20260901", "tomorrow"}) {
    EXPECT_FALSE(ParseDateOrTimestamp(wrong).value) << wrong;
  }
}

TEST(ParseTimeOfDay, TakesMinutesOfADay) {
  EXPECT_EQ(ParseTimeOfDay("00:00").value, 0);
  EXPECT_EQ(ParseTimeOfDay("16:30").value, 990);
  EXPECT_EQ(ParseTimeOfDay("24:00").value, 1440);
  for (const char* const wrong : {"24:01", "9:00", "12:60", "12-00", "1200", "", "12:00:00"}) {
    EXPECT_FALSE(ParseTimeOfDay(wrong).value) << wrong;
  }
}

}  // namespace
}  // namespace headgate::config

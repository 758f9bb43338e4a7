#include "loadtest/sim/replica/bill.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace headgate::loadtest::sim {
namespace {

TEST(BillTest, CostIsTheExactSumRoundedOnceHalfUp) {
  const struct {
    Usage usage;
    Price price;
    std::int64_t nano_usd;
  } kCases[] = {
      {{0, 0, 0}, {1, 1, 1}, 0},
      // 1,000 input, 400 of them cached, 200 output at 0.55 / 0.14 / 2.19 USD per 1M tokens.
      {{1000, 400, 200}, {550'000'000, 140'000'000, 2'190'000'000}, 824'000},
      {{1, 0, 0}, {499'999, 0, 0}, 0},
      {{1, 0, 0}, {500'000, 0, 0}, 1},
      {{3, 0, 0}, {500'000, 0, 0}, 2},
      // Two kinds of tokens cost half a nano-dollar each: rounding each of them would give 2.
      {{1, 0, 1}, {500'000, 0, 500'000}, 1},
      // 1,000 input tokens: 400 are read from the cache, 100 are written to it, 500 are neither.
      {{1000, 400, 200, 100, 50}, {550'000'000, 140'000'000, 2'190'000'000, 700'000'000}, 839'000},
      // The sum needs more than 64 bits before the division.
      {{2'000'000'000, 0, 2'000'000'000}, {15'000'000'000, 0, 60'000'000'000}, 150'000'000'000'000},
  };
  for (const auto& c : kCases) EXPECT_EQ(CostNanoUsd(c.usage, c.price), c.nano_usd);
}

TEST(BillTest, PricesAreReadExactlyAndFallBackToTheStar) {
  PriceList prices;
  EXPECT_TRUE(prices.Add("m=0.55,0.14,2.19"));
  EXPECT_TRUE(prices.Add("a=b=1,2,3"));
  EXPECT_EQ(prices.Find("m").cached, 140'000'000);
  EXPECT_EQ(prices.Find("a=b").output, 3'000'000'000);
  EXPECT_EQ(prices.Find("m").cache_write, 550'000'000);
  EXPECT_TRUE(prices.Add("w=1,2,3,4"));
  EXPECT_EQ(prices.Find("w").cache_write, 4'000'000'000);
  EXPECT_EQ(prices.Find("other").input, 0);
  EXPECT_TRUE(prices.Add("*=9,9,9"));
  EXPECT_EQ(prices.Find("other").input, 9'000'000'000);
  EXPECT_EQ(prices.Find("m").input, 550'000'000);
}

TEST(BillTest, RefusesPricesThatAreNotThreeOrFourDecimals) {
  PriceList prices;
  for (const std::string_view text : {"m", "=1,2,3", "m=1,2", "m=1,2,3,4,5", "m=1,2,3,x", "m=1,2,x",
                                      "m=-1,2,3", "m=0.0000000001,2,3"}) {
    EXPECT_FALSE(prices.Add(text)) << text;
  }
}

TEST(BillTest, SumsPerModelWithEndings) {
  Bill bill;
  const Price price{1'000'000, 0, 2'000'000};
  EXPECT_EQ(bill.Add("m", {10, 4, 5}, price, Ending::kFinished), 16);
  EXPECT_EQ(bill.Add("m", {10, 0, 1}, price, Ending::kClientAbort), 12);
  bill.Add("other", {1, 0, 2, 1, 2}, {}, Ending::kCut);
  EXPECT_EQ(boost::json::parse(bill.ToJson()), boost::json::parse(R"({"models":{
      "m":{"requests":2,"input_tokens":20,"cached_input_tokens":4,
           "cache_write_input_tokens":0,"output_tokens":6,"thinking_tokens":0,"nano_usd":28,
           "endings":{"finished":1,"client_abort":1}},
      "other":{"requests":1,"input_tokens":1,"cached_input_tokens":0,
               "cache_write_input_tokens":1,"output_tokens":2,"thinking_tokens":2,"nano_usd":0,"endings":{"cut":1}}},"total_nano_usd":28})"));
  bill.Clear();
  EXPECT_EQ(bill.ToJson(), R"({"models":{},"total_nano_usd":0})");
}

}  // namespace
}  // namespace headgate::loadtest::sim

#include "loadtest/sim/base/distribution.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "loadtest/sim/base/text.h"

namespace headgate::loadtest::sim {
namespace {

using Quantity = Distribution::Quantity;

std::vector<double> SortedSamples(std::string_view text, Quantity quantity, int count) {
  const auto distribution = Distribution::Parse(text, quantity);
  EXPECT_TRUE(distribution) << text;
  Random random(7);
  std::vector<double> samples;
  samples.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) samples.push_back(distribution->Sample(random));
  std::sort(samples.begin(), samples.end());
  return samples;
}

TEST(DistributionTest, ConstantIsTheValueInItsUnit) {
  const struct {
    std::string_view text;
    double nanoseconds;
  } kCases[] = {{"20ms", 20e6}, {"250us", 250e3}, {"1.5s", 1.5e9},
                {"2m", 120e9},  {"0ms", 0},       {"7ns", 7}};
  for (const auto& c : kCases) {
    EXPECT_EQ(SortedSamples(c.text, Quantity::kDuration, 1).front(), c.nanoseconds) << c.text;
  }
}

TEST(DistributionTest, RefusesWhatItDoesNotUnderstand) {
  for (const std::string_view text :
       {"", "20", "ms", "-1ms", "20 ms", "uniform:5ms", "uniform:9ms..5ms", "uniform:..5ms",
        "lognormal:5ms", "lognormal:5ms,-1", "lognormal:5ms,11", "exp:", "exp:3", "normal:5ms",
        "nanms", "infs", "25h", "1e9m"}) {
    EXPECT_FALSE(Distribution::Parse(text, Quantity::kDuration)) << text;
  }
  for (const std::string_view text : {"5ms", "-3", "uniform:5ms..9ms", "2.5"}) {
    EXPECT_FALSE(Distribution::Parse(text, Quantity::kCount)) << text;
  }
}

TEST(DistributionTest, UniformStaysWithinItsBounds) {
  const auto samples = SortedSamples("uniform:10ms..30ms", Quantity::kDuration, 10000);
  EXPECT_GE(samples.front(), 10e6);
  EXPECT_LE(samples.back(), 30e6);
  EXPECT_NEAR(samples[5000], 20e6, 0.5e6);
}

TEST(DistributionTest, LognormalHasItsMedianAndSpread) {
  const auto samples = SortedSamples("lognormal:200ms,0.4", Quantity::kDuration, 20000);
  EXPECT_NEAR(samples[10000], 200e6, 5e6);
  // One sigma up: 200 ms x e^0.4.
  EXPECT_NEAR(samples[16827], 298.4e6, 9e6);
}

TEST(DistributionTest, ExponentialHasItsMean) {
  const auto samples = SortedSamples("exp:10ms", Quantity::kDuration, 20000);
  double sum = 0;
  for (const double sample : samples) sum += sample;
  EXPECT_NEAR(sum / 20000, 10e6, 0.3e6);
}

TEST(DistributionTest, CountsAreWholeNumbersOverTheWholeRange) {
  const auto distribution = Distribution::Parse("uniform:5..8", Quantity::kCount);
  ASSERT_TRUE(distribution);
  Random random(3);
  std::vector<int> seen(10);
  for (int i = 0; i < 1000; ++i) {
    ++seen[static_cast<std::size_t>(distribution->SampleCount(random))];
  }
  EXPECT_EQ(seen[4] + seen[9], 0);
  for (std::size_t i = 5; i <= 8; ++i) EXPECT_GT(seen[i], 0) << i;
}

TEST(TextTest, BillionthsAreExact) {
  const struct {
    std::string_view text;
    std::int64_t value;
  } kCases[] = {{"0", 0},
                {"0.55", 550'000'000},
                {"2.19", 2'190'000'000},
                {"0.000000001", 1},
                {"15", 15'000'000'000}};
  for (const auto& c : kCases) EXPECT_EQ(ParseBillionths(c.text), c.value) << c.text;
  for (const std::string_view text :
       {"", ".", "1.", ".5", "-1", "1e3", "0.0000000001", "1000000001", "0.-5", "1,5"}) {
    EXPECT_FALSE(ParseBillionths(text)) << text;
  }
}

}  // namespace
}  // namespace headgate::loadtest::sim

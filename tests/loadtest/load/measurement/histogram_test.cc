#include "loadtest/load/measurement/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace headgate::loadtest::load {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

TEST(Histogram, an_empty_one_says_nothing) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.Percentile(0.99), nanoseconds(0));
  EXPECT_EQ(histogram.Mean(), nanoseconds(0));
}

TEST(Histogram, percentiles_are_within_one_percent_at_every_scale) {
  std::mt19937_64 random(3);
  for (const double scale : {1e5, 1e7, 1e9, 1e11}) {
    std::lognormal_distribution<double> draw(0, 1);
    std::vector<std::int64_t> values;
    Histogram histogram;
    for (int i = 0; i < 20'000; ++i) {
      values.push_back(std::llround(draw(random) * scale));
      histogram.Add(nanoseconds(values.back()));
    }
    std::sort(values.begin(), values.end());
    for (const double share : {0.01, 0.5, 0.9, 0.99, 0.999}) {
      const auto at = static_cast<std::size_t>(std::ceil(share * 20'000)) - 1;
      const auto exact = static_cast<double>(values[at]);
      const auto found = static_cast<double>(histogram.Percentile(share).count());
      EXPECT_NEAR(found, exact, 0.01 * exact + 1000) << scale << " " << share;
    }
    EXPECT_EQ(histogram.max().count(), values.back());
    EXPECT_EQ(histogram.Percentile(1).count() <= values.back(), true);
  }
}

TEST(Histogram, two_add_up) {
  Histogram low;
  Histogram high;
  for (int i = 1; i <= 100; ++i) (i <= 50 ? low : high).Add(milliseconds(i));
  low.Add(high);
  EXPECT_EQ(low.count(), 100u);
  EXPECT_EQ(low.max(), milliseconds(100));
  EXPECT_NEAR(static_cast<double>(low.Percentile(0.5).count()), 50e6, 0.5e6);
  EXPECT_NEAR(static_cast<double>(low.Mean().count()), 50.5e6, 1e3);
}

TEST(Histogram, takes_what_should_not_come) {
  Histogram histogram;
  histogram.Add(milliseconds(-5));
  histogram.Add(std::chrono::hours(1000));
  EXPECT_EQ(histogram.count(), 2u);
  EXPECT_EQ(histogram.Percentile(0.5), nanoseconds(0));
}

}  // namespace
}  // namespace headgate::loadtest::load

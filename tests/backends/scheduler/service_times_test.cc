#include "backends/scheduler/service_times.h"

#include <gtest/gtest.h>

namespace headgate::backends {
namespace {

using namespace std::chrono_literals;

TEST(ServiceTimesTest, BeginsWithThePriorAndLearns) {
  ServiceTimes times;
  EXPECT_EQ(times.Mean(), ServiceTimes::kPrior);
  EXPECT_EQ(times.MeanOf(Band::kBatch), ServiceTimes::kPrior);
  times.Add(Band::kNormal, 2s);
  times.Add(Band::kNormal, 4s);
  EXPECT_EQ(times.MeanOf(Band::kNormal), 3s);
  EXPECT_EQ(times.Mean(), 3s);
  EXPECT_EQ(times.MeanOf(Band::kBatch), 3s) << "a band without samples has the mean of all";
  times.Add(Band::kBatch, 9s);
  EXPECT_EQ(times.MeanOf(Band::kBatch), 9s);
  EXPECT_EQ(times.MeanOf(Band::kNormal), 3s);
  EXPECT_EQ(times.Mean(), 5s);
}

TEST(ServiceTimesTest, ForgetsOldReleases) {
  ServiceTimes times;
  for (int i = 0; i < 1000; ++i) times.Add(Band::kNormal, 1s);
  for (int i = 0; i < 64; ++i) times.Add(Band::kNormal, 3s);
  EXPECT_NEAR(std::chrono::duration<double>(times.Mean()).count(), 3 - 2 / 2.718, 0.05);
  for (int i = 0; i < 1000; ++i) times.Add(Band::kNormal, 3s);
  EXPECT_NEAR(std::chrono::duration<double>(times.Mean()).count(), 3, 0.001);
}

TEST(ServiceTimesTest, ANegativeTimeCountsAsNone) {
  ServiceTimes times;
  times.Add(Band::kNormal, -1s);
  EXPECT_EQ(times.Mean(), 0s);
}

}  // namespace
}  // namespace headgate::backends

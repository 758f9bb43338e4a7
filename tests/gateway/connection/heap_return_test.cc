#include "gateway/connection/heap_return.h"

#include <gtest/gtest.h>

#include <chrono>

namespace headgate::gateway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
constexpr std::size_t kMiB = 1u << 20;
constexpr milliseconds kSweep{100};

class HeapReturnTest : public testing::Test {
 protected:
  // Sweeps for `length` with `held` bytes. Returns how often memory was given back.
  int Hold(std::size_t held, seconds length) {
    int given_back = 0;
    for (const TimePoint end = now_ + length; now_ < end; now_ += kSweep) {
      if (heap_return_.Due(held, now_)) ++given_back;
    }
    return given_back;
  }
  HeapReturn heap_return_;
  TimePoint now_ = TimePoint{} + seconds(1000);
};

TEST_F(HeapReturnTest, GivesBackOnceAndSoonWhatABurstHasLeft) {
  EXPECT_EQ(Hold(0, seconds(10)), 0);
  EXPECT_EQ(Hold(200 * kMiB, seconds(2)), 0);
  EXPECT_EQ(Hold(0, seconds(7)), 1);
  EXPECT_EQ(Hold(0, seconds(60)), 0);
}

TEST_F(HeapReturnTest, LeavesASteadyLoadAlone) { EXPECT_EQ(Hold(200 * kMiB, seconds(60)), 0); }

TEST_F(HeapReturnTest, LeavesALoadThatComesAndGoesWithinAPeriodAlone) {
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(Hold(100 * kMiB, seconds(1)), 0);
    EXPECT_EQ(Hold(0, seconds(1)), 0);
  }
}

TEST_F(HeapReturnTest, LeavesWhatIsTooLittleAlone) {
  EXPECT_EQ(Hold(HeapReturn::kLeast - 1, seconds(5)), 0);
  EXPECT_EQ(Hold(0, seconds(60)), 0);
}

TEST_F(HeapReturnTest, FollowsALoadThatFallsInSteps) {
  Hold(300 * kMiB, seconds(5));
  EXPECT_EQ(Hold(200 * kMiB, seconds(7)), 1);
  EXPECT_EQ(Hold(100 * kMiB, seconds(7)), 1);
  EXPECT_EQ(Hold(99 * kMiB, seconds(20)), 0);
  EXPECT_EQ(Hold(0, seconds(7)), 1);
}

}  // namespace
}  // namespace headgate::gateway

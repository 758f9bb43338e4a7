#include "backends/telemetry/poll_schedule.h"

#include <gtest/gtest.h>

#include <vector>

namespace headgate::backends {
namespace {

using namespace std::chrono_literals;

constexpr Clock::time_point kBegin{1000h};

TEST(PollScheduleTest, PollsEachSecondOneAtATime) {
  const ReplicaLoad one;
  PollSchedule schedule;
  EXPECT_EQ(schedule.Begin(&one, kBegin), 0U);
  EXPECT_EQ(schedule.Begin(&one, kBegin + 5s), std::nullopt) << "the first is still running";
  schedule.End(&one, true, 1, kBegin + 5s);
  EXPECT_EQ(schedule.Begin(&one, kBegin + 5s), 0U);
  schedule.End(&one, true, 1, kBegin + 5s);
  EXPECT_EQ(schedule.Begin(&one, kBegin + 6s - 1ms), std::nullopt);
  // A late round does not delay the next one.
  EXPECT_EQ(schedule.Begin(&one, kBegin + 6500ms), 0U);
  schedule.End(&one, true, 1, kBegin + 6500ms);
  EXPECT_EQ(schedule.Begin(&one, kBegin + 7s), 0U);
}

TEST(PollScheduleTest, SpreadsReplicasOverTheInterval) {
  constexpr int kReplicas = 40;
  const std::vector<ReplicaLoad> replicas(kReplicas);
  PollSchedule schedule;
  std::vector<int> polls(10);
  for (auto now = 0ms; now < 1s; now += 10ms) {
    for (const ReplicaLoad& replica : replicas) {
      if (!schedule.Begin(&replica, kBegin + now)) continue;
      ++polls[static_cast<std::size_t>(now / 100ms)];
      schedule.End(&replica, true, 1, kBegin + now);
    }
  }
  for (const int count : polls) {
    EXPECT_GE(count, 3);
    EXPECT_LE(count, 5);
  }
}

TEST(PollScheduleTest, AsksTheNextQuestionAndRestsAfterTheLast) {
  const ReplicaLoad one;
  PollSchedule schedule;
  EXPECT_EQ(schedule.Begin(&one, kBegin), 0U);
  schedule.End(&one, false, 2, kBegin + 10ms);
  EXPECT_EQ(schedule.Begin(&one, kBegin + 1s), 1U);
  schedule.End(&one, true, 2, kBegin + 1s);
  EXPECT_EQ(schedule.Begin(&one, kBegin + 2s), 1U) << "the question that was answered";
  schedule.End(&one, false, 2, kBegin + 2s);
  EXPECT_EQ(schedule.Begin(&one, kBegin + 12s - 1ms), std::nullopt);
  EXPECT_EQ(schedule.Begin(&one, kBegin + 12s), 0U);
}

TEST(PollScheduleTest, DoesNotRestForOneBadPage) {
  ReplicaLoad one;
  PollSchedule schedule;
  EXPECT_EQ(schedule.Begin(&one, kBegin), 0U);
  one.Note({.running = 1}, {}, kBegin);
  schedule.End(&one, true, 1, kBegin);
  for (auto now = 1s; now < PollSchedule::kTrust; ++now) {
    ASSERT_EQ(schedule.Begin(&one, kBegin + now), 0U);
    schedule.End(&one, false, 1, kBegin + now);
  }
  EXPECT_EQ(schedule.Begin(&one, kBegin + 60s), 0U);
  schedule.End(&one, false, 1, kBegin + 60s);
  EXPECT_EQ(schedule.Begin(&one, kBegin + 70s - 1ms), std::nullopt) << "read a minute ago";
  EXPECT_EQ(schedule.Begin(&one, kBegin + 70s), 0U);
}

TEST(PollScheduleTest, ForgetsReplicasThatAreNoLongerThere) {
  const ReplicaLoad stays;
  const ReplicaLoad goes;
  PollSchedule schedule;
  EXPECT_EQ(schedule.Begin(&stays, kBegin), 0U);
  schedule.Begin(&goes, kBegin);
  EXPECT_EQ(schedule.Begin(&goes, kBegin + 1s), 0U);
  schedule.End(&stays, true, 1, kBegin + 1s);
  schedule.End(&goes, false, 2, kBegin + 1s);
  EXPECT_EQ(schedule.Begin(&stays, kBegin + 2s), 0U);
  schedule.EndRound(kBegin + 2s);
  schedule.End(&stays, true, 1, kBegin + 2s);
  schedule.End(&goes, true, 1, kBegin + 2s);  // forgotten
  // It comes back as a new replica, with its first question, at its place in the interval.
  EXPECT_EQ(schedule.Begin(&goes, kBegin + 2s), std::nullopt);
  EXPECT_EQ(schedule.Begin(&goes, kBegin + 3s), 0U);
  EXPECT_EQ(schedule.Begin(&stays, kBegin + 3s), 0U);
}

}  // namespace
}  // namespace headgate::backends

#include "backends/scheduler/preemption.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <vector>

namespace headgate::backends {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kJudgedAt{1000h};

class Attempt : public Preemptible {
 public:
  void MoveAside() override { ++told; }
  int told = 0;
};

class PreemptionTest : public testing::Test {
 protected:
  void AddAttempts(int count) {
    for (int i = 0; i < count; ++i) {
      numbers_.push_back(preemption_.Add(attempts_.emplace_back(), *replica_));
    }
  }
  void AddWaiter(Duration left) {
    Waiter& waiter = waiters_.emplace_back();
    waiter.latest_grant = kJudgedAt + left;
    waiter.sequence = waiters_.size();
    preemption_.Waits(waiter);
  }
  std::size_t Move(int movable = 100, Duration interval = 100ms) {
    SlotSet here;
    here.Add(replica_);
    return preemption_.MoveAside(
        {.now = kJudgedAt, .grant_interval = interval, .movable = movable},
        {.replicas = here, .has = [](const Waiter& waiter) { return waiter.lane == nullptr; }});
  }
  std::vector<int> Told() const {
    std::vector<int> told;
    for (const Attempt& attempt : attempts_) told.push_back(attempt.told);
    return told;
  }

  std::shared_ptr<SlotCount> replica_ = std::make_shared<SlotCount>();
  Preemption preemption_;
  std::deque<Attempt> attempts_;
  std::deque<Waiter> waiters_;
  std::vector<std::uint64_t> numbers_;
};

TEST_F(PreemptionTest, MovesTheYoungestOnceForEachLateWaiter) {
  AddAttempts(4);
  EXPECT_EQ(Move(), 0u) << "nobody waits";
  AddWaiter(0ms);
  AddWaiter(0ms);
  EXPECT_EQ(Move(), 2u);
  EXPECT_EQ(Told(), (std::vector{0, 0, 1, 1}));
  EXPECT_EQ(Move(), 0u) << "both are on their way";
}

TEST_F(PreemptionTest, AWaiterThatWillBeInTimeMovesNobody) {
  AddAttempts(4);
  // The first waiter is sure to be granted within three intervals of 100 ms.
  AddWaiter(310ms);
  EXPECT_EQ(Move(), 0u);
  EXPECT_EQ(Move(100, 110ms), 1u);
}

TEST_F(PreemptionTest, CountsOnlyTheWaitersThatReleasesDoNotServeInTime) {
  AddAttempts(10);
  // Within 700 ms releases serve two waiters for sure (2 + 2 * 1.41 < 7) and the third with luck
  // (3 + 2 * 1.73 < 7). The fourth would need eight intervals.
  for (int i = 0; i < 5; ++i) AddWaiter(700ms);
  EXPECT_EQ(Move(), 2u);
}

TEST_F(PreemptionTest, NeverMovesBelowTheFloor) {
  AddAttempts(5);
  for (int i = 0; i < 5; ++i) AddWaiter(0ms);
  EXPECT_EQ(Move(/*movable=*/-1), 0u);
  EXPECT_EQ(Move(0), 0u);
  EXPECT_EQ(Move(2), 2u);
  EXPECT_EQ(Move(2), 0u) << "those that were told still run and count";
}

TEST_F(PreemptionTest, WhatHasCommittedOrEndedIsNotMoved) {
  AddAttempts(2);
  preemption_.Remove(numbers_[1]);
  AddWaiter(0ms);
  AddWaiter(0ms);
  EXPECT_EQ(Move(), 1u);
  EXPECT_EQ(Told(), (std::vector{1, 0}));
  preemption_.Remove(numbers_[0]);
  preemption_.Remove(numbers_[0]);
  EXPECT_EQ(Move(), 0u);
}

TEST_F(PreemptionTest, IfOneIsNotEnoughTheNextIsToldWhenTheFirstHasGone) {
  AddAttempts(2);
  AddWaiter(0ms);
  EXPECT_EQ(Move(), 1u);
  EXPECT_EQ(Move(), 0u);
  preemption_.Remove(numbers_[1]);
  EXPECT_EQ(Move(), 1u);
  EXPECT_EQ(Told(), (std::vector{1, 1}));
}

TEST_F(PreemptionTest, AWaiterWithoutADeadlineIsNeverLate) {
  AddAttempts(1);
  Waiter& waiter = waiters_.emplace_back();
  waiter.latest_grant = TimePoint::max();
  preemption_.Waits(waiter);
  EXPECT_EQ(Move(100, 24h), 0u);
  preemption_.WaitsNoMore(waiter);
  AddWaiter(0ms);
  preemption_.WaitsNoMore(waiters_.back());
  EXPECT_EQ(Move(), 0u) << "nobody waits any more";
}

TEST_F(PreemptionTest, MovesOnlyAttemptsAtReplicasThatTheWaiterCouldUse) {
  AddAttempts(1);
  SlotCount elsewhere;
  Attempt other;
  const std::uint64_t number = preemption_.Add(other, elsewhere);
  AddWaiter(0ms);
  AddWaiter(0ms);
  EXPECT_EQ(Move(), 1u);
  EXPECT_EQ(other.told, 0);
  const char lane = 0;
  waiters_.front().lane = waiters_.back().lane = &lane;
  EXPECT_EQ(Move(), 0u) << "the waiters of another group do not count here";
  preemption_.Remove(number);
}

TEST_F(PreemptionTest, KnowsWhetherAnotherWaiterCouldMoveAnAttempt) {
  EXPECT_FALSE(preemption_.HasForOneMore(10));
  AddAttempts(2);
  EXPECT_TRUE(preemption_.HasForOneMore(10));
  EXPECT_FALSE(preemption_.HasForOneMore(0));
  AddWaiter(0ms);
  EXPECT_TRUE(preemption_.HasForOneMore(2));
  EXPECT_FALSE(preemption_.HasForOneMore(1));
  Move();
  EXPECT_TRUE(preemption_.HasForOneMore(2)) << "the told attempt serves the waiter";
  AddWaiter(0ms);
  EXPECT_FALSE(preemption_.HasForOneMore(2));
}

}  // namespace
}  // namespace headgate::backends

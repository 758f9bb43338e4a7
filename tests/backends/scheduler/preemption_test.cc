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
  // They run, and nothing else fits beside them.
  void AddAttempts(int count) {
    for (int i = 0; i < count; ++i) AddAttempt(0);
  }
  void AddAttempt(std::int64_t tokens) {
    ++running_;
    tokens_ += tokens;
    replica_->SetLimits(running_, tokens_);
    ASSERT_TRUE(replica_->TryTake(tokens));
    numbers_.push_back(preemption_.Add(attempts_.emplace_back(), *replica_, tokens));
  }
  // The attempt has given its slot back.
  void End(std::size_t attempt, std::int64_t tokens = 0) {
    preemption_.Remove(numbers_[attempt]);
    (void)replica_->Return(tokens);
  }
  void AddWaiter(Duration left, std::int64_t tokens = 0) {
    Waiter& waiter = waiters_.emplace_back();
    waiter.tokens = tokens;
    waiter.latest_grant = kJudgedAt + left;
    waiter.sequence = waiters_.size();
    preemption_.Waits(waiter);
  }
  std::size_t Move(int movable = 100, Duration interval = 100ms) {
    BlockedLanes lanes{{nullptr, {}}};
    lanes.front().replicas.Add(replica_);
    return preemption_.MoveAside({.now = kJudgedAt, .grant_interval = interval, .movable = movable},
                                 lanes);
  }
  std::vector<int> Told() const {
    std::vector<int> told;
    for (const Attempt& attempt : attempts_) told.push_back(attempt.told);
    return told;
  }

  std::shared_ptr<SlotCount> replica_ = std::make_shared<SlotCount>();
  int running_ = 0;
  std::int64_t tokens_ = 0;
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

TEST_F(PreemptionTest, MakesRoomForAllTokensAtOnce) {
  for (const std::int64_t tokens : {9'000, 500, 20'000, 800, 300}) AddAttempt(tokens);
  AddWaiter(0ms, 20'500);
  EXPECT_EQ(Move(), 2u) << "20,000 and 800 are enough; 300 more would be moved in vain";
  EXPECT_EQ(Told(), (std::vector{0, 0, 1, 1, 0}));
  EXPECT_EQ(Move(), 0u) << "both are on their way";
}

TEST_F(PreemptionTest, ASmallWaiterMovesTheYoungestAttemptThatIsEnough) {
  for (const std::int64_t tokens : {9'000, 20'000, 300}) AddAttempt(tokens);
  AddWaiter(0ms, 200);
  EXPECT_EQ(Move(), 1u);
  EXPECT_EQ(Told(), (std::vector{0, 0, 1}));
  AddWaiter(0ms, 200);
  EXPECT_EQ(Move(), 1u);
  EXPECT_EQ(Told(), (std::vector{0, 1, 1}));
  for (int i = 0; i < 3; ++i) AddWaiter(0ms, 6'000);
  EXPECT_EQ(Move(), 1u) << "the rest of 20,000 serves two more, but there is no slot for them";
  EXPECT_EQ(Told(), (std::vector{1, 1, 1}));
}

TEST_F(PreemptionTest, NothingIsMovedInVain) {
  for (const std::int64_t tokens : {500, 700}) AddAttempt(tokens);
  replica_->SetLimits(10, 50'000);
  ASSERT_TRUE(replica_->TryTake(48'000)) << "other work";
  AddWaiter(0ms, 10'000);
  EXPECT_EQ(Move(), 0u) << "both together do not make room";
  AddWaiter(0ms, 1'000);
  EXPECT_EQ(Move(), 1u) << "one does for the next";
  EXPECT_EQ(Told(), (std::vector{0, 1}));
}

TEST_F(PreemptionTest, APromptAsLargeAsTheReplicaNeedsAllOfIt) {
  for (const std::int64_t tokens : {500, 700}) AddAttempt(tokens);
  AddWaiter(0ms, 1'000'000);
  EXPECT_EQ(Move(1), 0u) << "one above the floor is not enough";
  EXPECT_EQ(Move(2), 2u);
}

TEST_F(PreemptionTest, ARoomThatIsFreeIsNotMadeTwice) {
  AddAttempts(2);
  AddWaiter(0ms);
  EXPECT_EQ(Move(), 1u);
  EXPECT_EQ(Move(), 0u);
  End(1);
  EXPECT_EQ(Move(), 0u) << "the slot is free, and the waiter will get it";
  preemption_.WaitsNoMore(waiters_.front());
  ASSERT_TRUE(replica_->TryTake(0)) << "it got it";
  AddWaiter(0ms);
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
  SlotCount elsewhere(1);
  ASSERT_TRUE(elsewhere.TryTake(0));
  Attempt other;
  const std::uint64_t number = preemption_.Add(other, elsewhere, 0);
  AddWaiter(0ms);
  AddWaiter(0ms);
  EXPECT_EQ(Move(), 1u);
  EXPECT_EQ(other.told, 0);
  const char lane = 0;
  waiters_.front().lane = waiters_.back().lane = &lane;
  EXPECT_EQ(Move(), 0u) << "the waiters of another group do not count here";
  preemption_.Remove(number);
}

// However many replicas there are, all attempts of one replica are looked at.
TEST_F(PreemptionTest, ALongPromptFindsRoomInALargePool) {
  constexpr int kReplicas = 16;
  constexpr int kRunning = 43;
  BlockedLanes lanes{{nullptr, {}}};
  std::vector<std::shared_ptr<SlotCount>> replicas;
  for (int r = 0; r < kReplicas; ++r) {
    replicas.push_back(std::make_shared<SlotCount>(kRunning, kRunning * 2'000));
    lanes.front().replicas.Add(replicas.back());
  }
  for (int i = 0; i < kRunning; ++i) {
    for (const auto& replica : replicas) {
      ASSERT_TRUE(replica->TryTake(2'000));
      preemption_.Add(attempts_.emplace_back(), *replica, 2'000);
    }
  }
  AddWaiter(0ms, 50'000);
  EXPECT_TRUE(preemption_.MakesRoom(50'000, replicas, 25));
  EXPECT_EQ(
      preemption_.MoveAside({.now = kJudgedAt, .grant_interval = 100ms, .movable = 600}, lanes),
      25u);
  int at_the_last = 0;
  for (std::size_t i = kReplicas - 1; i < attempts_.size(); i += kReplicas) {
    at_the_last += attempts_[i].told;
  }
  EXPECT_EQ(at_the_last, 25) << "all at one replica, where the youngest run";
}

TEST_F(PreemptionTest, TwoLanesDoNotCountOnTheSameRoom) {
  AddAttempts(3);
  const char lane = 0;
  BlockedLanes lanes{{nullptr, {}}, {&lane, {}}};
  for (BlockedLane& one : lanes) one.replicas.Add(replica_);
  AddWaiter(0ms);
  AddWaiter(0ms);
  waiters_.back().lane = &lane;
  EXPECT_EQ(
      preemption_.MoveAside({.now = kJudgedAt, .grant_interval = 100ms, .movable = 100}, lanes),
      2u);
}

TEST_F(PreemptionTest, KnowsWhetherAttemptsMakeRoom) {
  for (const std::int64_t tokens : {500, 700}) AddAttempt(tokens);
  replica_->SetLimits(10, 50'000);
  ASSERT_TRUE(replica_->TryTake(48'000)) << "other work";
  EXPECT_TRUE(preemption_.MakesRoom(2'000, {replica_}, 2));
  EXPECT_FALSE(preemption_.MakesRoom(2'001, {replica_}, 2));
  EXPECT_FALSE(preemption_.MakesRoom(3'000, {replica_}, 1)) << "one of the two is the floor";
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

#include "backends/scheduler/slot_queue.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

#include "backends/scheduler/batch_hold.h"

namespace headgate::backends {
namespace {

using namespace std::chrono_literals;
using Outcome = SlotQueue::Outcome;
using Why = SlotTaker::Why;

constexpr TimePoint kNow{1000h};

// A request at the only replica of a queue.
class Request : public SlotTaker, public Preemptible {
 public:
  explicit Request(SlotCount& replica, std::int64_t tokens = 1)
      : replica_(replica), tokens_(tokens) {}
  Try TryTake(TimePoint) override {
    if (unusable) return Try::kUnusable;
    return replica_.TryGrant(tokens_) ? Try::kTaken : Try::kNoRoom;
  }
  void Wake(Why reason) override { why = reason; }
  void MoveAside() override { ++told; }

  bool unusable = false;
  std::optional<Why> why;
  int told = 0;

 private:
  SlotCount& replica_;
  const std::int64_t tokens_;
};

class SlotQueueTest : public testing::Test {
 protected:
  void Fill(Band band = Band::kNormal) {
    while (replica_->TryTake(1)) queue_->Started(band);
  }
  void ReturnOne(Band band = Band::kNormal) {
    queue_->Released({.band = band, .held = 1s});
    if (replica_->Return(1)) replica_->KickQueues(kNow);
  }
  Outcome Join(Request& request, Band band = Band::kNormal, bool front = false) {
    return queue_->Join(request, {.band = band, .front = front}, kNow).outcome;
  }
  // Empties the line, so that the queue may go.
  template <typename... Requests>
  void Leave(Requests&... requests) {
    (queue_->Leave(requests, kNow), ...);
  }

  std::shared_ptr<SlotCount> replica_ = std::make_shared<SlotCount>(2);
  std::shared_ptr<SlotQueue> queue_ =
      SlotQueue::Make({replica_}, {.limit = 2, .batch_floor = 0, .preempt = false});
};

TEST_F(SlotQueueTest, GrantsAtOnceWhatIsFree) {
  Request request(*replica_);
  EXPECT_EQ(Join(request), Outcome::kGranted);
  EXPECT_EQ(request.why, std::nullopt);
  EXPECT_GT(request.charged(), 0ns);
  EXPECT_FALSE(replica_->contended());
  EXPECT_EQ(replica_->in_flight(), 1);
  EXPECT_FALSE(queue_->Leave(request, kNow));
}

TEST_F(SlotQueueTest, AReturnedSlotGoesToTheWaiter) {
  Fill();
  Request first(*replica_);
  Request second(*replica_);
  EXPECT_EQ(Join(first), Outcome::kWaiting);
  EXPECT_EQ(Join(second), Outcome::kWaiting);
  EXPECT_TRUE(replica_->contended());
  EXPECT_TRUE(queue_->HasWaiters());
  ReturnOne();
  EXPECT_EQ(first.why, Why::kGranted);
  EXPECT_EQ(second.why, std::nullopt);
  EXPECT_FALSE(replica_->TryTake(1)) << "waiters go first";
  EXPECT_TRUE(queue_->Leave(second, kNow));
  EXPECT_FALSE(replica_->contended());
  EXPECT_FALSE(queue_->HasWaiters());
  EXPECT_FALSE(queue_->Leave(first, kNow)) << "it was granted";
}

TEST_F(SlotQueueTest, ANewcomerThatIsNotTheHeadWaitsEvenIfASlotIsFree) {
  Fill();
  Request large(*replica_, 100);
  Request small(*replica_);
  replica_->SetLimits(3, 50);
  EXPECT_EQ(Join(large), Outcome::kWaiting) << "it fits only alone";
  EXPECT_EQ(Join(small), Outcome::kWaiting) << "a long prompt must not starve";
  ReturnOne();
  EXPECT_EQ(small.why, std::nullopt);
  Leave(large);
  EXPECT_EQ(small.why, Why::kGranted) << "the head that wanted more room has gone";
}

TEST_F(SlotQueueTest, AMoreUrgentNewcomerTriesAtOnce) {
  Fill();
  Request large(*replica_, 100);
  Request critical(*replica_);
  replica_->SetLimits(3, 50);
  EXPECT_EQ(Join(large), Outcome::kWaiting);
  EXPECT_EQ(Join(critical, Band::kLatencyCritical), Outcome::kGranted);
  Leave(large);
}

TEST_F(SlotQueueTest, AFullQueueShedsALowerBandElseTheNewcomer) {
  Fill();
  Request normal(*replica_);
  Request old_batch(*replica_);
  Request young_batch(*replica_);
  Request critical(*replica_);
  Request last(*replica_);
  EXPECT_EQ(Join(old_batch, Band::kBatch), Outcome::kWaiting);
  EXPECT_EQ(Join(young_batch, Band::kBatch), Outcome::kWaiting);
  EXPECT_EQ(Join(last, Band::kBatch), Outcome::kFull);
  EXPECT_EQ(Join(normal), Outcome::kWaiting);
  EXPECT_EQ(young_batch.why, Why::kShed);
  EXPECT_EQ(Join(critical, Band::kLatencyCritical), Outcome::kWaiting);
  EXPECT_EQ(old_batch.why, Why::kShed);
  EXPECT_EQ(Join(last), Outcome::kFull);
  EXPECT_EQ(Join(last, Band::kLatencyCritical), Outcome::kWaiting) << "normal is shed";
  EXPECT_EQ(normal.why, Why::kShed);
  const SlotQueue::Figures figures = queue_->figures(kNow);
  EXPECT_EQ(figures.shed, (std::array<std::uint64_t, kBands>{0, 1, 2}));
  EXPECT_EQ(figures.full, (std::array<std::uint64_t, kBands>{0, 1, 1}));
  EXPECT_EQ(figures.waiting, (std::array<std::size_t, kBands>{2, 0, 0}));
  Leave(critical, last);
}

TEST_F(SlotQueueTest, AFullQueueTellsHowLongTheWaitWouldBe) {
  Fill();
  Request first(*replica_);
  Request second(*replica_);
  Request third(*replica_);
  Join(first);
  Join(second);
  const SlotQueue::Joined joined = queue_->Join(third, {}, kNow);
  EXPECT_EQ(joined.outcome, Outcome::kFull);
  // Two are before it, two slots, 1 s each: a grant every 500 ms.
  EXPECT_NEAR(std::chrono::duration<double>(joined.predicted).count(), 0.5 * (2 + 2.0 / 3), 1e-6);
  Leave(first, second);
}

TEST_F(SlotQueueTest, SheddingTheHeadLetsTheNewcomerTry) {
  queue_->Configure({.limit = 1, .batch_floor = 500'000}, kNow);
  Fill();
  replica_->SetLimits(3, 50);
  Request large_batch(*replica_, 100);
  Request normal(*replica_);
  EXPECT_EQ(Join(large_batch, Band::kBatch), Outcome::kWaiting) << "below its floor: the head";
  EXPECT_EQ(Join(normal), Outcome::kGranted);
  EXPECT_EQ(large_batch.why, Why::kShed);
  EXPECT_FALSE(replica_->contended());
}

TEST_F(SlotQueueTest, WhatWasMovedAsideWaitsBeyondTheLimit) {
  queue_->Configure({.limit = 0, .batch_floor = 0}, kNow);
  Fill();
  Request batch(*replica_);
  EXPECT_EQ(Join(batch, Band::kBatch), Outcome::kFull);
  EXPECT_EQ(Join(batch, Band::kBatch, /*front=*/true), Outcome::kWaiting);
  Leave(batch);
}

TEST_F(SlotQueueTest, UnusableRequestsAreSentAway) {
  Request newcomer(*replica_);
  newcomer.unusable = true;
  EXPECT_EQ(Join(newcomer), Outcome::kUnusable);
  EXPECT_FALSE(replica_->contended());
  Fill();
  Request first(*replica_);
  Request second(*replica_);
  Join(first);
  Join(second);
  first.unusable = true;
  queue_->Kick(kNow);
  EXPECT_EQ(first.why, Why::kUnusable);
  EXPECT_EQ(second.why, std::nullopt);
  Leave(second);
}

TEST_F(SlotQueueTest, BatchHasItsFloorAndNoMoreWhileOthersWait) {
  replica_->SetLimits(4, 0);
  queue_->Configure({.limit = 100, .batch_floor = 250'000}, kNow);  // one slot
  Fill(Band::kLatencyCritical);
  Request batch1(*replica_);
  Request batch2(*replica_);
  Request critical(*replica_);
  Join(critical, Band::kLatencyCritical);
  Join(batch1, Band::kBatch);
  Join(batch2, Band::kBatch);
  ReturnOne(Band::kLatencyCritical);
  EXPECT_EQ(batch1.why, Why::kGranted);
  EXPECT_EQ(queue_->running_batch(), 1);
  ReturnOne(Band::kLatencyCritical);
  EXPECT_EQ(critical.why, Why::kGranted);
  EXPECT_EQ(batch2.why, std::nullopt);
  ReturnOne(Band::kLatencyCritical);
  EXPECT_EQ(batch2.why, Why::kGranted) << "nobody else waits";
  EXPECT_EQ(queue_->running_batch(), 2);
}

TEST_F(SlotQueueTest, TheFloorIsRoundedUpUpToHalfOfTheSlotsThatAreLeft) {
  struct Case {
    int slots;
    int others;
    std::int64_t floor;
    int expected;
  };
  for (const Case& a_case :
       {Case{48, 0, 100'000, 5}, Case{4, 0, 100'000, 1}, Case{4, 0, 0, 0}, Case{4, 0, 1'000'000, 2},
        Case{48, 28, 100'000, 2}, Case{1, 0, 100'000, 0}, Case{0, 0, 500'000, 0}}) {
    replica_->SetLimits(a_case.slots, 0);
    replica_->SetOthers(a_case.others);
    queue_->Configure({.batch_floor = a_case.floor}, kNow);
    EXPECT_EQ(queue_->figures(kNow).batch_floor, a_case.expected) << a_case.slots;
  }
}

TEST_F(SlotQueueTest, MoreSlotsAreGrantedWhenTheLimitRises) {
  Fill();
  Request request(*replica_);
  Join(request);
  replica_->SetLimits(3, 0);
  queue_->Configure({.limit = 5}, kNow);
  EXPECT_EQ(request.why, Why::kGranted);
}

TEST_F(SlotQueueTest, PredictsNothingWhileASlotIsFree) {
  EXPECT_EQ(queue_->Predicted(Band::kNormal, kNow), 0ns);
  EXPECT_EQ(queue_->Predicted(Band::kBatch, "a", 1, kNow), 0ns);
  Fill();
  EXPECT_GT(queue_->Predicted(Band::kNormal, kNow), 0ns);
  EXPECT_GT(queue_->Predicted(Band::kNormal, "a", 1, kNow), 0ns);
  EXPECT_EQ(queue_->figures(kNow).predicted[1], queue_->Predicted(Band::kNormal, kNow));
}

TEST_F(SlotQueueTest, ALightTeamIsNotToldToWaitForAHeavyOne) {
  queue_->Configure({.limit = 100}, kNow);
  Fill();
  std::vector<std::unique_ptr<Request>> heavy;
  for (int i = 0; i < 50; ++i) {
    heavy.push_back(std::make_unique<Request>(*replica_));
    queue_->Join(*heavy.back(), {.team = "heavy"}, kNow);
  }
  EXPECT_GT(queue_->Predicted(Band::kNormal, kNow), 20s);
  EXPECT_GT(queue_->Predicted(Band::kNormal, "heavy", 1, kNow), 20s);
  EXPECT_LT(queue_->Predicted(Band::kNormal, "light", 1, kNow), 1s);
  for (const auto& request : heavy) Leave(*request);
}

TEST_F(SlotQueueTest, MovesTheYoungestBatchAsideForALateWaiter) {
  queue_->Configure({.limit = 100, .batch_floor = 0, .preempt = true}, kNow);
  Request old(*replica_);
  Request young(*replica_);
  Fill(Band::kBatch);
  BatchHold of_old(queue_, old);
  BatchHold of_young(queue_, young);
  EXPECT_EQ(queue_->Predicted(Band::kLatencyCritical, kNow), SlotQueue::kMoveAsideTime);
  Request normal(*replica_);
  Join(normal);
  EXPECT_EQ(old.told + young.told, 0) << "normal work waits";
  Request critical(*replica_);
  queue_->Join(critical, {.band = Band::kLatencyCritical, .deadline = kNow + 300ms, .lead = 100ms},
               kNow);
  EXPECT_EQ(young.told, 1);
  EXPECT_EQ(old.told, 0);
  of_young.Committed();
  ReturnOne(Band::kBatch);
  EXPECT_EQ(critical.why, Why::kGranted);
  EXPECT_EQ(old.told, 0);
  EXPECT_EQ(queue_->figures(kNow).moved_aside, 1u);
  Leave(normal);
}

TEST_F(SlotQueueTest, AnAttemptThatCommittedAfterItWasToldIsReplacedAtTheNextKick) {
  queue_->Configure({.limit = 100, .batch_floor = 0, .preempt = true}, kNow);
  Request old(*replica_);
  Request young(*replica_);
  Fill(Band::kBatch);
  BatchHold of_old(queue_, old);
  BatchHold of_young(queue_, young);
  Request critical(*replica_);
  queue_->Join(critical, {.band = Band::kLatencyCritical, .deadline = kNow}, kNow);
  EXPECT_EQ(young.told, 1);
  BatchHold moved = std::move(of_young);
  moved.Committed();
  queue_->Kick(kNow);
  EXPECT_EQ(old.told, 1);
  Leave(critical);
}

TEST_F(SlotQueueTest, AQueueOfANewGenerationSharesWhatRuns) {
  Fill(Band::kBatch);
  ReturnOne(Band::kBatch);
  const auto added = std::make_shared<SlotCount>(1);
  const auto next = SlotQueue::Make({replica_, added}, {.batch_floor = 0}, queue_.get());
  EXPECT_EQ(next->running_batch(), 1);
  queue_->Started(Band::kBatch);
  ASSERT_TRUE(replica_->TryTake(1));
  ASSERT_TRUE(added->TryTake(1));
  EXPECT_EQ(next->running_batch(), 2);
  // Both queues have waiters at the replica. The older one is served first.
  Request of_new(*replica_);
  Request of_old(*replica_);
  EXPECT_EQ(next->Join(of_new, {}, kNow).outcome, Outcome::kWaiting);
  EXPECT_EQ(Join(of_old), Outcome::kWaiting);
  EXPECT_TRUE(added->contended());
  ReturnOne(Band::kBatch);
  EXPECT_EQ(of_old.why, Why::kGranted);
  EXPECT_EQ(of_new.why, std::nullopt);
  EXPECT_TRUE(replica_->contended()) << "the new queue still has a waiter";
  ReturnOne(Band::kBatch);
  EXPECT_EQ(of_new.why, Why::kGranted);
  EXPECT_FALSE(replica_->contended());
  EXPECT_FALSE(added->contended());
}

}  // namespace
}  // namespace headgate::backends

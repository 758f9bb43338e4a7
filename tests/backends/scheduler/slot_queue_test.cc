#include <memory>
#include <optional>
#include <vector>

#include "backends/scheduler/batch_hold.h"
#include "tests/backends/scheduler/slot_queue_fixture.h"

namespace headgate::backends {
namespace {

using namespace std::chrono_literals;

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

TEST_F(SlotQueueTest, HasAForecastAfterSixteenReleases) {
  for (int i = 0; i < SlotQueue::kFewestReleases; ++i) {
    EXPECT_FALSE(queue_->HasForecast()) << i;
    queue_->Released({.band = Band::kNormal, .held = 1s});
  }
  EXPECT_TRUE(queue_->HasForecast());
}

TEST_F(SlotQueueTest, AFullQueueTurnsAwayTheTeamThatAsksForMostBeyondItsShare) {
  queue_->Configure({replica_}, {.limit = 4, .batch_floor = 0}, kNow);
  Fill();
  std::vector<std::unique_ptr<Request>> flood;
  const auto join = [&](const char* team, int share) {
    flood.push_back(std::make_unique<Request>(*replica_));
    return queue_->Join(*flood.back(), {.team = team, .share = share}, kNow).outcome;
  };
  for (int i = 0; i < 4; ++i) EXPECT_EQ(join("lab", 1), Outcome::kWaiting);
  EXPECT_EQ(join("lab", 1), Outcome::kFull);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(join("search", 3), Outcome::kWaiting);
    EXPECT_EQ(flood[static_cast<std::size_t>(3 - i)]->why, Why::kShed) << "the youngest of lab";
  }
  EXPECT_EQ(join("search", 3), Outcome::kFull) << "three of search and one of lab are their shares";
  for (const auto& request : flood) Leave(*request);
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

TEST_F(SlotQueueTest, AFullQueueTellsWhoWaitsAndHowLongTheWaitWouldBe) {
  Fill();
  Request first(*replica_);
  Request second(*replica_);
  Request third(*replica_);
  Join(first);
  Join(second);
  const SlotQueue::Joined joined = queue_->Join(third, {}, kNow);
  EXPECT_EQ(joined.outcome, Outcome::kFull);
  EXPECT_EQ(joined.waiting, 2u);
  EXPECT_EQ(joined.limit, 2);
  // Two are before it, two slots, 1 s each: a grant every 500 ms.
  const std::chrono::duration<double> wait = queue_->Predicted(Band::kNormal, "", 1, kNow);
  EXPECT_NEAR(wait.count(), 0.5 * (2 + 2.0 / 3), 1e-6);
  Leave(first, second);
}

TEST_F(SlotQueueTest, CountsWhyRequestsLeave) {
  using Leaving = SlotQueue::Leaving;
  using ByBand = std::array<std::uint64_t, kBands>;
  queue_->Configure({replica_}, {.limit = 9, .batch_floor = 0}, kNow);
  Fill();
  Request expired(*replica_);
  Request left(*replica_);
  Request gone(*replica_);
  Request drained(*replica_);
  Request down(*replica_);
  Join(expired, Band::kBatch);
  for (Request* const request : {&left, &gone, &drained, &down}) Join(*request);
  EXPECT_TRUE(queue_->Leave(expired, kNow, Leaving::kExpired));
  EXPECT_FALSE(queue_->Leave(expired, kNow, Leaving::kExpired)) << "it waits no more";
  EXPECT_TRUE(queue_->Leave(left, kNow, Leaving::kElsewhere));
  EXPECT_TRUE(queue_->Leave(gone, kNow, Leaving::kGone));
  EXPECT_TRUE(queue_->Leave(drained, kNow, Leaving::kDrained));
  down.unusable = true;
  queue_->Kick(kNow);
  Request never_waited(*replica_);
  never_waited.unusable = true;
  EXPECT_EQ(Join(never_waited), Outcome::kUnusable);
  const SlotQueue::Figures figures = queue_->figures(kNow);
  EXPECT_EQ(figures.expired, (ByBand{0, 0, 1}));
  EXPECT_EQ(figures.left, (ByBand{0, 2, 0})) << "one for another target, one from a dead one";
  EXPECT_EQ(figures.gone, (ByBand{0, 1, 0}));
  EXPECT_EQ(figures.drained, (ByBand{0, 1, 0}));
}

TEST_F(SlotQueueTest, SheddingTheHeadLetsTheNewcomerTry) {
  queue_->Configure({replica_}, {.limit = 1, .batch_floor = 500'000}, kNow);
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
  queue_->Configure({replica_}, {.limit = 0, .batch_floor = 0}, kNow);
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
  queue_->Configure({replica_}, {.limit = 100, .batch_floor = 250'000}, kNow);  // one slot
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
    replica_->SetOthers(a_case.others, 0);
    queue_->Configure({replica_}, {.batch_floor = a_case.floor}, kNow);
    EXPECT_EQ(queue_->figures(kNow).batch_floor, a_case.expected) << a_case.slots;
  }
}

TEST_F(SlotQueueTest, SlotsOfEjectedReplicasAreNoPartOfTheFloor) {
  const auto second = std::make_shared<SlotCount>(48);
  replica_->SetLimits(48, 0);
  queue_->Configure({replica_, second}, {.batch_floor = 100'000}, kNow);
  EXPECT_EQ(queue_->figures(kNow).batch_floor, 10);
  second->SetDown(true);
  EXPECT_EQ(queue_->figures(kNow).batch_floor, 5);
  second->SetDown(false);
  EXPECT_EQ(queue_->figures(kNow).batch_floor, 10);
}

TEST_F(SlotQueueTest, MoreSlotsAreGrantedWhenTheLimitRises) {
  Fill();
  Request request(*replica_);
  Join(request);
  replica_->SetLimits(3, 0);
  queue_->Configure({replica_}, {.limit = 5}, kNow);
  EXPECT_EQ(request.why, Why::kGranted);
}

TEST_F(SlotQueueTest, PredictsAWaitWhileNoSlotIsFree) {
  EXPECT_EQ(queue_->figures(kNow).predicted[1], 0ns);
  Fill();
  EXPECT_GT(queue_->Predicted(Band::kNormal, "a", 1, kNow), 0ns);
  EXPECT_EQ(queue_->figures(kNow).predicted[1], queue_->Predicted(Band::kNormal, "a", 1, kNow));
}

TEST_F(SlotQueueTest, ALightTeamIsNotToldToWaitForAHeavyOne) {
  queue_->Configure({replica_}, {.limit = 100}, kNow);
  Fill();
  std::vector<std::unique_ptr<Request>> heavy;
  for (int i = 0; i < 50; ++i) {
    heavy.push_back(std::make_unique<Request>(*replica_));
    queue_->Join(*heavy.back(), {.team = "heavy"}, kNow);
  }
  EXPECT_GT(queue_->figures(kNow).predicted[1], 20s);
  EXPECT_GT(queue_->Predicted(Band::kNormal, "heavy", 1, kNow), 20s);
  EXPECT_LT(queue_->Predicted(Band::kNormal, "light", 1, kNow), 1s);
  for (const auto& request : heavy) Leave(*request);
}

TEST_F(SlotQueueTest, MovesTheYoungestBatchAsideForALateWaiter) {
  queue_->Configure({replica_}, {.limit = 100, .batch_floor = 0, .preempt = true}, kNow);
  Request old(*replica_);
  Request young(*replica_);
  Fill(Band::kBatch);
  BatchHold of_old(queue_, old, *replica_, 1);
  BatchHold of_young(queue_, young, *replica_, 1);
  EXPECT_EQ(queue_->Predicted(Band::kLatencyCritical, "a", 1, kNow), SlotQueue::kMoveAsideTime);
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
  queue_->Configure({replica_}, {.limit = 100, .batch_floor = 0, .preempt = true}, kNow);
  Request old(*replica_);
  Request young(*replica_);
  Fill(Band::kBatch);
  BatchHold of_old(queue_, old, *replica_, 1);
  BatchHold of_young(queue_, young, *replica_, 1);
  Request critical(*replica_);
  queue_->Join(critical, {.band = Band::kLatencyCritical, .deadline = kNow}, kNow);
  EXPECT_EQ(young.told, 1);
  BatchHold moved = std::move(of_young);
  moved.Committed();
  queue_->Kick(kNow);
  EXPECT_EQ(old.told, 1);
  Leave(critical);
}

TEST_F(SlotQueueTest, RequestsThatWereMovedAsideDoNotCountForTheLimit) {
  Fill();
  Request moved(*replica_);
  Request first(*replica_);
  Request second(*replica_);
  Request third(*replica_);
  EXPECT_EQ(Join(moved, Band::kBatch, /*front=*/true), Outcome::kWaiting);
  EXPECT_EQ(Join(first), Outcome::kWaiting);
  EXPECT_EQ(Join(second), Outcome::kWaiting);
  EXPECT_EQ(Join(third), Outcome::kFull);
  Leave(moved, first, second);
}

}  // namespace
}  // namespace headgate::backends

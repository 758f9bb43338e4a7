// Requests in one line that can be served by different replicas.

#include <memory>
#include <optional>

#include "backends/scheduler/batch_hold.h"
#include "tests/backends/scheduler/slot_queue_fixture.h"

namespace headgate::backends {
namespace {

using SlotLanesTest = SlotQueueTest;

TEST_F(SlotLanesTest, AReloadThatChangesTheReplicasKeepsTheLine) {
  Fill();
  Request batch(*replica_);
  Join(batch, Band::kBatch);
  const auto added = std::make_shared<SlotCount>(1);
  ASSERT_TRUE(added->TryTake(1));
  queue_->Configure({replica_, added}, {.batch_floor = 0}, kNow);
  EXPECT_FALSE(added->contended()) << "nobody waits for it";
  const char lane = 0;
  Request critical(*added);
  Request here(*replica_);
  queue_->Join(critical, {.band = Band::kLatencyCritical, .lane = &lane}, kNow);
  EXPECT_TRUE(added->contended());
  EXPECT_EQ(Join(here, Band::kLatencyCritical), Outcome::kWaiting);
  ReturnOne();
  EXPECT_EQ(here.why, Why::kGranted);
  EXPECT_EQ(batch.why, std::nullopt);
  queue_->Configure({added}, {.batch_floor = 0}, kNow);
  EXPECT_TRUE(replica_->contended()) << "a request that began before still waits for it";
  ReturnOne();
  EXPECT_EQ(batch.why, Why::kGranted);
  EXPECT_EQ(critical.why, std::nullopt);
  EXPECT_FALSE(replica_->contended());
  if (added->Return(1)) added->KickQueue(kNow);
  EXPECT_EQ(critical.why, Why::kGranted);
  EXPECT_FALSE(added->contended());
}

// A request that began before a reload may join when its replica is no longer listed.
TEST_F(SlotLanesTest, ARequestForAReplicaThatIsNotListedIsServedThere) {
  const auto former = std::make_shared<SlotCount>(1);
  ASSERT_TRUE(former->TryTake(1));
  Fill();
  const char lane = 0;
  Request critical(*replica_);
  Request old(*former);
  EXPECT_EQ(Join(critical, Band::kLatencyCritical), Outcome::kWaiting);
  queue_->Join(old, {.lane = &lane}, kNow);
  if (former->Return(1)) former->KickQueue(kNow);
  EXPECT_EQ(old.why, Why::kGranted);
  EXPECT_EQ(critical.why, std::nullopt);
  Leave(critical);
}

TEST_F(SlotLanesTest, BatchIsMovedAsideOnlyWhereTheLateRequestCouldRun) {
  const auto second = std::make_shared<SlotCount>(1);
  queue_->Configure({replica_, second}, {.limit = 100, .batch_floor = 0, .preempt = true}, kNow);
  Fill();
  ASSERT_TRUE(second->TryTake(1));
  queue_->Started(Band::kBatch);
  Request batch(*second);
  const BatchHold hold(queue_, batch, *second, 1);
  Request late(*replica_);
  queue_->Join(late, {.band = Band::kLatencyCritical, .deadline = kNow}, kNow);
  queue_->Kick(kNow);
  EXPECT_EQ(batch.told, 0);
  const char lane = 0;
  Request there(*second);
  queue_->Join(there, {.band = Band::kLatencyCritical, .deadline = kNow, .lane = &lane}, kNow);
  EXPECT_EQ(batch.told, 1);
  Leave(late, there);
}

// Two models at one backend: the first replica does not serve the first model any more.
TEST_F(SlotLanesTest, ARequestOfAnotherLaneTakesWhatTheFirstCannotUse) {
  const auto second = std::make_shared<SlotCount>(1);
  queue_->Configure({replica_, second}, {.limit = 100, .batch_floor = 0}, kNow);
  Fill();
  ASSERT_TRUE(second->TryTake(1));
  const char lanes[2] = {};
  Request first(*second);
  Request behind_it(*second);
  Request other(*replica_);
  queue_->Join(first, {.lane = &lanes[0]}, kNow);
  queue_->Join(behind_it, {.lane = &lanes[0]}, kNow);
  queue_->Join(other, {.lane = &lanes[1]}, kNow);
  ReturnOne();
  EXPECT_EQ(other.why, Why::kGranted);
  EXPECT_FALSE(replica_->contended()) << "a newcomer takes what nobody waits for";
  EXPECT_EQ(first.why, std::nullopt);
  EXPECT_EQ(behind_it.why, std::nullopt);
  Leave(first, behind_it);
}

TEST_F(SlotLanesTest, ASmallRequestOfAnotherLaneDoesNotPassALongPrompt) {
  replica_->SetLimits(10, 100);
  ASSERT_TRUE(replica_->TryTake(60));
  const char lanes[2] = {};
  Request longer(*replica_, 80);
  Request small(*replica_, 10);
  queue_->Join(longer, {.lane = &lanes[0]}, kNow);
  EXPECT_EQ(queue_->Join(small, {.lane = &lanes[1]}, kNow).outcome, Outcome::kWaiting);
  queue_->Kick(kNow);
  EXPECT_EQ(small.why, std::nullopt);
  Leave(longer);
  EXPECT_EQ(small.why, Why::kGranted);
}

}  // namespace
}  // namespace headgate::backends

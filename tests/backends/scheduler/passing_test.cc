// Who may pass a request that does not fit.

#include <memory>
#include <vector>

#include "tests/backends/scheduler/slot_queue_fixture.h"

namespace headgate::backends {
namespace {

using PassingTest = SlotQueueTest;

TEST_F(PassingTest, EightSmallerRequestsMayPassALongPromptThatDoesNotFit) {
  replica_->SetLimits(100, 100);
  queue_->Configure({replica_}, {.limit = 100, .batch_floor = 0}, kNow);
  ASSERT_TRUE(replica_->TryTake(50));
  Request longer(*replica_, 80);
  EXPECT_EQ(Join(longer), Outcome::kWaiting);
  std::vector<std::unique_ptr<Request>> small;
  for (int i = 0; i < SlotQueue::kMostPassed; ++i) {
    small.push_back(std::make_unique<Request>(*replica_));
    EXPECT_EQ(Join(*small.back()), Outcome::kGranted) << i;
  }
  Request ninth(*replica_);
  Request batch(*replica_);
  EXPECT_EQ(Join(ninth), Outcome::kWaiting) << "a long prompt must not starve";
  EXPECT_EQ(Join(batch, Band::kBatch), Outcome::kWaiting) << "batch passes nobody";
  Leave(longer);
  EXPECT_EQ(ninth.why, Why::kGranted);
  EXPECT_EQ(batch.why, Why::kGranted);
}

TEST_F(PassingTest, TwoSmallerBatchRequestsMayPassALongOne) {
  replica_->SetLimits(100, 100);
  queue_->Configure({replica_}, {.limit = 100, .batch_floor = 0}, kNow);
  ASSERT_TRUE(replica_->TryTake(50));
  Request longer(*replica_, 80);
  EXPECT_EQ(Join(longer, Band::kBatch), Outcome::kWaiting);
  std::vector<std::unique_ptr<Request>> small;
  for (int i = 0; i < SlotQueue::kMostPassedOfBatch; ++i) {
    small.push_back(std::make_unique<Request>(*replica_));
    EXPECT_EQ(Join(*small.back(), Band::kBatch), Outcome::kGranted) << i;
  }
  Request third(*replica_);
  EXPECT_EQ(Join(third, Band::kBatch), Outcome::kWaiting);
  Request urgent(*replica_);
  EXPECT_EQ(Join(urgent, Band::kLatencyCritical), Outcome::kGranted) << "the room is for it";
  Leave(longer);
  EXPECT_EQ(third.why, Why::kGranted);
}

}  // namespace
}  // namespace headgate::backends

#include "gateway/upkeep/webhook_queue.h"

#include <gtest/gtest.h>

#include <chrono>

namespace headgate::gateway {
namespace {

using std::chrono::milliseconds;

constexpr TimePoint kQueueBegin{std::chrono::hours(1)};

BudgetAlert QueuedAlert(NanoUsd spent) {
  BudgetAlert alert;
  alert.spent = spent;
  return alert;
}

WebhookQueue Queue() { return WebhookQueue({.pauses = {milliseconds(200), milliseconds(900)}}); }

TEST(WebhookQueueTest, JudgesByWhetherTheNextTryMayPass) {
  for (const int status : {200, 202, 204}) EXPECT_EQ(JudgePost(status), PostResult::kDelivered);
  for (const int status : {0, 408, 429, 500, 503})
    EXPECT_EQ(JudgePost(status), PostResult::kFailed);
  for (const int status : {301, 302, 307, 400, 401, 404, 410}) {
    EXPECT_EQ(JudgePost(status), PostResult::kRefused) << status;
  }
}

TEST(WebhookQueueTest, TriesThreeTimesAfterGrowingPauses) {
  WebhookQueue queue = Queue();
  EXPECT_FALSE(queue.Due());
  ASSERT_TRUE(queue.Add(QueuedAlert(1), kQueueBegin));
  EXPECT_EQ(queue.Due(), kQueueBegin);
  EXPECT_FALSE(queue.EndTry(PostResult::kFailed, kQueueBegin));
  EXPECT_EQ(queue.Due(), kQueueBegin + milliseconds(200));
  EXPECT_FALSE(queue.EndTry(PostResult::kFailed, kQueueBegin + milliseconds(500)));
  EXPECT_EQ(queue.Due(), kQueueBegin + milliseconds(1400));
  EXPECT_TRUE(queue.EndTry(PostResult::kFailed, kQueueBegin + milliseconds(1500)));
  queue.RemoveFirst(kQueueBegin + milliseconds(1500));
  EXPECT_FALSE(queue.Due());
}

TEST(WebhookQueueTest, DoesNotTryAgainWhatIsDeliveredOrRefused) {
  for (const PostResult result : {PostResult::kDelivered, PostResult::kRefused}) {
    WebhookQueue queue = Queue();
    ASSERT_TRUE(queue.Add(QueuedAlert(1), kQueueBegin));
    EXPECT_TRUE(queue.EndTry(result, kQueueBegin));
    EXPECT_EQ(queue.tries(), 1u);
  }
}

TEST(WebhookQueueTest, KeepsTheOrderAndEachHasItsOwnTries) {
  WebhookQueue queue = Queue();
  ASSERT_TRUE(queue.Add(QueuedAlert(1), kQueueBegin));
  ASSERT_TRUE(queue.Add(QueuedAlert(2), kQueueBegin + milliseconds(5)));
  EXPECT_FALSE(queue.EndTry(PostResult::kFailed, kQueueBegin));
  EXPECT_EQ(queue.first().spent, 1);
  EXPECT_TRUE(queue.EndTry(PostResult::kDelivered, kQueueBegin + milliseconds(300)));
  queue.RemoveFirst(kQueueBegin + milliseconds(300));
  EXPECT_EQ(queue.first().spent, 2);
  EXPECT_EQ(queue.tries(), 0u);
  EXPECT_EQ(queue.Due(), kQueueBegin + milliseconds(300));
}

TEST(WebhookQueueTest, IsBounded) {
  WebhookQueue queue = Queue();
  for (std::size_t i = 0; i < WebhookQueue::kMost; ++i) {
    EXPECT_TRUE(queue.Add(QueuedAlert(static_cast<NanoUsd>(i)), kQueueBegin));
  }
  EXPECT_FALSE(queue.Add(QueuedAlert(-1), kQueueBegin));
  queue.RemoveFirst(kQueueBegin);
  EXPECT_TRUE(queue.Add(QueuedAlert(-1), kQueueBegin));
}

}  // namespace
}  // namespace headgate::gateway

#include "loadtest/sim/engine/engine_queue.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "loadtest/sim/engine/other_clients.h"

namespace headgate::loadtest::sim {
namespace {

struct QueueUser final : EngineUser {
  using EngineUser::EngineUser;
  void OnSlot() override {
    runs = true;
    ++slots_taken;
  }
  void OnPreempted() override { runs = false; }
  bool runs = false;
  int slots_taken = 0;
};

EngineLimits Limits(std::int64_t slots, std::int64_t kv_tokens = 0) {
  EngineLimits limits;
  limits.slots = slots;
  limits.kv_tokens = kv_tokens;
  return limits;
}

TEST(EngineQueueTest, ServesInOrderOfArrival) {
  EngineQueue queue(Limits(1));
  QueueUser first, second, third;
  for (QueueUser* user : {&first, &second, &third}) queue.Enter(*user, 10, -user->slots_taken);
  EXPECT_TRUE(first.runs);
  EXPECT_FALSE(second.runs);
  EXPECT_EQ(queue.waiting(), 2);
  queue.Leave(first);
  EXPECT_TRUE(second.runs);
  EXPECT_FALSE(third.runs);
  EXPECT_EQ(queue.running(), 1);
}

TEST(EngineQueueTest, WhoLeavesTheQueueIsSkipped) {
  EngineQueue queue(Limits(1));
  QueueUser first, second, third;
  for (QueueUser* user : {&first, &second, &third}) queue.Enter(*user, 10, 0);
  queue.Leave(second);
  queue.Leave(first);
  EXPECT_FALSE(second.runs);
  EXPECT_TRUE(third.runs);
  queue.Leave(first);
  EXPECT_EQ(queue.running(), 1);
  EXPECT_EQ(queue.kv_used(), 10);
}

TEST(EngineQueueTest, ZeroIsNoLimit) {
  EngineQueue queue(Limits(0));
  QueueUser users[100];
  for (QueueUser& user : users) queue.Enter(user, 1'000'000, 0);
  EXPECT_EQ(queue.running(), 100);
  EXPECT_EQ(queue.waiting(), 0);
}

TEST(EngineQueueTest, PriorityOrdersTheQueueByItsSign) {
  for (const PriorityOrder order : {PriorityOrder::kLowFirst, PriorityOrder::kHighFirst}) {
    EngineLimits limits = Limits(1);
    limits.scheduling = Scheduling::kPriority;
    limits.order = order;
    EngineQueue queue(limits);
    QueueUser running, zero, low, high, low_later;
    queue.Enter(running, 1, 0);
    queue.Enter(zero, 1, 0);
    queue.Enter(high, 1, 7);
    queue.Enter(low, 1, -7);
    queue.Enter(low_later, 1, -7);
    const bool low_first = order == PriorityOrder::kLowFirst;
    std::vector<QueueUser*> expected{&low, &low_later, &zero, &high};
    if (!low_first) expected = {&high, &zero, &low, &low_later};
    QueueUser* last = &running;
    for (QueueUser* next : expected) {
      queue.Leave(*last);
      EXPECT_TRUE(next->runs) << low_first;
      EXPECT_EQ(queue.running(), 1);
      last = next;
    }
  }
}

TEST(EngineQueueTest, WithoutPrioritySchedulingAllPrioritiesAreEqual) {
  EngineQueue queue(Limits(1));
  QueueUser running, first, urgent;
  queue.Enter(running, 1, 0);
  queue.Enter(first, 1, 5);
  queue.Enter(urgent, 1, -5);
  queue.Leave(running);
  EXPECT_TRUE(first.runs);
  EXPECT_FALSE(urgent.runs);
}

TEST(EngineQueueTest, PromptsMustFitTheRoomAndWaitInOrder) {
  EngineQueue queue(Limits(10, 100));
  QueueUser first, large, small;
  queue.Enter(first, 60, 0);
  queue.Enter(large, 50, 0);
  queue.Enter(small, 10, 0);  // would fit, but stands behind the large one
  EXPECT_FALSE(large.runs);
  EXPECT_FALSE(small.runs);
  EXPECT_EQ(queue.kv_used(), 60);
  queue.Leave(first);
  EXPECT_TRUE(large.runs);
  EXPECT_TRUE(small.runs);
  EXPECT_EQ(queue.kv_used(), 60);
}

TEST(EngineQueueTest, WhatExceedsTheWholeRoomRunsAlone) {
  EngineQueue queue(Limits(10, 100));
  QueueUser small, huge, next;
  queue.Enter(small, 10, 0);
  queue.Enter(huge, 500, 0);
  EXPECT_FALSE(huge.runs);
  queue.Leave(small);
  EXPECT_TRUE(huge.runs);
  queue.Enter(next, 1, 0);
  EXPECT_FALSE(next.runs);
  EXPECT_TRUE(queue.Grow(huge, 100));
  queue.Leave(huge);
  EXPECT_TRUE(next.runs);
}

TEST(EngineQueueTest, AnswerThatGrowsBeyondTheRoomPutsTheLatestBack) {
  EngineQueue queue(Limits(10, 100));
  QueueUser first, second, third;
  for (QueueUser* user : {&first, &second, &third}) queue.Enter(*user, 30, 0);
  EXPECT_TRUE(queue.Grow(first, 10));
  EXPECT_EQ(queue.kv_used(), 100);
  EXPECT_TRUE(queue.Grow(second, 1));
  EXPECT_FALSE(third.runs);
  EXPECT_EQ(queue.kv_used(), 71);
  EXPECT_EQ(queue.preemptions(), 1);
  EXPECT_EQ(queue.waiting(), 1);
  queue.Leave(first);
  EXPECT_TRUE(third.runs);
  EXPECT_EQ(third.slots_taken, 2);
  // The latest may be the one that grows.
  EXPECT_FALSE(queue.Grow(third, 60));
  EXPECT_FALSE(third.runs);
  queue.Leave(third);
  EXPECT_EQ(queue.kv_used(), 31);
}

TEST(EngineQueueTest, UrgentRequestsKeepTheirSlotsWhenTheRoomIsFull) {
  EngineLimits limits = Limits(10, 100);
  limits.scheduling = Scheduling::kPriority;
  EngineQueue queue(limits);
  QueueUser patient, urgent;
  queue.Enter(patient, 50, 9);
  queue.Enter(urgent, 50, 0);
  EXPECT_TRUE(queue.Grow(urgent, 1));
  EXPECT_FALSE(patient.runs);
}

TEST(EngineQueueTest, OtherClientsTakeSlotsAndLeaveThem) {
  EngineQueue queue(Limits(4, 100));
  OtherClients others(queue);
  others.Set({3, 20});
  EXPECT_EQ(queue.running(), 3);
  EXPECT_EQ(queue.kv_used(), 60);
  QueueUser ours[2];
  for (QueueUser& user : ours) queue.Enter(user, 10, 0);
  EXPECT_TRUE(ours[0].runs);
  EXPECT_FALSE(ours[1].runs);
  others.Set({6, 0});  // three more wait behind ours
  EXPECT_EQ(queue.waiting(), 4);
  others.Set({1, 0});
  EXPECT_TRUE(ours[1].runs);
  EXPECT_EQ(queue.running(), 3);
  EXPECT_EQ(queue.waiting(), 0);
}

TEST(EngineQueueTest, SequencesAreCountedWithTheirRequest) {
  EngineQueue queue(Limits(2, 100));
  QueueUser four(4);
  QueueUser one;
  QueueUser three(3);
  queue.Enter(four, 60, 0);
  queue.Enter(one, 10, 0);
  queue.Enter(three, 10, 0);
  EXPECT_EQ(queue.running(), 2) << "a slot is for a request";
  EXPECT_EQ(queue.running_sequences(), 5);
  EXPECT_EQ(queue.waiting_sequences(), 3);
  EXPECT_TRUE(queue.Grow(four, 40));
  EXPECT_FALSE(one.runs);
  EXPECT_EQ(queue.running_sequences(), 4);
  EXPECT_EQ(queue.waiting_sequences(), 4);
  for (QueueUser* const user : {&three, &four, &one}) queue.Leave(*user);
  EXPECT_EQ(queue.running_sequences(), 0);
  EXPECT_EQ(queue.waiting_sequences(), 0);
}

TEST(EngineQueueTest, OthersAreReadAsANumberAndTokens) {
  EXPECT_EQ(ParseOthers("3")->requests, 3);
  EXPECT_EQ(ParseOthers("3")->tokens, 0);
  EXPECT_EQ(ParseOthers("0,5")->tokens, 5);
  for (const std::string_view text : {"", "x", "3,", "3,x", "-1", "1000000"}) {
    EXPECT_FALSE(ParseOthers(text)) << text;
  }
}

}  // namespace
}  // namespace headgate::loadtest::sim

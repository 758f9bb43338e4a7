#include <gtest/gtest.h>

#include <optional>

#include "gateway/proxy/attempt_machine.h"

namespace headgate::gateway {
namespace {

// Steps of the attempt machine for requests whose targets have queues.

using backends::AttemptResult;
using std::chrono::milliseconds;

const TimePoint kOpening{std::chrono::hours(1)};

AttemptMachine::Rules QuietRules() {
  return {.now = kOpening,
          .deadline = kOpening + std::chrono::minutes(10),
          .failover = {},
          .hedge_delay = {},
          .seed = 7};
}

AttemptFailure NoCredit() {
  AttemptFailure failure;
  failure.error.result = AttemptResult::kNoCredit;
  return failure;
}

AttemptFailure Untranslatable() {
  AttemptFailure failure;
  failure.error.result = AttemptResult::kStatus4xx;
  failure.untranslatable = true;
  return failure;
}

AttemptFailure TooLong() {
  AttemptFailure failure;
  failure.error.result = AttemptResult::kStatus4xx;
  failure.context_too_long = true;
  return failure;
}

AttemptFailure FullUntil(std::optional<std::size_t> leaves_for = {}) {
  AttemptFailure failure;
  failure.passed_over = failure.full = true;
  failure.leaves_for = leaves_for;
  return failure;
}

AttemptFailure TurnedAway() {
  AttemptFailure failure;
  failure.passed_over = failure.queue_full = true;
  failure.error.result = AttemptResult::kStatus429;
  return failure;
}

// Two models of one backend, then an API: the second model is asked behind it.
TEST(QueuedSteps, a_target_with_the_same_queue_is_no_way_out_of_it) {
  RetryBudget budget;
  AttemptMachine alone({PlanStep{.queue = 4}, PlanStep{.queue = 4}}, QuietRules());
  EXPECT_TRUE(alone.Start().last);
  AttemptMachine machine({PlanStep{.queue = 4}, PlanStep{.queue = 4}, PlanStep{}}, QuietRules());
  EXPECT_FALSE(machine.Start().last);
  EXPECT_FALSE(machine.MayLeaveFor(0, kOpening));
  EXPECT_FALSE(machine.MayLeaveFor(1, kOpening));
  EXPECT_TRUE(machine.MayLeaveFor(2, kOpening));
  EXPECT_EQ(machine.OnFailure(FullUntil(), budget, kOpening).plan_index, 2u);
  const auto step = machine.OnFailure(NoCredit(), budget, kOpening);
  EXPECT_EQ(step.plan_index, 1u) << "it may still answer if the API does not";
  EXPECT_TRUE(step.last);
}

TEST(QueuedSteps, a_request_leaves_a_queue_for_the_target_that_takes_it) {
  RetryBudget budget;
  AttemptMachine machine({PlanStep{.queue = 4}, PlanStep{.queue = 5}, PlanStep{}}, QuietRules());
  EXPECT_TRUE(machine.MayLeaveFor(1, kOpening));
  EXPECT_EQ(machine.OnFailure(FullUntil(2), budget, kOpening).plan_index, 2u);
  EXPECT_EQ(machine.OnFailure(NoCredit(), budget, kOpening).plan_index, 1u);
  const auto back = machine.OnFailure(FullUntil(), budget, kOpening);
  EXPECT_EQ(back.plan_index, 0u) << "it waits there after all";
  EXPECT_FALSE(back.last) << "the other pool may have room before";
}

// Both pools are full at first. Whichever has room first takes the request.
TEST(QueuedSteps, a_request_returns_to_the_queue_that_has_room_again) {
  RetryBudget budget;
  AttemptMachine machine({PlanStep{.queue = 4}, PlanStep{.queue = 5}}, QuietRules());
  const auto second = machine.OnFailure(TurnedAway(), budget, kOpening);
  EXPECT_EQ(second.plan_index, 1u);
  EXPECT_FALSE(second.last);
  EXPECT_TRUE(machine.MayLeaveFor(0, kOpening));
  const auto first = machine.OnFailure(FullUntil(0), budget, kOpening);
  EXPECT_EQ(first.plan_index, 0u);
  EXPECT_EQ(machine.OnFailure(FullUntil(1), budget, kOpening).plan_index, 1u);
  EXPECT_EQ(machine.OnFailure(NoCredit(), budget, kOpening).plan_index, 0u);
  EXPECT_FALSE(machine.MayLeaveFor(1, kOpening)) << "it has failed";
  EXPECT_EQ(machine.OnFailure(NoCredit(), budget, kOpening).kind, AttemptMachine::Kind::kGiveUp)
      << "each was asked once";
}

// The client need not change its request: the pool could have read it.
TEST(QueuedSteps, a_full_queue_is_no_reason_to_refuse_the_form_of_a_request) {
  const PlanStep pool{.translated = true, .queue = 4};
  const PlanStep spilled{.translated = true, .spilled = true, .queue = 4};
  RetryBudget budget;
  AttemptMachine machine({pool, PlanStep{.translated = true}}, QuietRules());
  EXPECT_EQ(machine.OnFailure(TurnedAway(), budget, kOpening).plan_index, 1u);
  EXPECT_EQ(machine.OnFailure(Untranslatable(), budget, kOpening).kind,
            AttemptMachine::Kind::kGiveUp);
  AttemptMachine decided({PlanStep{.translated = true}, spilled}, QuietRules());
  EXPECT_EQ(decided.OnFailure(Untranslatable(), budget, kOpening).plan_index, 1u);
  EXPECT_EQ(decided.OnFailure(TurnedAway(), budget, kOpening).kind, AttemptMachine::Kind::kGiveUp);
}

// The first target was held back, so the request came back to it, and was moved aside there.
TEST(QueuedSteps, a_request_that_was_moved_aside_beside_its_hedge_is_asked_again) {
  AttemptMachine::Rules rules = QuietRules();
  rules.hedge_delay = milliseconds(300);
  const TimePoint free = kOpening + std::chrono::minutes(1);
  RetryBudget budget;
  HedgeBudget hedges;
  hedges.OnRequest(1'000'000);
  AttemptMachine machine({PlanStep{.queue = 4}, PlanStep{.busy_until = free}}, rules);
  EXPECT_EQ(machine.OnFailure(FullUntil(), budget, kOpening).plan_index, 0u);
  EXPECT_EQ(machine.OnSilence(hedges, free).kind, AttemptMachine::Kind::kStartHedge);
  AttemptFailure moved;
  moved.error.result = AttemptResult::kMovedAside;
  EXPECT_EQ(machine.OnFailure(moved, budget, free).kind, AttemptMachine::Kind::kWait);
  const auto again = machine.OnFailure(NoCredit(), budget, free);
  EXPECT_EQ(again.kind, AttemptMachine::Kind::kSend);
  EXPECT_EQ(again.plan_index, 0u);
  EXPECT_TRUE(again.front);
  EXPECT_EQ(machine.OnFailure(NoCredit(), budget, free).kind, AttemptMachine::Kind::kGiveUp);
}

TEST(QueuedSteps, a_target_at_its_limit_for_long_is_no_way_out_of_a_queue) {
  const PlanStep busy{.busy_until = kOpening + AttemptMachine::kLongestWait + milliseconds(1)};
  AttemptMachine machine({PlanStep{.queue = 4}, busy}, QuietRules());
  EXPECT_TRUE(machine.Start().last);
  EXPECT_FALSE(machine.MayLeaveFor(1, kOpening));
  EXPECT_TRUE(machine.MayLeaveFor(1, kOpening + milliseconds(1)));
}

// It would never have been asked if the pool had not been full.
TEST(QueuedSteps, a_target_that_cannot_be_told_the_request_does_not_end_it) {
  RetryBudget budget;
  const PlanStep pool{.translated = true, .queue = 4};
  AttemptMachine machine({pool, PlanStep{.translated = true}}, QuietRules());
  EXPECT_EQ(machine.OnFailure(FullUntil(1), budget, kOpening).plan_index, 1u);
  const auto back = machine.OnFailure(Untranslatable(), budget, kOpening);
  EXPECT_EQ(back.kind, AttemptMachine::Kind::kSend);
  EXPECT_EQ(back.plan_index, 0u);
}

TEST(QueuedSteps, a_target_that_was_decided_upon_as_the_pool_was_full_does_not_end_it_either) {
  RetryBudget budget;
  const PlanStep pool{.translated = true, .spilled = true, .queue = 4};
  AttemptMachine machine({PlanStep{.translated = true}, PlanStep{.translated = true}, pool},
                         QuietRules());
  const auto back = machine.OnFailure(Untranslatable(), budget, kOpening);
  EXPECT_EQ(back.kind, AttemptMachine::Kind::kSend);
  EXPECT_EQ(back.plan_index, 2u);
}

TEST(QueuedSteps, a_request_comes_back_unless_the_pool_would_find_it_too_long_as_well) {
  for (const std::int64_t context : {4'000, 16'000}) {
    RetryBudget budget;
    AttemptMachine machine({PlanStep{.context = context, .queue = 4}, PlanStep{.context = 8'000}},
                           QuietRules());
    EXPECT_EQ(machine.OnFailure(FullUntil(1), budget, kOpening).plan_index, 1u);
    EXPECT_EQ(machine.OnFailure(TooLong(), budget, kOpening).kind,
              context > 8'000 ? AttemptMachine::Kind::kSend : AttemptMachine::Kind::kReturn);
  }
}

TEST(QueuedSteps, a_target_that_is_only_waited_for_does_not_count_as_tried) {
  AttemptMachine::Rules rules = QuietRules();
  rules.failover.attempts.targets = 1;
  rules.failover.attempts.backoff = milliseconds(0);
  const AttemptMachine::Plan plan = {PlanStep{.queue = 4}, PlanStep{}};
  RetryBudget budget;
  AttemptMachine machine(plan, rules);
  EXPECT_FALSE(machine.Start().last);
  EXPECT_TRUE(machine.MayLeaveFor(1, kOpening));
  EXPECT_EQ(machine.OnFailure(FullUntil(1), budget, kOpening).plan_index, 1u);
  EXPECT_EQ(machine.OnFailure(NoCredit(), budget, kOpening).kind, AttemptMachine::Kind::kGiveUp)
      << "one target was tried";
  AttemptMachine again(plan, rules);
  AttemptFailure reset;
  reset.error.result = AttemptResult::kReset;
  const auto step = again.OnFailure(reset, budget, kOpening);
  EXPECT_TRUE(step.same_target);
  EXPECT_TRUE(step.last) << "it was asked";
  EXPECT_FALSE(again.MayLeaveFor(1, kOpening));
}

// The look has paid for it, and has seen that its limits permit the request.
TEST(QueuedSteps, the_target_that_a_queue_is_left_for_is_asked) {
  RetryBudget empty;
  while (empty.Take(kOpening)) {
  }
  const PlanStep soon{.failing = true, .busy_until = kOpening + milliseconds(500)};
  AttemptMachine machine({PlanStep{.queue = 4}, PlanStep{}, soon}, QuietRules());
  const auto step = machine.OnFailure(FullUntil(2), empty, kOpening);
  EXPECT_EQ(step.plan_index, 2u);
  EXPECT_EQ(step.wait, milliseconds(0));
  EXPECT_TRUE(step.insist) << "a slow start does not hold it back";
}

TEST(QueuedSteps, a_request_that_came_back_may_leave_again) {
  RetryBudget budget;
  const TimePoint free = kOpening + std::chrono::minutes(1);
  AttemptMachine machine({PlanStep{.queue = 4}, PlanStep{}, PlanStep{.busy_until = free}},
                         QuietRules());
  EXPECT_EQ(machine.OnFailure(FullUntil(1), budget, kOpening).plan_index, 1u);
  const auto back = machine.OnFailure(NoCredit(), budget, kOpening);
  EXPECT_EQ(back.plan_index, 0u);
  EXPECT_TRUE(back.last) << "the other target is at its limit";
  EXPECT_EQ(machine.OnFailure(FullUntil(2), budget, free).plan_index, 2u);
  const auto end = machine.OnFailure(NoCredit(), budget, free);
  EXPECT_EQ(end.plan_index, 0u) << "it may still be served there";
  EXPECT_EQ(machine.OnFailure(NoCredit(), budget, free).kind, AttemptMachine::Kind::kGiveUp);
}

TEST(QueuedSteps, the_rest_of_an_answer_leaves_a_queue_for_the_target_that_takes_it) {
  AttemptMachine::Rules rules = QuietRules();
  rules.failover.resume = true;
  RetryBudget budget;
  const PlanStep pool{.prefill = true, .queue = 4};
  AttemptMachine machine({PlanStep{}, pool, PlanStep{.prefill = true}, PlanStep{.prefill = true}},
                         rules);
  machine.OnFirstToken(kOpening);
  const ResumeFacts text{.text_bytes = 9};
  EXPECT_EQ(machine.OnBroken(AttemptResult::kCut, text, kOpening).plan_index, 1u);
  const auto step = machine.OnResumeFailed(FullUntil(3), text, budget, kOpening);
  EXPECT_EQ(step.kind, AttemptMachine::Kind::kResume);
  EXPECT_EQ(step.plan_index, 3u);
}

}  // namespace
}  // namespace headgate::gateway

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

AttemptFailure FullUntil(std::optional<std::size_t> leaves_for = {}) {
  AttemptFailure failure;
  failure.passed_over = failure.full = true;
  failure.leaves_for = leaves_for;
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
  EXPECT_TRUE(back.last);
}

TEST(QueuedSteps, a_target_at_its_limit_for_long_is_no_way_out_of_a_queue) {
  const PlanStep busy{.busy_until = kOpening + AttemptMachine::kLongestWait + milliseconds(1)};
  AttemptMachine machine({PlanStep{.queue = 4}, busy}, QuietRules());
  EXPECT_TRUE(machine.Start().last);
  EXPECT_FALSE(machine.MayLeaveFor(1, kOpening));
  EXPECT_TRUE(machine.MayLeaveFor(1, kOpening + milliseconds(1)));
}

}  // namespace
}  // namespace headgate::gateway

#include <gtest/gtest.h>

#include <utility>

#include "gateway/proxy/attempt_machine.h"

namespace headgate::gateway {
namespace {

// Steps of the attempt machine that bring a healthy target back: the loser of a race, a target that
// was passed over, and a target with a passing fault.

using backends::AttemptResult;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = AttemptMachine::Kind;
using Racer = AttemptMachine::Racer;

const TimePoint kNoon{seconds(2000)};

AttemptFailure FaultOf(AttemptResult result, std::optional<milliseconds> asked_wait = {}) {
  AttemptFailure failure;
  failure.error.result = result;
  failure.error.retry_after = asked_wait;
  return failure;
}

AttemptFailure NotAsked(bool held_back) {
  AttemptFailure failure;
  failure.passed_over = true;
  failure.held_back = held_back;
  return failure;
}

class RegainedTarget : public testing::Test {
 protected:
  RegainedTarget() {
    hedges_.OnRequest(1'000'000);
    rules_.failover.attempts.backoff = milliseconds(0);
    rules_.failover.attempts.same_target = 0;
  }

  AttemptMachine Racing(AttemptMachine::Plan plan) {
    rules_.hedge_delay = milliseconds(300);
    AttemptMachine machine(std::move(plan), rules_);
    EXPECT_EQ(machine.OnSilence(hedges_, kNoon).kind, Kind::kStartHedge);
    return machine;
  }
  AttemptMachine Committed(AttemptMachine::Plan plan) {
    rules_.failover.resume = true;
    AttemptMachine machine(std::move(plan), rules_);
    EXPECT_EQ(machine.OnFirstToken(kNoon).kind, Kind::kCommit);
    return machine;
  }

  const ResumeFacts text_{.text_bytes = 200};
  AttemptMachine::Rules rules_{.now = kNoon, .deadline = kNoon + seconds(600), .failover = {}};
  HedgeBudget hedges_;
  RetryBudget retries_;
};

TEST_F(RegainedTarget, a_hedge_that_lost_replaces_a_held_answer_that_breaks) {
  rules_.failover.commit.at = config::CommitAt::kComplete;
  rules_.failover.attempts.targets = 2;
  AttemptMachine machine = Racing({PlanStep{}, PlanStep{}});
  EXPECT_EQ(machine.OnFirstToken(kNoon).kind, Kind::kHold);
  const auto step = machine.OnFailure(FaultOf(AttemptResult::kCut), retries_, kNoon);
  EXPECT_EQ(step.kind, Kind::kSend);
  EXPECT_EQ(step.plan_index, 1u);
  EXPECT_EQ(machine.OnFailure(FaultOf(AttemptResult::kCut), retries_, kNoon).kind, Kind::kGiveUp);
}

TEST_F(RegainedTarget, a_silent_first_attempt_that_lost_comes_behind_all_others) {
  rules_.failover.commit.at = config::CommitAt::kComplete;
  AttemptMachine machine = Racing({PlanStep{}, PlanStep{}, PlanStep{}});
  machine.OnFirstToken(kNoon, Racer::kHedge);
  EXPECT_EQ(machine.OnFailure(FaultOf(AttemptResult::kCut), retries_, kNoon).plan_index, 2u);
  const auto step = machine.OnFailure(FaultOf(AttemptResult::kCut), retries_, kNoon);
  EXPECT_EQ(step.kind, Kind::kSend);
  EXPECT_EQ(step.plan_index, 0u);
}

TEST_F(RegainedTarget, a_hedge_that_lost_resumes_the_answer_that_won) {
  rules_.failover.resume = true;
  AttemptMachine machine = Racing({PlanStep{}, PlanStep{.prefill = true}});
  machine.OnFirstToken(kNoon);
  const auto step = machine.OnBroken(AttemptResult::kCut, text_, kNoon);
  EXPECT_EQ(step.kind, Kind::kResume);
  EXPECT_EQ(step.plan_index, 1u);
}

TEST_F(RegainedTarget, a_hedge_that_a_slow_start_held_back_moves_on_and_comes_back_at_the_end) {
  AttemptMachine machine = Racing({PlanStep{}, PlanStep{}, PlanStep{}});
  auto step = machine.OnFailure(NotAsked(/*held_back=*/true), retries_, kNoon, Racer::kHedge);
  EXPECT_EQ(step.kind, Kind::kStartHedge);
  EXPECT_EQ(step.plan_index, 2u);
  const AttemptFailure fault = FaultOf(AttemptResult::kStatus5xx);
  EXPECT_EQ(machine.OnFailure(fault, retries_, kNoon, Racer::kHedge).kind, Kind::kWait);
  step = machine.OnFailure(fault, retries_, kNoon);
  EXPECT_EQ(step.kind, Kind::kSend);
  EXPECT_EQ(step.plan_index, 1u);
  EXPECT_TRUE(step.insist);
}

TEST_F(RegainedTarget, a_hedge_begins_again_without_refused_stream_options) {
  AttemptMachine machine = Racing({PlanStep{}, PlanStep{}});
  AttemptFailure refused = FaultOf(AttemptResult::kStatus4xx);
  refused.stream_options_refused = true;
  const auto step = machine.OnFailure(refused, retries_, kNoon, Racer::kHedge);
  EXPECT_EQ(step.kind, Kind::kStartHedge);
  EXPECT_EQ(step.plan_index, 1u);
  EXPECT_TRUE(step.no_stream_options);
  EXPECT_EQ(machine.OnFailure(refused, retries_, kNoon, Racer::kHedge).kind, Kind::kReturn);
}

TEST_F(RegainedTarget, a_final_refusal_of_the_first_ends_the_race_and_that_of_a_hedge_does_not) {
  const AttemptFailure refused = FaultOf(AttemptResult::kStatus4xx);
  AttemptMachine first = Racing({PlanStep{}, PlanStep{}, PlanStep{}});
  const auto step = first.OnFailure(refused, retries_, kNoon, Racer::kFirst);
  EXPECT_EQ(step.kind, Kind::kReturn);
  EXPECT_TRUE(step.cancel_other);
  EXPECT_EQ(first.OnFailure(refused, retries_, kNoon).kind, Kind::kReturn);
  hedges_.OnRequest(1'000'000);
  AttemptMachine hedge = Racing({PlanStep{}, PlanStep{}, PlanStep{}});
  const auto later = hedge.OnFailure(refused, retries_, kNoon, Racer::kHedge);
  EXPECT_EQ(later.kind, Kind::kReturn);
  EXPECT_FALSE(later.cancel_other);
  EXPECT_EQ(hedge.OnFirstToken(kNoon).kind, Kind::kCommit) << "the first may still answer";
}

TEST_F(RegainedTarget, targets_that_are_down_use_up_no_continuation) {
  const PlanStep continues{.prefill = true};
  AttemptMachine machine =
      Committed({PlanStep{}, continues, continues, continues, continues, continues});
  auto step = machine.OnBroken(AttemptResult::kCut, text_, kNoon);
  for (std::size_t i = 1; i < 5; ++i) {
    EXPECT_EQ(step.plan_index, i);
    step = machine.OnResumeFailed(NotAsked(/*held_back=*/false), text_, retries_, kNoon);
    EXPECT_EQ(step.kind, Kind::kResume);
  }
  EXPECT_EQ(step.plan_index, 5u);
}

TEST_F(RegainedTarget, a_target_that_was_passed_over_before_the_answer_may_continue_it) {
  rules_.failover.resume = true;
  AttemptMachine machine({PlanStep{.prefill = true}, PlanStep{}}, rules_);
  EXPECT_EQ(machine.OnFailure(NotAsked(/*held_back=*/true), retries_, kNoon).plan_index, 1u);
  machine.OnFirstToken(kNoon);
  const auto step = machine.OnBroken(AttemptResult::kCut, text_, kNoon);
  EXPECT_EQ(step.kind, Kind::kResume);
  EXPECT_EQ(step.plan_index, 0u);
}

TEST_F(RegainedTarget, a_pool_whose_replicas_are_all_down_is_not_asked_for_ever) {
  AttemptMachine machine = Committed({PlanStep{.replicas = 2, .prefill = true}});
  EXPECT_TRUE(machine.OnBroken(AttemptResult::kCut, text_, kNoon).same_target);
  const auto step = machine.OnResumeFailed(NotAsked(/*held_back=*/false), text_, retries_, kNoon);
  EXPECT_EQ(step.kind, Kind::kFail);
  EXPECT_EQ(step.no_resume, NoResume::kNoTarget);
}

TEST_F(RegainedTarget, a_passing_fault_of_the_only_continuing_target_is_met_again) {
  rules_.failover.attempts.same_target = 1;
  for (const auto& [fault, wait] :
       {std::pair{FaultOf(AttemptResult::kStatus5xx), milliseconds(0)},
        std::pair{FaultOf(AttemptResult::kReset), milliseconds(0)},
        std::pair{FaultOf(AttemptResult::kStatus429, seconds(1)), milliseconds(1000)}}) {
    AttemptMachine machine = Committed({PlanStep{}, PlanStep{.prefill = true}, PlanStep{}});
    machine.OnBroken(AttemptResult::kCut, text_, kNoon);
    const auto step = machine.OnResumeFailed(fault, text_, retries_, kNoon);
    EXPECT_EQ(step.kind, Kind::kResume);
    EXPECT_EQ(step.plan_index, 1u);
    EXPECT_TRUE(step.same_target);
    EXPECT_EQ(step.wait, wait);
    EXPECT_EQ(machine.OnResumeFailed(fault, text_, retries_, kNoon).no_resume, NoResume::kNoTarget);
  }
}

TEST_F(RegainedTarget, a_continuation_begins_again_without_refused_stream_options) {
  AttemptMachine machine = Committed({PlanStep{}, PlanStep{.prefill = true}});
  machine.OnBroken(AttemptResult::kCut, text_, kNoon);
  AttemptFailure refused = FaultOf(AttemptResult::kStatus4xx);
  refused.stream_options_refused = true;
  const auto step = machine.OnResumeFailed(refused, text_, retries_, kNoon);
  EXPECT_EQ(step.kind, Kind::kResume);
  EXPECT_TRUE(step.no_stream_options);
  EXPECT_EQ(machine.OnResumeFailed(refused, text_, retries_, kNoon).kind, Kind::kFail);
}

TEST_F(RegainedTarget, a_continuing_target_at_its_providers_limit_is_waited_for) {
  const PlanStep busy{.prefill = true, .busy_until = kNoon + milliseconds(1500)};
  AttemptMachine machine = Committed({PlanStep{}, busy});
  const auto step = machine.OnBroken(AttemptResult::kCut, text_, kNoon);
  EXPECT_EQ(step.kind, Kind::kResume);
  EXPECT_EQ(step.wait, milliseconds(1500));
  const PlanStep busier{.prefill = true, .busy_until = kNoon + milliseconds(2001)};
  AttemptMachine longer = Committed({PlanStep{}, busier});
  EXPECT_EQ(longer.OnBroken(AttemptResult::kCut, text_, kNoon).no_resume, NoResume::kNoTarget);
}

}  // namespace
}  // namespace headgate::gateway

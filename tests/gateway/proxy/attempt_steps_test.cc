#include <gtest/gtest.h>

#include <vector>

#include "gateway/proxy/attempt_machine.h"

namespace headgate::gateway {
namespace {

// Steps of the attempt machine beyond the first failure: waits, limits of a route, hedges, held
// answers and resumed streams.

using backends::AttemptResult;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = AttemptMachine::Kind;
using Racer = AttemptMachine::Racer;

const TimePoint kBegin{seconds(1000)};

AttemptMachine::Rules RulesOf(config::Failover failover = {}) {
  return {.now = kBegin, .deadline = kBegin + seconds(600), .failover = failover, .seed = 7};
}

AttemptFailure Fault(AttemptResult result, std::optional<milliseconds> asked_wait = {}) {
  AttemptFailure failure;
  failure.error.result = result;
  failure.error.retry_after = asked_wait;
  return failure;
}

AttemptMachine Pair(const AttemptMachine::Rules& rules = RulesOf()) {
  return {{PlanStep{}, PlanStep{}}, rules};
}

struct HedgeAllowance {
  HedgeAllowance() { budget.OnRequest(1'000'000); }
  HedgeBudget budget;
};

TEST(AttemptSteps, the_last_target_is_waited_for_up_to_two_seconds) {
  RetryBudget budget;
  AttemptMachine machine({PlanStep{}}, RulesOf());
  const auto step = machine.OnFailure(Fault(AttemptResult::kStatus429, seconds(2)), budget, kBegin);
  EXPECT_EQ(step.kind, Kind::kSend);
  EXPECT_EQ(step.wait, seconds(2));
  EXPECT_EQ(machine.OnFailure(Fault(AttemptResult::kStatus429, seconds(2)), budget, kBegin).kind,
            Kind::kGiveUp)
      << "same_target is 1";
  AttemptMachine longer({PlanStep{}}, RulesOf());
  EXPECT_EQ(
      longer.OnFailure(Fault(AttemptResult::kStatus429, milliseconds(2001)), budget, kBegin).kind,
      Kind::kGiveUp);
}

TEST(AttemptSteps, a_preferred_target_is_waited_for_although_another_is_left) {
  RetryBudget budget;
  AttemptMachine machine({PlanStep{.preferred = true}, PlanStep{}}, RulesOf());
  auto step = machine.OnFailure(Fault(AttemptResult::kStatus429, seconds(1)), budget, kBegin);
  EXPECT_EQ(step.plan_index, 0u);
  EXPECT_EQ(step.wait, seconds(1));
  step = machine.OnFailure(Fault(AttemptResult::kStatus429, seconds(1)), budget, kBegin);
  EXPECT_EQ(step.plan_index, 1u);
  EXPECT_EQ(step.wait, milliseconds(0));
}

TEST(AttemptSteps, nothing_is_waited_for_beyond_the_deadline) {
  RetryBudget budget;
  AttemptMachine machine({PlanStep{}},
                         {.now = kBegin, .deadline = kBegin + seconds(1), .failover = {}});
  EXPECT_EQ(machine.OnFailure(Fault(AttemptResult::kStatus429, seconds(2)), budget, kBegin).kind,
            Kind::kGiveUp);
}

TEST(AttemptSteps, a_silent_target_is_asked_again_only_at_another_replica_and_as_the_last) {
  RetryBudget budget;
  for (const AttemptResult silence : {AttemptResult::kFirstTokenTimeout,
                                      AttemptResult::kFirstByteTimeout, AttemptResult::kStalled}) {
    AttemptMachine alone({PlanStep{}}, RulesOf());
    EXPECT_EQ(alone.OnFailure(Fault(silence), budget, kBegin).kind, Kind::kGiveUp);
    AttemptMachine pool({PlanStep{.replicas = 2}}, RulesOf());
    EXPECT_TRUE(pool.OnFailure(Fault(silence), budget, kBegin).same_target);
  }
}

TEST(AttemptSteps, a_route_says_how_often_and_where) {
  config::Failover failover;
  failover.attempts = {.same_target = 3, .targets = 2, .backoff = milliseconds(0)};
  RetryBudget budget;
  for (int i = 0; i < 100; ++i) budget.OnRequest();
  AttemptMachine machine({PlanStep{}, PlanStep{}, PlanStep{}}, RulesOf(failover));
  std::vector<std::size_t> asked;
  AttemptMachine::Step step = machine.Start();
  while (step.kind == Kind::kSend) {
    asked.push_back(step.plan_index);
    step = machine.OnFailure(Fault(AttemptResult::kReset), budget, kBegin);
  }
  EXPECT_EQ(step.kind, Kind::kGiveUp);
  EXPECT_EQ(asked, (std::vector<std::size_t>{0, 0, 0, 0, 1, 1, 1, 1}));
}

TEST(AttemptSteps, the_same_server_gets_a_pause_that_doubles_and_another_replica_none) {
  config::Failover failover;
  failover.attempts = {.same_target = 3, .backoff = milliseconds(100)};
  RetryBudget budget;
  for (int i = 0; i < 100; ++i) budget.OnRequest();
  AttemptMachine server({PlanStep{.replicas = 1}}, RulesOf(failover));
  for (const int most : {100, 200, 400}) {
    const milliseconds wait = server.OnFailure(Fault(AttemptResult::kReset), budget, kBegin).wait;
    EXPECT_GE(wait, milliseconds(most / 2));
    EXPECT_LE(wait, milliseconds(most));
  }
  AttemptMachine pool({PlanStep{.replicas = 2}}, RulesOf(failover));
  EXPECT_EQ(pool.OnFailure(Fault(AttemptResult::kReset), budget, kBegin).wait, milliseconds(0));
}

TEST(AttemptSteps, a_target_at_its_providers_limit_is_left_out_while_another_is_left) {
  RetryBudget budget;
  const TimePoint soon = kBegin + milliseconds(1500);
  AttemptMachine machine({PlanStep{.busy_until = soon}, PlanStep{}}, RulesOf());
  EXPECT_EQ(machine.Start().plan_index, 1u);
  const auto step = machine.OnFailure(Fault(AttemptResult::kNoCredit), budget, kBegin);
  EXPECT_EQ(step.kind, Kind::kSend);
  EXPECT_EQ(step.plan_index, 0u);
  EXPECT_EQ(step.wait, milliseconds(1500));
}

TEST(AttemptSteps, when_all_targets_are_at_their_limits_the_first_free_one_is_named) {
  AttemptMachine machine(
      {PlanStep{.busy_until = kBegin + seconds(30)}, PlanStep{.busy_until = kBegin + seconds(20)}},
      RulesOf());
  EXPECT_EQ(machine.Start().kind, Kind::kRateLimited);
  EXPECT_EQ(machine.Start().plan_index, 1u);
  EXPECT_EQ(machine.Start().wait, seconds(20));
}

TEST(AttemptSteps, without_commit_mode_the_first_token_commits) {
  AttemptMachine machine = Pair();
  EXPECT_EQ(machine.OnFirstToken(kBegin).kind, Kind::kCommit);
}

TEST(AttemptSteps, a_held_answer_commits_after_its_time) {
  config::Failover failover;
  failover.commit = {.at = config::CommitAt::kHold, .hold = seconds(2)};
  AttemptMachine machine = Pair(RulesOf(failover));
  AttemptMachine::Step step = machine.OnFirstToken(kBegin);
  EXPECT_EQ(step.kind, Kind::kHold);
  EXPECT_EQ(step.wait, seconds(2));
  step = machine.OnHeld(100, false, kBegin + milliseconds(1400));
  EXPECT_EQ(step.kind, Kind::kHold);
  EXPECT_EQ(step.wait, milliseconds(600));
  EXPECT_EQ(machine.OnHeld(200, false, kBegin + seconds(2)).kind, Kind::kCommit);
}

TEST(AttemptSteps, a_complete_answer_or_too_large_a_one_ends_the_hold) {
  config::Failover failover;
  failover.commit.at = config::CommitAt::kComplete;
  failover.hold_limit = 1000;
  AttemptMachine whole = Pair(RulesOf(failover));
  EXPECT_EQ(whole.OnFirstToken(kBegin).kind, Kind::kHold);
  EXPECT_EQ(whole.OnHeld(1000, false, kBegin + seconds(300)).kind, Kind::kHold);
  EXPECT_EQ(whole.OnHeld(1000, true, kBegin + seconds(300)).kind, Kind::kCommit);
  AttemptMachine large = Pair(RulesOf(failover));
  large.OnFirstToken(kBegin);
  EXPECT_EQ(large.OnHeld(1001, false, kBegin).kind, Kind::kCommit);
}

TEST(AttemptSteps, a_fault_while_an_answer_is_held_is_replaced_unseen) {
  config::Failover failover;
  failover.commit.at = config::CommitAt::kComplete;
  RetryBudget budget;
  AttemptMachine machine = Pair(RulesOf(failover));
  machine.OnFirstToken(kBegin);
  EXPECT_TRUE(machine.OnFailure(Fault(AttemptResult::kCut), budget, kBegin).same_target);
  EXPECT_EQ(machine.OnFirstToken(kBegin + seconds(5)).kind, Kind::kHold);
  EXPECT_EQ(machine.OnFailure(Fault(AttemptResult::kStalled), budget, kBegin).plan_index, 1u);
  EXPECT_EQ(machine.OnFirstToken(kBegin + seconds(9)).kind, Kind::kHold);
  EXPECT_EQ(machine.OnHeld(10, true, kBegin + seconds(10)).kind, Kind::kCommit);
}

AttemptMachine::Rules Hedged() {
  AttemptMachine::Rules rules = RulesOf();
  rules.hedge_delay = milliseconds(300);
  return rules;
}

TEST(AttemptSteps, silence_starts_one_hedge_and_the_first_token_wins) {
  for (const Racer winner : {Racer::kFirst, Racer::kHedge}) {
    HedgeAllowance allowance;
    AttemptMachine machine({PlanStep{}, PlanStep{}, PlanStep{}}, Hedged());
    const auto hedge = machine.OnSilence(allowance.budget, kBegin + milliseconds(300));
    EXPECT_EQ(hedge.kind, Kind::kStartHedge);
    EXPECT_EQ(hedge.plan_index, 1u);
    EXPECT_EQ(machine.OnSilence(allowance.budget, kBegin + milliseconds(600)).kind, Kind::kWait);
    const auto step = machine.OnFirstToken(kBegin + milliseconds(700), winner);
    EXPECT_EQ(step.kind, Kind::kCommit);
    EXPECT_TRUE(step.cancel_other);
    EXPECT_EQ(step.plan_index, winner == Racer::kHedge ? 1u : 0u);
  }
}

TEST(AttemptSteps, no_hedge_without_budget_without_a_target_and_without_a_delay) {
  HedgeBudget empty;
  EXPECT_EQ(Pair(Hedged()).OnSilence(empty, kBegin).kind, Kind::kWait);
  HedgeAllowance allowance;
  AttemptMachine alone({PlanStep{}}, Hedged());
  EXPECT_EQ(alone.OnSilence(allowance.budget, kBegin).kind, Kind::kWait);
  EXPECT_EQ(Pair().OnSilence(allowance.budget, kBegin).kind, Kind::kWait);
  AttemptMachine busy({PlanStep{}, PlanStep{.busy_until = kBegin + seconds(5)}}, Hedged());
  EXPECT_EQ(busy.OnSilence(allowance.budget, kBegin).kind, Kind::kWait);
  EXPECT_TRUE(allowance.budget.Take()) << "nothing of the budget was used";
}

TEST(AttemptSteps, when_one_racer_fails_the_other_goes_on_alone) {
  for (const Racer loser : {Racer::kFirst, Racer::kHedge}) {
    HedgeAllowance allowance;
    RetryBudget budget;
    AttemptMachine machine({PlanStep{}, PlanStep{}, PlanStep{}}, Hedged());
    machine.OnSilence(allowance.budget, kBegin);
    AttemptMachine::Step step =
        machine.OnFailure(Fault(AttemptResult::kStatus5xx), budget, kBegin, loser);
    EXPECT_EQ(step.kind, Kind::kWait);
    EXPECT_EQ(step.plan_index, loser == Racer::kFirst ? 1u : 0u);
    step = machine.OnFailure(Fault(AttemptResult::kFirstTokenTimeout), budget, kBegin);
    EXPECT_EQ(step.kind, Kind::kSend);
    EXPECT_EQ(step.plan_index, 2u);
  }
}

TEST(AttemptSteps, a_racer_that_was_moved_aside_is_asked_again_in_front_if_the_other_fails) {
  for (const Racer moved : {Racer::kFirst, Racer::kHedge}) {
    HedgeAllowance allowance;
    RetryBudget budget;
    AttemptMachine machine({PlanStep{}, PlanStep{}, PlanStep{}}, Hedged());
    machine.OnSilence(allowance.budget, kBegin);
    auto step = machine.OnFailure(Fault(AttemptResult::kMovedAside), budget, kBegin, moved);
    EXPECT_EQ(step.kind, Kind::kWait) << "the other goes on";
    step = machine.OnFailure(Fault(AttemptResult::kFirstTokenTimeout), budget, kBegin);
    EXPECT_EQ(step.kind, Kind::kSend);
    EXPECT_EQ(step.plan_index, moved == Racer::kFirst ? 0u : 1u);
    EXPECT_TRUE(step.front);
    step = machine.OnFailure(Fault(AttemptResult::kFirstTokenTimeout), budget, kBegin);
    EXPECT_EQ(step.plan_index, 2u);
    EXPECT_FALSE(step.front);
  }
}

TEST(AttemptSteps, a_client_that_leaves_ends_both_racers) {
  HedgeAllowance allowance;
  RetryBudget budget;
  AttemptMachine machine = Pair(Hedged());
  machine.OnSilence(allowance.budget, kBegin);
  EXPECT_EQ(machine.OnFailure(Fault(AttemptResult::kClientGone), budget, kBegin).kind,
            Kind::kGiveUp);
}

AttemptMachine::Rules Resuming() {
  config::Failover failover;
  failover.resume = true;
  return RulesOf(failover);
}

const ResumeFacts kText{.text_bytes = 200};

TEST(AttemptSteps, a_broken_stream_goes_on_at_a_target_that_continues_a_prefix) {
  for (const AttemptResult fault : {AttemptResult::kCut, AttemptResult::kStalled,
                                    AttemptResult::kErrorEvent, AttemptResult::kMalformed}) {
    AttemptMachine machine({PlanStep{}, PlanStep{}, PlanStep{.prefill = true}}, Resuming());
    machine.OnFirstToken(kBegin);
    const auto step = machine.OnBroken(fault, kText, kBegin + seconds(1));
    EXPECT_EQ(step.kind, Kind::kResume);
    EXPECT_EQ(step.plan_index, 2u);
    EXPECT_FALSE(step.same_target);
  }
}

TEST(AttemptSteps, a_refused_continuation_moves_on_and_then_fails_honestly) {
  AttemptMachine machine({PlanStep{}, PlanStep{.prefill = true}, PlanStep{.prefill = true}},
                         Resuming());
  RetryBudget budget;
  machine.OnFirstToken(kBegin);
  EXPECT_EQ(machine.OnBroken(AttemptResult::kCut, kText, kBegin).plan_index, 1u);
  EXPECT_EQ(
      machine.OnResumeFailed(Fault(AttemptResult::kStatus4xx), kText, budget, kBegin).plan_index,
      2u);
  const auto step =
      machine.OnResumeFailed(Fault(AttemptResult::kConnectFailed), kText, budget, kBegin);
  EXPECT_EQ(step.kind, Kind::kFail);
  EXPECT_EQ(step.no_resume, NoResume::kNoTarget);
}

TEST(AttemptSteps, another_replica_continues_when_no_other_target_can) {
  AttemptMachine machine({PlanStep{.replicas = 4, .prefill = true}}, Resuming());
  machine.OnFirstToken(kBegin);
  for (int i = 0; i < AttemptMachine::kMostResumes; ++i) {
    const auto step = machine.OnBroken(AttemptResult::kCut, kText, kBegin);
    EXPECT_EQ(step.kind, Kind::kResume);
    EXPECT_TRUE(step.same_target);
  }
  EXPECT_EQ(machine.OnBroken(AttemptResult::kCut, kText, kBegin).no_resume, NoResume::kTooOften);
}

TEST(AttemptSteps, without_text_any_target_answers_from_the_beginning) {
  AttemptMachine machine = Pair(Resuming());
  machine.OnFirstToken(kBegin);
  const auto step = machine.OnBroken(AttemptResult::kCut, {.text_bytes = 0}, kBegin);
  EXPECT_EQ(step.kind, Kind::kResume);
  EXPECT_EQ(step.plan_index, 1u);
}

TEST(AttemptSteps, a_stream_that_cannot_be_continued_fails_with_the_reason) {
  const auto broken = [](const AttemptMachine::Rules& rules, const ResumeFacts& facts,
                         TimePoint now) {
    AttemptMachine machine({PlanStep{}, PlanStep{.prefill = true}}, rules);
    machine.OnFirstToken(kBegin);
    const auto step = machine.OnBroken(AttemptResult::kCut, facts, now);
    EXPECT_EQ(step.kind, Kind::kFail);
    return step.no_resume;
  };
  EXPECT_EQ(broken(RulesOf(), kText, kBegin), NoResume::kOff);
  EXPECT_EQ(broken(Resuming(), {.tool_call_begun = true, .text_bytes = 9}, kBegin),
            NoResume::kToolCall);
  EXPECT_EQ(broken(Resuming(), kText, kBegin + seconds(600)), NoResume::kNotBroken);
}

}  // namespace
}  // namespace headgate::gateway

#include "gateway/proxy/attempt_machine.h"

#include <gtest/gtest.h>

#include <vector>

namespace headgate::gateway {
namespace {

using backends::AttemptResult;
using std::chrono::milliseconds;
using std::chrono::seconds;

const TimePoint kNow = TimePoint{} + seconds(1000);
const TimePoint kDeadline = kNow + seconds(600);

AttemptFailure Failure(AttemptResult result, int status = 0,
                       std::optional<milliseconds> retry_after = {}) {
  AttemptFailure failure;
  failure.error.result = result;
  failure.error.status = status;
  failure.error.retry_after = retry_after;
  return failure;
}

AttemptMachine TwoTargets() {
  return AttemptMachine({{.replicas = 2, .context = 1000}, {.replicas = 1, .context = 8000}},
                        kDeadline);
}

TEST(AttemptMachine, starts_with_the_first_target) {
  const AttemptMachine::Step step = TwoTargets().Start();
  EXPECT_EQ(step.kind, AttemptMachine::Kind::kSend);
  EXPECT_EQ(step.plan_index, 0u);
}

TEST(AttemptMachine, an_empty_plan_gives_up) {
  EXPECT_EQ(AttemptMachine({}, kDeadline).Start().kind, AttemptMachine::Kind::kGiveUp);
}

struct FirstFailure {
  const char* name;
  AttemptFailure failure;
  AttemptMachine::Kind kind;
  std::size_t plan_index;
  bool same_target;
  milliseconds wait{0};
};

TEST(AttemptMachine, first_failure) {
  const std::vector<FirstFailure> table = {
      {"connect refused", Failure(AttemptResult::kConnectFailed), AttemptMachine::Kind::kSend, 0,
       true},
      {"reset", Failure(AttemptResult::kReset), AttemptMachine::Kind::kSend, 0, true},
      {"TLS", Failure(AttemptResult::kTlsFailed), AttemptMachine::Kind::kSend, 0, true},
      {"500", Failure(AttemptResult::kStatus5xx, 500), AttemptMachine::Kind::kSend, 0, true},
      {"error as first event", Failure(AttemptResult::kErrorEvent), AttemptMachine::Kind::kSend, 0,
       true},
      {"503 that asks for an hour", Failure(AttemptResult::kStatus5xx, 503, seconds(3600)),
       AttemptMachine::Kind::kSend, 1, false},
      {"429 without a word", Failure(AttemptResult::kStatus429, 429), AttemptMachine::Kind::kSend,
       1, false},
      {"429 with a short wait, and another target",
       Failure(AttemptResult::kStatus429, 429, milliseconds(300)), AttemptMachine::Kind::kSend, 1,
       false},
      {"529", Failure(AttemptResult::kStatus5xx, 529), AttemptMachine::Kind::kSend, 0, true},
      {"408", Failure(AttemptResult::kStatus5xx, 408), AttemptMachine::Kind::kSend, 0, true},
      {"503 with a short wait, and another target",
       Failure(AttemptResult::kStatus5xx, 503, milliseconds(300)), AttemptMachine::Kind::kSend, 1,
       false},
      {"503 that asks for no wait", Failure(AttemptResult::kStatus5xx, 503, milliseconds(0)),
       AttemptMachine::Kind::kSend, 0, true},
      {"a stream that ended before its first token, or an empty 200",
       Failure(AttemptResult::kMalformed, 200), AttemptMachine::Kind::kSend, 0, true},
      {"an answer that broke off while nothing had been sent", Failure(AttemptResult::kCut),
       AttemptMachine::Kind::kSend, 0, true},
      {"429 with a long wait", Failure(AttemptResult::kStatus429, 429, seconds(20)),
       AttemptMachine::Kind::kSend, 1, false},
      {"silence, other replica and other target", Failure(AttemptResult::kFirstTokenTimeout),
       AttemptMachine::Kind::kSend, 1, false},
      {"a whole answer that does not begin", Failure(AttemptResult::kFirstByteTimeout),
       AttemptMachine::Kind::kSend, 1, false},
      {"400", Failure(AttemptResult::kStatus4xx, 400), AttemptMachine::Kind::kReturn, 0, false},
      {"422", Failure(AttemptResult::kStatus4xx, 422), AttemptMachine::Kind::kReturn, 0, false},
      {"404 about a field of the request", Failure(AttemptResult::kStatus4xx, 404),
       AttemptMachine::Kind::kReturn, 0, false},
      {"model not there, other replica", Failure(AttemptResult::kRejected, 404),
       AttemptMachine::Kind::kSend, 0, true},
      {"our key is wrong, other replica", Failure(AttemptResult::kRejected, 401),
       AttemptMachine::Kind::kSend, 1, false},
      {"our key may not, other replica", Failure(AttemptResult::kRejected, 403),
       AttemptMachine::Kind::kSend, 1, false},
      {"no money", Failure(AttemptResult::kNoCredit, 402), AttemptMachine::Kind::kSend, 1, false},
      {"no money, and a wait", Failure(AttemptResult::kNoCredit, 429, milliseconds(0)),
       AttemptMachine::Kind::kSend, 1, false},
      {"client gone", Failure(AttemptResult::kClientGone), AttemptMachine::Kind::kGiveUp, 0, false},
  };
  for (const FirstFailure& row : table) {
    SCOPED_TRACE(row.name);
    AttemptMachine machine = TwoTargets();
    RetryBudget budget;
    machine.Start();
    const AttemptMachine::Step step = machine.OnFailure(row.failure, budget, kNow);
    EXPECT_EQ(step.kind, row.kind);
    EXPECT_EQ(step.plan_index, row.plan_index);
    EXPECT_EQ(step.same_target, row.same_target);
    EXPECT_EQ(step.wait, row.wait);
  }
}

TEST(AttemptMachine, same_target_once_then_the_next_then_the_end) {
  AttemptMachine machine = TwoTargets();
  RetryBudget budget;
  machine.Start();
  const AttemptFailure reset = Failure(AttemptResult::kReset);
  EXPECT_TRUE(machine.OnFailure(reset, budget, kNow).same_target);
  EXPECT_EQ(machine.OnFailure(reset, budget, kNow).plan_index, 1u);
  EXPECT_TRUE(machine.OnFailure(reset, budget, kNow).same_target);
  EXPECT_EQ(machine.OnFailure(reset, budget, kNow).kind, AttemptMachine::Kind::kGiveUp);
}

TEST(AttemptMachine, a_fault_that_will_repeat_is_not_met_twice) {
  AttemptFailure failure = Failure(AttemptResult::kMalformed, 200);
  RetryBudget budget;
  AttemptMachine machine = TwoTargets();
  machine.Start();
  EXPECT_TRUE(machine.OnFailure(failure, budget, kNow).same_target);
  failure.error.will_repeat = true;
  AttemptMachine other = TwoTargets();
  other.Start();
  const AttemptMachine::Step step = other.OnFailure(failure, budget, kNow);
  EXPECT_EQ(step.plan_index, 1u);
  EXPECT_FALSE(step.same_target);
  EXPECT_EQ(other.OnFailure(failure, budget, kNow).kind, AttemptMachine::Kind::kGiveUp);
}

TEST(AttemptMachine, silence_of_the_only_replica_moves_on) {
  AttemptMachine machine({{.replicas = 1}, {.replicas = 1}}, kDeadline);
  RetryBudget budget;
  EXPECT_EQ(machine.OnFailure(Failure(AttemptResult::kFirstTokenTimeout), budget, kNow).plan_index,
            1u);
}

TEST(AttemptMachine, a_rejection_of_the_only_replica_moves_on) {
  for (const int status : {401, 403, 404}) {
    AttemptMachine machine({{.replicas = 1}, {.replicas = 1}}, kDeadline);
    RetryBudget budget;
    const AttemptMachine::Step step =
        machine.OnFailure(Failure(AttemptResult::kRejected, status), budget, kNow);
    EXPECT_EQ(step.kind, AttemptMachine::Kind::kSend);
    EXPECT_EQ(step.plan_index, 1u);
    EXPECT_EQ(machine.OnFailure(Failure(AttemptResult::kRejected, status), budget, kNow).kind,
              AttemptMachine::Kind::kGiveUp);
  }
}

TEST(AttemptMachine, context_too_long_goes_to_a_larger_window_only) {
  AttemptFailure failure = Failure(AttemptResult::kStatus4xx, 400);
  failure.context_too_long = true;
  RetryBudget budget;
  AttemptMachine larger({{.context = 8000}, {.context = 4000}, {.context = 128000}}, kDeadline);
  EXPECT_EQ(larger.OnFailure(failure, budget, kNow).plan_index, 2u);
  AttemptMachine none({{.context = 8000}, {.context = 8000}}, kDeadline);
  EXPECT_EQ(none.OnFailure(failure, budget, kNow).kind, AttemptMachine::Kind::kReturn);
}

TEST(AttemptMachine, a_refusal_that_may_be_about_a_file_is_not_final) {
  AttemptFailure failure = Failure(AttemptResult::kStatus4xx, 400);
  failure.documents_refused = true;
  RetryBudget budget;
  AttemptMachine machine = TwoTargets();
  const AttemptMachine::Step second = machine.OnFailure(failure, budget, kNow);
  EXPECT_EQ(second.kind, AttemptMachine::Kind::kSend);
  EXPECT_EQ(second.plan_index, 1u);
  EXPECT_FALSE(second.same_target);
  EXPECT_EQ(machine.OnFailure(failure, budget, kNow).kind, AttemptMachine::Kind::kReturn);
}

TEST(AttemptMachine, refused_stream_options_are_left_out_once_and_cost_no_retry) {
  AttemptFailure refused = Failure(AttemptResult::kStatus4xx, 422);
  refused.stream_options_refused = true;
  RetryBudget empty;
  while (empty.Take(kNow)) {
  }
  AttemptMachine machine = TwoTargets();
  AttemptMachine::Step step = machine.OnFailure(refused, empty, kNow);
  EXPECT_EQ(step.kind, AttemptMachine::Kind::kSend);
  EXPECT_EQ(step.plan_index, 0u);
  EXPECT_TRUE(step.no_stream_options);
  EXPECT_FALSE(step.same_target);  // no replica is to be avoided
  EXPECT_EQ(machine.OnFailure(refused, empty, kNow).kind, AttemptMachine::Kind::kReturn);
}

TEST(AttemptMachine, a_retry_stays_without_what_was_refused_and_the_next_target_does_not) {
  AttemptFailure refused = Failure(AttemptResult::kStatus4xx, 400);
  refused.stream_options_refused = true;
  RetryBudget budget;
  AttemptMachine machine = TwoTargets();
  machine.OnFailure(refused, budget, kNow);
  AttemptMachine::Step step = machine.OnFailure(Failure(AttemptResult::kReset), budget, kNow);
  EXPECT_TRUE(step.same_target);
  EXPECT_TRUE(step.no_stream_options);
  step = machine.OnFailure(Failure(AttemptResult::kReset), budget, kNow);
  EXPECT_EQ(step.plan_index, 1u);
  EXPECT_FALSE(step.no_stream_options);
  EXPECT_TRUE(machine.OnFailure(refused, budget, kNow).no_stream_options);
}

AttemptFailure PassedOver(bool held_back) {
  AttemptFailure failure;
  failure.passed_over = true;
  failure.held_back = held_back;
  return failure;
}

TEST(AttemptMachine, a_failure_that_ejected_the_last_replica_is_not_repeated) {
  AttemptFailure failure = Failure(AttemptResult::kStatus5xx, 500);
  failure.target_usable = false;
  RetryBudget budget;
  AttemptMachine machine = TwoTargets();
  const AttemptMachine::Step step = machine.OnFailure(failure, budget, kNow);
  EXPECT_EQ(step.plan_index, 1u);
  EXPECT_FALSE(step.same_target);
}

TEST(AttemptMachine, a_target_that_is_down_is_passed_over_and_not_asked_later) {
  RetryBudget budget;
  AttemptMachine machine = TwoTargets();
  EXPECT_EQ(machine.OnFailure(PassedOver(false), budget, kNow).plan_index, 1u);
  EXPECT_EQ(machine.OnFailure(PassedOver(false), budget, kNow).kind, AttemptMachine::Kind::kGiveUp);
}

TEST(AttemptMachine, a_target_at_its_limit_is_left_for_another_and_waited_for_once) {
  RetryBudget budget;
  AttemptFailure limited;
  limited.passed_over = true;
  limited.limited_until = kNow + seconds(1);
  AttemptMachine machine = TwoTargets();
  EXPECT_EQ(machine.OnFailure(limited, budget, kNow).plan_index, 1u);
  limited.limited_until = kNow + milliseconds(500);
  AttemptMachine::Step step = machine.OnFailure(limited, budget, kNow);
  EXPECT_EQ(step.kind, AttemptMachine::Kind::kSend);
  EXPECT_EQ(step.plan_index, 1u) << "it is free first";
  EXPECT_EQ(step.wait, milliseconds(500));
  limited.limited_until = kNow + milliseconds(700);
  step = machine.OnFailure(limited, budget, kNow + milliseconds(500));
  EXPECT_EQ(step.plan_index, 0u);
  limited.limited_until = kNow + milliseconds(1100);
  step = machine.OnFailure(limited, budget, kNow + seconds(1));
  EXPECT_EQ(step.kind, AttemptMachine::Kind::kRateLimited) << "both were waited for";
}

TEST(AttemptMachine, a_target_that_has_failed_is_not_waited_for_at_its_limit) {
  RetryBudget budget;
  AttemptMachine machine({{.replicas = 2}}, kDeadline);
  EXPECT_TRUE(machine.OnFailure(Failure(AttemptResult::kReset), budget, kNow).same_target);
  AttemptFailure limited;
  limited.passed_over = true;
  limited.limited_until = kNow + milliseconds(500);
  EXPECT_EQ(machine.OnFailure(limited, budget, kNow).kind, AttemptMachine::Kind::kGiveUp);
}

TEST(AttemptMachine, a_target_in_its_slow_start_is_asked_if_the_others_fail) {
  RetryBudget budget;
  AttemptMachine machine({{.replicas = 1}, {.replicas = 1}, {.replicas = 1}}, kDeadline);
  EXPECT_EQ(machine.OnFailure(PassedOver(true), budget, kNow).plan_index, 1u);
  const AttemptFailure refused = Failure(AttemptResult::kConnectFailed);
  AttemptMachine::Step step = machine.OnFailure(refused, budget, kNow);
  EXPECT_EQ(step.plan_index, 2u);
  EXPECT_FALSE(step.insist);
  step = machine.OnFailure(refused, budget, kNow);
  EXPECT_EQ(step.kind, AttemptMachine::Kind::kSend);
  EXPECT_EQ(step.plan_index, 0u);
  EXPECT_TRUE(step.insist);
  EXPECT_EQ(machine.OnFailure(refused, budget, kNow).kind, AttemptMachine::Kind::kGiveUp)
      << "the others have failed already";
}

TEST(AttemptMachine, a_request_that_did_not_fit_returns_its_refusal_if_the_larger_target_is_down) {
  AttemptFailure failure = Failure(AttemptResult::kStatus4xx, 400);
  failure.context_too_long = true;
  RetryBudget budget;
  AttemptMachine machine({{.context = 8000}, {.context = 128000}, {.context = 8000}}, kDeadline);
  EXPECT_EQ(machine.OnFailure(failure, budget, kNow).plan_index, 1u);
  EXPECT_EQ(machine.OnFailure(PassedOver(false), budget, kNow).kind, AttemptMachine::Kind::kReturn)
      << "the last target is too small as well";
}

TEST(AttemptMachine, moves_to_a_failing_target_are_drawn_from_the_budget_and_others_are_free) {
  const AttemptFailure refused = Failure(AttemptResult::kConnectFailed);
  RetryBudget empty;
  while (empty.Take(kNow)) {
  }
  AttemptMachine machine({{.replicas = 1}, {.replicas = 1}, {.replicas = 1}}, kDeadline);
  machine.NoteFailing(1, true);
  EXPECT_EQ(machine.OnFailure(refused, empty, kNow).plan_index, 2u);
  AttemptMachine other({{.replicas = 1}, {.replicas = 1}}, kDeadline);
  other.NoteFailing(1, true);
  RetryBudget budget;
  EXPECT_EQ(other.OnFailure(refused, budget, kNow).plan_index, 1u);
  EXPECT_TRUE(budget.Take(kNow));
  EXPECT_TRUE(budget.Take(kNow));
  EXPECT_FALSE(budget.Take(kNow)) << "the move took the third";
}

TEST(AttemptMachine, nothing_is_tried_after_the_deadline) {
  AttemptMachine machine = TwoTargets();
  RetryBudget budget;
  EXPECT_EQ(machine.OnFailure(Failure(AttemptResult::kReset), budget, kDeadline).kind,
            AttemptMachine::Kind::kGiveUp);
}

TEST(AttemptMachine, an_outage_without_budget_moves_straight_on) {
  RetryBudget budget;
  while (budget.Take(kNow)) {
  }
  AttemptMachine machine = TwoTargets();
  const AttemptMachine::Step step = machine.OnFailure(Failure(AttemptResult::kReset), budget, kNow);
  EXPECT_EQ(step.plan_index, 1u);
  EXPECT_FALSE(step.same_target);
}

TEST(AttemptMachine, ARequestThatCannotBeTranslatedOnlyGoesWhereItNeedNotBe) {
  AttemptFailure failure;
  failure.error.result = AttemptResult::kStatus4xx;
  failure.untranslatable = true;
  RetryBudget budget;
  const TimePoint now{};
  const PlanStep translated{.translated = true};
  AttemptMachine onward({translated, translated, PlanStep{}}, TimePoint::max());
  onward.Start();
  const AttemptMachine::Step step = onward.OnFailure(failure, budget, now);
  EXPECT_EQ(step.kind, AttemptMachine::Kind::kSend);
  EXPECT_EQ(step.plan_index, 2u);
  AttemptMachine alone({translated, translated}, TimePoint::max());
  alone.Start();
  EXPECT_EQ(alone.OnFailure(failure, budget, now).kind, AttemptMachine::Kind::kReturn);
  AttemptMachine after({PlanStep{}, translated}, TimePoint::max());
  after.Start();
  AttemptFailure broken;
  broken.error.result = AttemptResult::kConnectFailed;
  EXPECT_EQ(after.OnFailure(broken, budget, now).plan_index, 1u);
  EXPECT_EQ(after.OnFailure(failure, budget, now).kind, AttemptMachine::Kind::kGiveUp)
      << "the backend that could have answered may be back soon";
}

}  // namespace
}  // namespace headgate::gateway

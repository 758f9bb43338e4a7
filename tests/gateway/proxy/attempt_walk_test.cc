#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "config/base/split_mix.h"
#include "gateway/proxy/attempt_machine.h"

namespace headgate::gateway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const TimePoint kDawn{seconds(1000)};

// Whatever happens, a request ends, and no target is asked more often than the route permits.
TEST(AttemptWalk, every_sequence_of_faults_ends) {
  config::SplitMix64 random(2026);
  const auto below = [&](std::uint64_t most) { return random.Next() % most; };
  for (int round = 0; round < 20'000; ++round) {
    config::Failover failover;
    failover.attempts.same_target = static_cast<int>(below(6));
    if (below(2) == 0) failover.attempts.targets = static_cast<int>(1 + below(3));
    AttemptMachine::Plan plan(below(4));
    for (PlanStep& step : plan) {
      step = {.replicas = 1 + below(2),
              .context = static_cast<std::int64_t>(below(3)),
              .translated = below(4) == 0,
              .preferred = below(4) == 0,
              .busy_until = kDawn + milliseconds(below(4) == 0 ? below(3000) : 0)};
      if (below(2) == 0) step.queue = below(2);
    }
    const std::size_t targets = plan.size();
    RetryBudget budget;
    for (int i = 0; i < 200; ++i) budget.OnRequest();
    AttemptMachine machine(
        std::move(plan),
        AttemptMachine::Rules{
            .now = kDawn, .deadline = kDawn + seconds(600), .failover = failover, .seed = 7});
    std::vector<int> asked(targets);
    int moves = 0;  // of an attempt that gave its slot to other work, which is not a failure
    AttemptMachine::Step step = machine.Start();
    TimePoint now = kDawn;
    int steps = 0;
    while (step.kind == AttemptMachine::Kind::kSend) {
      ASSERT_LT(step.plan_index, targets);
      ASSERT_LE(step.wait, seconds(5));
      ASSERT_LT(++steps, 100);
      now += step.wait + milliseconds(below(100));
      AttemptFailure fault;
      if (below(4) == 0) {  // it leaves the queue of the target
        fault.passed_over = fault.full = true;
        const std::size_t other = below(targets);
        if (machine.MayLeaveFor(other, now)) fault.leaves_for = other;
        step = machine.OnFailure(fault, budget, now);
        if (fault.leaves_for) {
          ASSERT_EQ(step.plan_index, *fault.leaves_for);
        }
        continue;
      }
      if (below(8) == 0) {  // the limit of its provider is reached
        fault.passed_over = true;
        fault.limited_until = now + milliseconds(1 + below(3000));
        step = machine.OnFailure(fault, budget, now);
        continue;
      }
      ++asked[step.plan_index];
      fault.error.result =
          static_cast<backends::AttemptResult>(1 + below(backends::kAttemptResultCount - 1));
      if (fault.error.result == backends::AttemptResult::kMovedAside) {
        if (++moves <= 2) --asked[step.plan_index];
        if (moves > 2) fault.error.result = backends::AttemptResult::kCut;
      }
      if (below(3) == 0) fault.error.retry_after = milliseconds(below(4000));
      fault.error.will_repeat = below(4) == 0;
      fault.context_too_long = below(2) == 0;
      fault.stream_options_refused = below(3) == 0;
      fault.untranslatable = below(8) == 0;
      step = machine.OnFailure(fault, budget, now);
    }
    int tried = 0;
    for (const int times : asked) {
      // One more without stream_options, which is not a retry.
      EXPECT_LE(times, 1 + failover.attempts.same_target + 1);
      tried += times > 0 ? 1 : 0;
    }
    EXPECT_LE(tried, failover.attempts.targets.value_or(static_cast<int>(targets)));
  }
}

// A stream that breaks again and again, at targets that are down, busy or refuse, ends as well.
TEST(AttemptWalk, every_sequence_of_broken_continuations_ends) {
  config::SplitMix64 random(2027);
  const auto below = [&](std::uint64_t most) { return random.Next() % most; };
  for (int round = 0; round < 20'000; ++round) {
    AttemptMachine::Rules rules{.now = kDawn, .deadline = kDawn + seconds(600), .failover = {}};
    rules.failover.resume = true;
    rules.failover.attempts.same_target = static_cast<int>(below(6));
    AttemptMachine::Plan plan(1 + below(4));
    for (PlanStep& step : plan) {
      step = {.replicas = 1 + below(2), .prefill = below(3) > 0};
      if (below(2) == 0) step.queue = below(2);
    }
    const std::size_t targets = plan.size();
    RetryBudget budget;
    for (int i = 0; i < 200; ++i) budget.OnRequest();
    AttemptMachine machine(std::move(plan), rules);
    machine.OnFirstToken(kDawn);
    const ResumeFacts facts{.text_bytes = below(2) * 100};
    AttemptMachine::Step step = machine.OnBroken(backends::AttemptResult::kCut, facts, kDawn);
    int asked = 0;
    for (int steps = 0; step.kind == AttemptMachine::Kind::kResume; ++steps) {
      ASSERT_LT(step.plan_index, targets);
      ASSERT_LT(steps, 100);
      if (below(4) == 0) {
        ++asked;
        step = machine.OnBroken(backends::AttemptResult::kCut, facts, kDawn);
        continue;
      }
      AttemptFailure fault;
      fault.error.result =
          static_cast<backends::AttemptResult>(1 + below(backends::kAttemptResultCount - 1));
      fault.passed_over = below(3) == 0;
      fault.untranslatable = !fault.passed_over && below(6) == 0;
      if (!fault.passed_over && !fault.untranslatable) ++asked;
      const std::size_t other = below(targets);
      if (fault.passed_over && below(4) == 0) fault.limited_until = kDawn + milliseconds(500);
      if (fault.passed_over && below(2) == 0) {  // it leaves the queue of the target
        fault.full = true;
        if (machine.MayLeaveFor(other, kDawn)) fault.leaves_for = other;
      }
      step = machine.OnResumeFailed(fault, facts, budget, kDawn);
    }
    EXPECT_EQ(step.kind, AttemptMachine::Kind::kFail);
    EXPECT_LE(asked, AttemptMachine::kMostResumes);
  }
}

}  // namespace
}  // namespace headgate::gateway

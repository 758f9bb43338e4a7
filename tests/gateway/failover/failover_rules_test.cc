#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <thread>
#include <vector>

#include "gateway/failover/attempt_plan.h"
#include "gateway/failover/backoff.h"
#include "gateway/failover/commit_policy.h"
#include "gateway/failover/hedge_budget.h"
#include "gateway/failover/resume_rule.h"
#include "gateway/failover/time_limits.h"

namespace headgate::gateway {
namespace {

using backends::AttemptResult;
using std::chrono::milliseconds;
using std::chrono::seconds;

const TimePoint kMoment{seconds(5000)};

TEST(AttemptPlan, takes_targets_in_order_up_to_the_most_that_may_be_tried) {
  AttemptPlan plan({PlanStep{}, PlanStep{}, PlanStep{}}, 2);
  for (const std::size_t expected : {0u, 1u}) {
    const std::optional<std::size_t> next = plan.Next(kMoment);
    ASSERT_EQ(next, expected);
    plan.Take(*next);
    EXPECT_TRUE(plan.IsTaken(*next));
  }
  EXPECT_FALSE(plan.Next(kMoment));
  EXPECT_FALSE(plan.NextForResume(1, kMoment));
}

TEST(AttemptPlan, a_busy_target_comes_last_and_the_first_free_one_before_other_busy_ones) {
  AttemptPlan plan({PlanStep{.busy_until = kMoment + seconds(2)},
                    PlanStep{.busy_until = kMoment + seconds(1)}, PlanStep{}},
                   {});
  for (const std::size_t expected : {2u, 1u, 0u}) {
    const std::optional<std::size_t> next = plan.Next(kMoment);
    ASSERT_EQ(next, expected);
    plan.Take(*next);
  }
  AttemptPlan later({PlanStep{.busy_until = kMoment}}, {});
  EXPECT_EQ(later.Next(kMoment), 0u);
}

TEST(AttemptPlan, finds_a_larger_context_and_a_target_without_translation) {
  AttemptPlan plan(
      {PlanStep{.context = 8000, .translated = true}, PlanStep{.context = 4000, .translated = true},
       PlanStep{.context = 0, .translated = true}, PlanStep{.context = 8000}},
      {});
  plan.Take(0);
  EXPECT_EQ(plan.NextWithLargerContext(0), 2u) << "a window that is not known may be larger";
  EXPECT_EQ(plan.NextUntranslated(), 3u);
}

TEST(AttemptPlan, a_busy_target_does_not_continue_a_stream) {
  AttemptPlan plan({PlanStep{}, PlanStep{.prefill = true, .busy_until = kMoment + seconds(1)},
                    PlanStep{.prefill = true}},
                   {});
  plan.Take(0);
  EXPECT_EQ(plan.NextForResume(0, kMoment), 2u);
}

TEST(AttemptPlan, a_busy_target_continues_a_stream_if_no_other_can) {
  AttemptPlan plan({PlanStep{}, PlanStep{.prefill = true, .busy_until = kMoment + seconds(2)},
                    PlanStep{.prefill = true, .busy_until = kMoment + seconds(1)}},
                   {});
  plan.Take(0);
  EXPECT_EQ(plan.NextForResume(0, kMoment), 2u);
}

TEST(AttemptPlan, what_is_given_back_does_not_count_and_may_come_last) {
  AttemptPlan plan({PlanStep{}, PlanStep{}, PlanStep{}}, 2);
  plan.Take(0);
  plan.Take(1);
  EXPECT_FALSE(plan.Next(kMoment));
  plan.GiveBack(1, /*last=*/false);
  EXPECT_EQ(plan.Next(kMoment), 1u);
  plan.GiveBack(1, /*last=*/true);
  EXPECT_EQ(plan.Next(kMoment), 2u);
  plan.PassOver(2, /*full=*/false);
  EXPECT_EQ(plan.Next(kMoment), 1u);
  plan.ForgetPassedOver();
  EXPECT_EQ(plan.Next(kMoment), 2u);
  plan.Take(2);
  EXPECT_FALSE(plan.Next(kMoment)) << "two were tried";
}

TEST(Backoff, doubles_up_to_its_limit_and_leaves_out_at_most_a_half) {
  for (const auto& [nth, most] :
       std::vector<std::pair<int, int>>{{1, 250}, {2, 500}, {3, 1000}, {6, 5000}, {1000, 5000}}) {
    milliseconds shortest = milliseconds::max();
    milliseconds longest{0};
    for (std::uint64_t random = 0; random < 6000; ++random) {
      const milliseconds pause = Backoff(milliseconds(250), nth, random);
      shortest = std::min(shortest, pause);
      longest = std::max(longest, pause);
    }
    EXPECT_EQ(shortest, milliseconds(most - most / 2));
    EXPECT_EQ(longest, milliseconds(most));
  }
  EXPECT_EQ(Backoff(milliseconds(0), 5, 12345), milliseconds(0));
  EXPECT_EQ(Backoff(milliseconds(60'000), 1, 0), kLongestBackoff / 2);
}

TEST(CommitPolicy, says_when_the_client_of_a_held_stream_hears_something) {
  config::Failover failover;
  EXPECT_EQ(CommitPolicy(failover).NextComment(kMoment), TimePoint::max()) << "nothing is held";
  failover.commit.at = config::CommitAt::kComplete;
  EXPECT_EQ(CommitPolicy(failover).NextComment(kMoment), kMoment + seconds(10));
  failover.held_comments = config::kNever;
  EXPECT_EQ(CommitPolicy(failover).NextComment(kMoment), TimePoint::max());
}

TEST(CommitPolicy, a_complete_answer_commits_by_itself_and_not_by_time) {
  config::Failover failover;
  failover.commit.at = config::CommitAt::kComplete;
  EXPECT_FALSE(CommitPolicy(failover).CommitsAt(kMoment));
  failover.commit = {.at = config::CommitAt::kHold, .hold = milliseconds(1500)};
  EXPECT_EQ(CommitPolicy(failover).CommitsAt(kMoment), kMoment + milliseconds(1500));
  EXPECT_EQ(CommitPolicy().CommitsAt(kMoment), kMoment);
}

TEST(HedgeBudget, permits_its_share_from_the_first_request_on) {
  HedgeBudget budget;
  int hedges = 0;
  for (int request = 1; request <= 1000; ++request) {
    budget.OnRequest(50'000);
    hedges += budget.Take() ? 1 : 0;
    EXPECT_LE(hedges * 20, request);
  }
  EXPECT_EQ(hedges, 50);
}

TEST(HedgeBudget, saves_little_for_later) {
  HedgeBudget budget;
  for (int i = 0; i < 100'000; ++i) budget.OnRequest(50'000);
  int hedges = 0;
  while (budget.Take()) ++hedges;
  EXPECT_LE(hedges, HedgeBudget::kMostSaved);
  EXPECT_GE(hedges, HedgeBudget::kMostSaved - 1);
}

TEST(HedgeBudget, is_shared_by_threads) {
  HedgeBudget budget;
  std::array<int, 4> hedges{};
  std::vector<std::thread> threads;
  threads.reserve(hedges.size());
  for (int& mine : hedges) {
    threads.emplace_back([&budget, &mine] {
      for (int i = 0; i < 10'000; ++i) {
        budget.OnRequest(100'000);
        if (budget.Take()) ++mine;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  int all = 0;
  for (const int mine : hedges) all += mine;
  while (budget.Take()) ++all;
  EXPECT_EQ(all, 4000);
}

TEST(ResumeRule, plain_text_goes_on_and_nothing_else) {
  struct Row {
    ResumeFacts facts;
    NoResume verdict;
  };
  for (const Row& row : std::vector<Row>{{{.text_bytes = 10}, NoResume::kNone},
                                         {{.text_bytes = 0}, NoResume::kNone},
                                         {{.chat = false}, NoResume::kNotText},
                                         {{.choices = 2}, NoResume::kSeveralChoices},
                                         {{.logprobs = true}, NoResume::kLogprobs},
                                         {{.structured = true}, NoResume::kStructured},
                                         {{.tool_call_begun = true}, NoResume::kToolCall},
                                         {{.reasoning_open = true}, NoResume::kReasoning},
                                         {{.finished = true}, NoResume::kFinished}}) {
    EXPECT_EQ(MayResume(row.facts, AttemptResult::kCut), row.verdict) << ToString(row.verdict);
  }
}

TEST(ResumeRule, only_a_backends_fault_is_made_good) {
  for (int i = 0; i < backends::kAttemptResultCount; ++i) {
    const auto result = static_cast<AttemptResult>(i);
    const bool broken = result == AttemptResult::kCut || result == AttemptResult::kStalled ||
                        result == AttemptResult::kErrorEvent || result == AttemptResult::kMalformed;
    EXPECT_EQ(MayResume({.text_bytes = 1}, result) == NoResume::kNone, broken)
        << backends::ToString(result);
  }
}

TEST(TimeLimits, the_first_byte_may_take_what_the_answer_takes) {
  config::Timeouts timeouts;
  timeouts.first_token = milliseconds(10'000);
  timeouts.total = milliseconds(100'000);
  EXPECT_EQ(FirstByteLimit(timeouts, 20, 1000), milliseconds(30'000));
  EXPECT_EQ(FirstByteLimit(timeouts, 20, 10'000), timeouts.total);
  EXPECT_EQ(FirstByteLimit(timeouts, 20, 4'900), timeouts.total);
  EXPECT_EQ(FirstByteLimit(timeouts, 20, {}), timeouts.total) << "the length is not known";
  EXPECT_EQ(FirstByteLimit(timeouts, 0, 1000), timeouts.total) << "the speed is not known";
  EXPECT_EQ(FirstByteLimit(timeouts, 1e30F, std::numeric_limits<std::int64_t>::max()),
            timeouts.total);
  timeouts.first_byte = milliseconds(5000);
  EXPECT_EQ(FirstByteLimit(timeouts, 20, 10'000), milliseconds(5000));
  timeouts.first_byte = milliseconds(500'000);
  EXPECT_EQ(FirstByteLimit(timeouts, 20, 10'000), timeouts.total);
}

TEST(TimeLimits, a_hedge_waits_for_what_is_written_or_measured) {
  config::Hedge hedge;
  EXPECT_EQ(HedgeDelay(hedge, 420.2F, kHedgeSamples), milliseconds(421));
  EXPECT_FALSE(HedgeDelay(hedge, 420, kHedgeSamples - 1));
  hedge.after = milliseconds(300);
  EXPECT_EQ(HedgeDelay(hedge, 420, 0), milliseconds(300));
}

}  // namespace
}  // namespace headgate::gateway

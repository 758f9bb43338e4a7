#include "routing/decide/spill.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>

#include "tests/routing/fixture.h"

namespace headgate::routing {
namespace {

using config::Milliseconds;
using config::Prefer;
using config::Spill;
using ::testing::ElementsAre;
using SpillWhen = config::Spill::When;

constexpr std::size_t kFirstPool = 0;
constexpr std::size_t kPaid = 1;
constexpr std::size_t kPaidAtCheap = 2;
constexpr std::size_t kLastPaid = 4;

Spill Waiting(int limit_ms) { return {SpillWhen::kWaitOver, Milliseconds(limit_ms)}; }
Spill After(int limit_ms) { return {SpillWhen::kAfter, Milliseconds(limit_ms)}; }
const Spill kNeverSpill{SpillWhen::kNever, Milliseconds(0)};

TEST(Spill, one_target_spills_by_its_predicted_wait) {
  struct Case {
    std::string name;
    Spill spill;
    int in_flight;
    float wait_ms;
    std::optional<std::uint32_t> slo_ms;
    SpillReason reason;
  };
  const Case cases[] = {
      {"idle", Waiting(500), 0, 0, {}, SpillReason::kNone},
      {"full, nothing predicted", Waiting(500), 4, 0, {}, SpillReason::kNone},
      {"at the limit", Waiting(500), 4, 500, {}, SpillReason::kNone},
      {"over the limit", Waiting(500), 4, 500.5f, {}, SpillReason::kOverLimit},
      {"tokens, not slots, are full", Waiting(500), 1, 501, {}, SpillReason::kOverLimit},
      {"at the deadline", Waiting(500), 4, 300, 300, SpillReason::kNone},
      {"over the deadline", Waiting(500), 4, 300, 299, SpillReason::kOverDeadline},
      {"over both", Waiting(500), 4, 501, 100, SpillReason::kOverLimit},
      {"a late deadline changes nothing", Waiting(500), 4, 800, 10'000, SpillReason::kOverLimit},
      {"after a time", After(50), 4, 9'000, 1, SpillReason::kNone},
      {"at once, idle", After(0), 3, 0, 0, SpillReason::kNone},
      {"at once, full", After(0), 4, 0, {}, SpillReason::kNoFreeSlot},
      {"at once, others wait", After(0), 3, 1, {}, SpillReason::kNoFreeSlot},
      {"over no wait, full", Waiting(0), 4, 0, {}, SpillReason::kNoFreeSlot},
      {"never", kNeverSpill, 4, 90'000, 1, SpillReason::kNone},
  };
  const auto policy = Compiled(FiveTargets());
  for (const Case& c : cases) {
    Candidate candidate;
    candidate.slots = 4;
    candidate.in_flight = c.in_flight;
    candidate.predicted_wait_ms = c.wait_ms;
    EXPECT_EQ(SpillAt(c.spill, policy->targets()[kFirstPool], candidate, c.slo_ms), c.reason)
        << c.name;
    candidate.slots = 0;
    EXPECT_EQ(SpillAt(c.spill, policy->targets()[kPaid], candidate, c.slo_ms), SpillReason::kNone)
        << c.name << ": a paid API has no queue of ours";
  }
}

// Two self-hosted targets between two paid ones.
std::shared_ptr<const CompiledPolicy> TwoPools(const Spill& spill) {
  config::Config config = FiveTargets();
  config.backends.push_back(OwnBackend("pool", 4, {Served("small")}));
  config.routes = {RouteTo(
      "r", {To("small", "gpu"), To("large", "cheap"), To("small", "pool"), To("large", "dear")})};
  config.routes[0].spill = spill;
  return Compiled(config);
}
constexpr std::size_t kSecondPool = 5;

TEST(Spill, full_targets_come_behind_those_that_are_up_and_not_full) {
  const auto policy = TwoPools(Waiting(500));
  DecisionInput input = Asking(*policy);
  Decision decision = Decided(*policy, input);
  EXPECT_EQ(decision.spilled_from, std::nullopt);
  EXPECT_EQ(decision.plan[0].target, kFirstPool);

  input.candidates[kFirstPool].predicted_wait_ms = 800;
  input.candidates[kSecondPool].predicted_wait_ms = 900;
  input.candidates[kLastPaid].available = false;
  Decide(*policy, input, decision);
  EXPECT_THAT(PlanOf(*policy, decision),
              ElementsAre("large@cheap", "small@gpu", "small@pool", "large@dear"));
  EXPECT_EQ(decision.spilled_from, kFirstPool);
  for (const PlannedTarget& planned : decision.plan) {
    EXPECT_EQ(planned.spilled, planned.target == kFirstPool || planned.target == kSecondPool);
  }
}

TEST(Spill, a_full_target_that_is_not_first_is_no_spill_of_the_request) {
  const auto policy = TwoPools(Waiting(500));
  DecisionInput input = Asking(*policy);
  input.candidates[kSecondPool].predicted_wait_ms = 900;
  const Decision decision = Decided(*policy, input);
  EXPECT_THAT(PlanOf(*policy, decision),
              ElementsAre("small@gpu", "large@cheap", "large@dear", "small@pool"));
  EXPECT_EQ(decision.spilled_from, std::nullopt);
  EXPECT_TRUE(decision.plan.back().spilled);
}

TEST(Spill, nothing_spills_if_there_is_nowhere_to_go) {
  config::Config config = FiveTargets();
  config.backends.push_back(OwnBackend("pool", 4, {Served("small")}));
  config.routes = {RouteTo("r", {To("small", "gpu"), To("small", "pool"), To("large", "cheap")})};
  config.routes[0].spill = Waiting(500);
  const auto policy = Compiled(config);
  DecisionInput input = Asking(*policy);
  input.candidates[kFirstPool].predicted_wait_ms = 900;
  input.candidates[kSecondPool].predicted_wait_ms = 800;
  input.candidates[2].available = false;
  input.conversation_target = kSecondPool;
  const Decision decision = Decided(*policy, input);
  EXPECT_THAT(PlanOf(*policy, decision), ElementsAre("small@pool", "small@gpu", "large@cheap"));
  EXPECT_TRUE(decision.sticky) << "the conversation waits where it was";
  EXPECT_EQ(decision.spilled_from, std::nullopt);
  for (const PlannedTarget& planned : decision.plan) EXPECT_FALSE(planned.spilled);
}

TEST(Spill, a_deadline_leaves_a_wait_that_others_bear) {
  const auto policy = TwoPools(Waiting(500));
  DecisionInput input = Asking(*policy);
  input.candidates[kFirstPool].predicted_wait_ms = 300;
  EXPECT_EQ(Decided(*policy, input).plan[0].target, kFirstPool);
  input.slo_ttft_ms = 250;
  const Decision decision = Decided(*policy, input);
  EXPECT_EQ(PlanOf(*policy, decision)[0], "large@cheap");
  EXPECT_EQ(decision.spilled_from, kFirstPool);
}

TEST(Spill, every_rule_but_never_spills_by_its_own_limit) {
  struct Case {
    Spill spill;
    std::string first;
  };
  const Case cases[] = {{After(0), "large@cheap"},   {After(50), "small@gpu"},
                        {Spill{}, "small@gpu"},      {Waiting(799), "large@cheap"},
                        {Waiting(800), "small@gpu"}, {kNeverSpill, "small@gpu"}};
  for (const Case& c : cases) {
    const auto policy = TwoPools(c.spill);
    DecisionInput input = Asking(*policy);
    input.candidates[kFirstPool].in_flight = 4;
    input.candidates[kFirstPool].predicted_wait_ms = 800;
    EXPECT_EQ(PlanOf(*policy, Decided(*policy, input))[0], c.first) << c.spill.limit.count();
  }
}

TEST(Spill, a_silence_is_not_a_queue) {
  for (const Spill& spill : {Waiting(500), After(0), After(50)}) {
    const auto policy = TwoPools(spill);
    DecisionInput input = Asking(*policy);
    input.candidates[kFirstPool].silent_wait_ms = 9'000;
    const Decision decision = Decided(*policy, input);
    EXPECT_EQ(PlanOf(*policy, decision)[0], "small@gpu");
    EXPECT_EQ(decision.spilled_from, std::nullopt);
    EXPECT_EQ(decision.plan[0].cost_basis, CostBasis::kFreeSlot);
  }
}

TEST(Spill, a_conversation_leaves_a_queue_that_is_too_long) {
  const auto policy = TwoPools(Waiting(500));
  DecisionInput input = Asking(*policy);
  input.conversation_target = kSecondPool;
  input.candidates[kSecondPool].in_flight = 4;
  input.candidates[kSecondPool].predicted_wait_ms = 400;
  Decision decision = Decided(*policy, input);
  EXPECT_TRUE(decision.sticky) << "it may wait that long";
  EXPECT_EQ(decision.plan[0].target, kSecondPool);
  EXPECT_EQ(decision.spilled_from, std::nullopt);

  input.candidates[kSecondPool].predicted_wait_ms = 600;
  Decide(*policy, input, decision);
  EXPECT_FALSE(decision.sticky);
  EXPECT_EQ(decision.plan[0].target, kFirstPool);
  EXPECT_EQ(decision.spilled_from, kSecondPool) << "the request left its conversation's target";

  // The target that ranks first is full, but the conversation would not go there anyway.
  input.candidates[kSecondPool] = input.candidates[kFirstPool];
  input.candidates[kFirstPool].predicted_wait_ms = 600;
  Decide(*policy, input, decision);
  EXPECT_TRUE(decision.sticky);
  EXPECT_EQ(decision.plan[0].target, kSecondPool);
  EXPECT_EQ(decision.spilled_from, std::nullopt);
}

TEST(Spill, spilled_targets_keep_their_rank_among_themselves) {
  config::Config config = FiveTargets();
  config.backends.push_back(OwnBackend("pool", 4, {Served("small")}));
  config.backends[0].rent.per_hour = 8 * kNanoPerUsd;
  config.backends[3].rent.per_hour = 4 * kNanoPerUsd;
  config.routes = {RouteTo("r", {To("small", "gpu"), To("small", "pool"), To("large", "dear")},
                           Prefer::kLowestCost)};
  config.routes[0].spill = After(0);
  const auto policy = Compiled(config);
  DecisionInput input = Asking(*policy);
  for (const std::size_t full : {kFirstPool, kSecondPool}) input.candidates[full].in_flight = 4;
  const Decision decision = Decided(*policy, input);
  EXPECT_THAT(PlanOf(*policy, decision), ElementsAre("large@dear", "small@pool", "small@gpu"));
  EXPECT_EQ(decision.spilled_from, kSecondPool) << "the cheaper one";
}

TEST(Spill, a_target_takes_what_leaves_another_queue_if_its_own_is_short) {
  struct Case {
    Spill spill;
    int in_flight;
    float wait_ms;
    std::optional<std::uint32_t> slo_ms;
    bool takes;
  };
  const Case cases[] = {
      {After(50), 0, 0, {}, true},      {After(50), 4, 50, {}, true},
      {After(50), 4, 50.5f, {}, false}, {After(50), 4, 40, 30, true},
      {Waiting(50), 4, 50, {}, true},   {Waiting(50), 4, 51, {}, false},
      {Waiting(50), 4, 40, 30, false},  {After(0), 3, 0, {}, true},
      {After(0), 4, 0, {}, false},      {Waiting(0), 3, 1, {}, false},
  };
  const auto policy = Compiled(FiveTargets());
  for (const Case& c : cases) {
    Candidate candidate;
    candidate.slots = 4;
    candidate.in_flight = c.in_flight;
    candidate.predicted_wait_ms = c.wait_ms;
    EXPECT_EQ(TakesSpilled(c.spill, policy->targets()[kFirstPool], candidate, c.slo_ms), c.takes)
        << c.spill.limit.count() << " " << c.in_flight << " " << c.wait_ms;
    EXPECT_TRUE(TakesSpilled(c.spill, policy->targets()[kPaid], candidate, c.slo_ms));
  }
}

TEST(Spill, after_a_wait_comes_the_next_target_that_takes_the_request) {
  constexpr auto kStays = std::nullopt;
  const auto next = [&](const Spill& spill, const DecisionInput& input, std::size_t position) {
    const auto policy = TwoPools(spill);
    return NextAfterWait(*policy, input, Decided(*policy, input), position);
  };
  // The plan: the first pool, a paid API, the second pool, a paid API.
  const auto policy = TwoPools(After(50));
  DecisionInput input = Asking(*policy);
  for (const Spill& spill : {After(50), Waiting(50)}) {
    EXPECT_EQ(next(spill, input, 0), 1u);
    EXPECT_EQ(next(spill, input, 1), kStays) << "a paid API has no queue of ours";
    EXPECT_EQ(next(spill, input, 2), 3u);
    EXPECT_EQ(next(spill, input, 3), kStays);
  }
  EXPECT_EQ(next(kNeverSpill, input, 0), kStays);
  input.candidates[kPaidAtCheap].available = false;
  EXPECT_EQ(next(After(50), input, 0), 1u) << "the second pool";
  input.candidates[kSecondPool].predicted_wait_ms = 60;
  EXPECT_EQ(next(After(50), input, 0), 2u) << "its queue is too long";
  input.candidates[kLastPaid].available = false;
  EXPECT_EQ(next(After(50), input, 0), kStays);
  EXPECT_TRUE(MayLeave(*policy, Decided(*policy, input), 0)) << "it looks again";
  EXPECT_FALSE(MayLeave(*policy, Decided(*policy, input), 1)) << "the last that is up";
  input.candidates[kSecondPool].available = false;
  EXPECT_FALSE(MayLeave(*policy, Decided(*policy, input), 0));
}

// All models of a backend wait in one queue.
TEST(Spill, another_model_of_the_same_backend_is_no_way_out) {
  config::Config config = FiveTargets();
  config.backends.push_back(OwnBackend("pool", 4, {Served("small"), Served("large")}));
  config.routes = {RouteTo("r", {To("small", "pool"), To("large", "pool"), To("large", "cheap")})};
  for (const Spill& spill : {After(0), After(50), Waiting(50)}) {
    config.routes[0].spill = spill;
    const auto policy = Compiled(config);
    DecisionInput input = Asking(*policy);
    // Only the first model is full: its requests have too many tokens.
    input.candidates[kSecondPool].predicted_wait_ms = 60;
    Decision decision = Decided(*policy, input);
    const bool spills = spill.when == SpillWhen::kWaitOver || spill.limit.count() == 0;
    EXPECT_EQ(decision.plan[0].target, spills ? kSecondPool + 1 : kSecondPool);
    EXPECT_EQ(decision.spilled_from.has_value(), spills) << "the paid API takes it";
    if (!spills) {
      EXPECT_EQ(NextAfterWait(*policy, input, decision, 0), 2u);
    }
    input.candidates[kPaidAtCheap].available = false;
    Decide(*policy, input, decision);
    EXPECT_EQ(decision.plan[0].target, kSecondPool);
    EXPECT_EQ(decision.spilled_from, std::nullopt);
    EXPECT_FALSE(MayLeave(*policy, decision, 0));
    EXPECT_EQ(NextAfterWait(*policy, input, decision, 0), std::nullopt);
  }
}

TEST(Spill, a_request_looks_again_after_its_limit_but_not_all_the_time) {
  EXPECT_EQ(LookAgainAfter(After(2'000)), Milliseconds(2'000));
  EXPECT_EQ(LookAgainAfter(Waiting(51)), Milliseconds(51));
  EXPECT_EQ(LookAgainAfter(After(0)), Milliseconds(50));
}

// --- waits that would be too long ----------------------------------------------------------------

TEST(ComesTooLate, only_by_a_firm_prediction_and_never_for_batch) {
  using std::chrono::seconds;
  EXPECT_TRUE(ComesTooLate(config::Band::kNormal, {seconds(6), true}, seconds(5)));
  EXPECT_TRUE(ComesTooLate(config::Band::kLatencyCritical, {seconds(6), true}, seconds(5)));
  EXPECT_FALSE(ComesTooLate(config::Band::kNormal, {seconds(5), true}, seconds(5)));
  EXPECT_FALSE(ComesTooLate(config::Band::kNormal, {seconds(6), false}, seconds(5)));
  EXPECT_FALSE(ComesTooLate(config::Band::kBatch, {seconds(6), true}, seconds(5)));
}

TEST(ComesTooLate, at_a_full_target_and_goes_to_the_first_that_is_in_time) {
  config::Config config = FiveTargets();
  config.backends.push_back(OwnBackend("pool", 4, {Served("small")}));
  config.routes = {RouteTo("r", {To("small", "gpu"), To("small", "pool"), To("large", "cheap")})};
  config.routes[0].spill = kNeverSpill;
  config.routes[0].timeouts.total = Milliseconds(5'000);
  const auto policy = Compiled(config);
  DecisionInput input = Asking(*policy);
  for (const std::size_t pool : {kFirstPool, kSecondPool}) {
    input.candidates[pool].in_flight = 4;
    input.candidates[pool].predicted_wait_ms = 6'000;
    input.candidates[pool].firm_wait = true;
  }
  Decision decision = Decided(*policy, input);
  EXPECT_EQ(TotalTime(*policy, decision), Milliseconds(5'000));
  EXPECT_TRUE(ComesTooLateAt(*policy, input, decision, 0));
  EXPECT_TRUE(ComesTooLateAt(*policy, input, decision, 1));
  EXPECT_FALSE(ComesTooLateAt(*policy, input, decision, 2)) << "a paid API has no queue";
  EXPECT_EQ(FirstInTime(*policy, input, decision, 0), 2u);

  input.candidates[kSecondPool].predicted_wait_ms = 3'000;
  EXPECT_EQ(FirstInTime(*policy, input, decision, 0), 1u);
  EXPECT_EQ(FirstInTime(*policy, input, decision, 0, std::chrono::seconds(3)), 2u)
      << "2 s are left";
  decision.plan.pop_back();
  EXPECT_EQ(FirstInTime(*policy, input, decision, 0, std::chrono::seconds(3)), std::nullopt);
}

}  // namespace
}  // namespace headgate::routing

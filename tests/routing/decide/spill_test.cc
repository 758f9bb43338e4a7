#include "routing/decide/spill.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "tests/routing/fixture.h"

namespace headgate::routing {
namespace {

using config::Milliseconds;
using config::Prefer;
using config::Spill;
using ::testing::ElementsAre;
using When = config::Spill::When;

constexpr std::size_t kFirstPool = 0;
constexpr std::size_t kPaid = 1;
constexpr std::size_t kLastPaid = 4;

Spill Waiting(int limit_ms) { return {When::kWaitOver, Milliseconds(limit_ms)}; }
Spill After(int limit_ms) { return {When::kAfter, Milliseconds(limit_ms)}; }
const Spill kNeverSpill{When::kNever, Milliseconds(0)};

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
  config.backends[0].rent_per_replica_hour = 8 * kNanoPerUsd;
  config.backends[3].rent_per_replica_hour = 4 * kNanoPerUsd;
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

TEST(Spill, the_turn_after_a_wait_is_the_next_target_that_is_up) {
  const auto policy = TwoPools(After(50));
  const auto next = [&](const Spill& spill, const DecisionInput& input, std::size_t position) {
    return NextAfterWait(*policy, spill, Decided(*policy, input), position);
  };
  DecisionInput input = Asking(*policy);
  EXPECT_EQ(next(After(50), input, 0), 2u);
  EXPECT_EQ(next(After(50), input, 1), std::nullopt) << "a paid API has no queue of ours";
  EXPECT_EQ(next(After(50), input, 2), kLastPaid);
  EXPECT_EQ(next(After(50), input, 3), std::nullopt);
  EXPECT_EQ(next(Waiting(50), input, 0), std::nullopt);
  EXPECT_EQ(next(kNeverSpill, input, 0), std::nullopt);
  input.candidates[kLastPaid].available = false;
  EXPECT_EQ(next(After(50), input, 2), std::nullopt) << "the last that is up: it waits";
}

}  // namespace
}  // namespace headgate::routing

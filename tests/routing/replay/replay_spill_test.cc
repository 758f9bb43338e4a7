#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "routing/replay/replay.h"
#include "tests/routing/replay/replay_fixture.h"

namespace headgate::routing {
namespace {

using config::Milliseconds;
using config::Spill;
using SpillWhen = config::Spill::When;

constexpr std::size_t kSecondPaid = 1;
constexpr Spill kNever{SpillWhen::kNever, Milliseconds(0)};
constexpr Spill kAtOnce{SpillWhen::kAfter, Milliseconds(0)};

Spill After(int limit_ms) { return {SpillWhen::kAfter, Milliseconds(limit_ms)}; }
Spill Over(int limit_ms) { return {SpillWhen::kWaitOver, Milliseconds(limit_ms)}; }

ReplayTotals Replayed(const CompiledPolicy& policy, const RecordedRequest& record) {
  Replay replay(policy, nullptr);
  replay.Add(record);
  return replay.Finish();
}

TEST(ReplaySpill, a_new_rule_decides_from_the_recorded_wait) {
  struct Case {
    Spill recorded;
    Spill tried;
    float wait_ms;
    std::size_t goes_to;
  };
  const Case cases[] = {
      {kNever, Over(500), 800, kFirstPaid},    {kNever, Over(500), 500, kGpu},
      {kNever, kAtOnce, 0, kFirstPaid},        {kNever, After(50), 800, kFirstPaid},
      {kNever, After(50), 50, kGpu},           {After(2000), After(50), 800, kFirstPaid},
      {Over(900), Over(500), 800, kFirstPaid}, {kNever, kNever, 800, kGpu},
  };
  for (const Case& c : cases) {
    const auto recorded_under = PoolFirst(c.recorded);
    const RecordedPolicy recorded = RecordedUnder(*recorded_under);
    const ReplayTotals totals = Replayed(*PoolFirst(c.tried), FullPool(recorded, c.wait_ms, kGpu));
    const bool spills = c.goes_to == kFirstPaid;
    EXPECT_EQ(totals.decided, 1u);
    EXPECT_EQ(totals.moved, spills ? 1u : 0u) << c.tried.limit.count() << " " << c.wait_ms;
    EXPECT_EQ(totals.Spilled().requests_before, 0u);
    EXPECT_EQ(totals.Spilled().requests_after, spills ? 1u : 0u);
    // 10 tokens in and 10 out at a cost 1 and 2 nano-dollars each.
    EXPECT_EQ(totals.Spilled().cost_after, spills ? 30 : 0);
    EXPECT_EQ(totals.after.cost, spills ? 30 : 0);
    if (spills) {
      EXPECT_EQ(totals.spills.at("m@gpu").requests_after, 1u);
      EXPECT_EQ(totals.targets.at("m@a").requests_after, 1u);
    }
  }
}

TEST(ReplaySpill, a_deadline_that_was_recorded_spills_again) {
  const auto before = PoolFirst(kNever);
  const RecordedPolicy recorded = RecordedUnder(*before);
  RecordedRequest record = FullPool(recorded, 300, kGpu);
  record.input.slo_ttft_ms = 200;
  EXPECT_EQ(Replayed(*PoolFirst(Over(500)), record).Spilled().requests_after, 1u);
  record.input.slo_ttft_ms = 300;
  EXPECT_EQ(Replayed(*PoolFirst(Over(500)), record).Spilled().requests_after, 0u);
}

TEST(ReplaySpill, the_same_rule_does_what_was_recorded_whatever_was_predicted) {
  for (const Spill& spill : {After(50), Over(500), kNever}) {
    const auto policy = PoolFirst(spill);
    const RecordedPolicy recorded = RecordedUnder(*policy);
    for (const float wait_ms : {10.0f, 400.0f}) {
      // It got a slot in time, or it did not.
      for (const std::size_t answered_by : {kGpu, kFirstPaid}) {
        const ReplayTotals totals = Replayed(*policy, FullPool(recorded, wait_ms, answered_by));
        const std::uint64_t spilled = answered_by == kGpu ? 0 : 1;
        EXPECT_EQ(totals.moved, 0u);
        EXPECT_EQ(totals.before.cost, totals.after.cost);
        EXPECT_EQ(totals.Spilled().requests_before, spilled);
        EXPECT_EQ(totals.Spilled().requests_after, spilled);
      }
    }
  }
}

TEST(ReplaySpill, a_request_that_left_the_queue_may_stay_under_a_new_rule) {
  const auto before = PoolFirst(After(50));
  const RecordedPolicy recorded = RecordedUnder(*before);
  const ReplayTotals totals = Replayed(*PoolFirst(kNever), FullPool(recorded, 300, kFirstPaid));
  EXPECT_EQ(totals.moved, 1u);
  EXPECT_EQ(totals.before.cost, 30);
  EXPECT_EQ(totals.after.cost, 0);
  EXPECT_EQ(totals.Spilled().requests_before, 1u);
  EXPECT_EQ(totals.Spilled().cost_before, 30);
  EXPECT_EQ(totals.Spilled().requests_after, 0u);
}

// The pool, then what a case says.
std::shared_ptr<const CompiledPolicy> PoolThen(const std::vector<std::string>& others,
                                               const Spill& spill) {
  config::Config config = TwoPaidOneOwn();
  config.backends.push_back(Backend("pool", 0, 0));
  config.backends.back().hosting = config::Hosting::kSelfHosted;
  config.backends.back().slots = 2;
  config.backends.back().rent.per_hour = 1;
  std::vector<std::string> targets = {"gpu"};
  targets.insert(targets.end(), others.begin(), others.end());
  config.routes = {RouteTo("r", targets, config::Prefer::kOrdered)};
  config.routes[0].spill = spill;
  return Compiled(config);
}
constexpr std::size_t kPool = 3;

// The request left the first pool and was answered by an API; a new policy has more before it.
TEST(ReplaySpill, follows_the_record_only_through_the_queues_that_were_left) {
  struct Case {
    std::string name;
    std::vector<std::string> tried;
    float wait_ms;
    float wait_at_pool_ms;
    std::vector<std::size_t> left;
    std::string goes_to;
  };
  const Case cases[] = {
      {"the same plan", {"a", "b"}, 10, 0, {kGpu}, "m@a"},
      {"another API comes first, short wait", {"b", "a"}, 10, 0, {kGpu}, "m@gpu"},
      {"another API comes first, long wait", {"b", "a"}, 900, 0, {kGpu}, "m@b"},
      {"a pool comes first that has room", {"pool", "a"}, 900, 0, {kGpu}, "m@pool"},
      {"a pool comes first that is full", {"pool", "a"}, 10, 900, {kGpu}, "m@a"},
      {"both queues were left", {"pool", "a"}, 10, 0, {kGpu, kPool}, "m@a"},
      {"in another order", {"pool", "a"}, 10, 0, {kPool, kGpu}, "m@gpu"},
  };
  for (const Spill& spill : {After(50), Over(50)}) {
    const auto before = PoolThen({"a"}, spill);
    const RecordedPolicy recorded = RecordedUnder(*before);
    for (const Case& c : cases) {
      if (spill.when == SpillWhen::kWaitOver && c.wait_ms > 50) continue;  // left before it waited
      RecordedRequest record = FullPool(recorded, c.wait_ms, kFirstPaid);
      record.input.candidates[kPool].slots = 2;
      record.input.candidates[kPool].predicted_wait_ms = c.wait_at_pool_ms;
      record.left.assign(c.left.begin(), c.left.end());
      const ReplayTotals totals = Replayed(*PoolThen(c.tried, spill), record);
      EXPECT_EQ(totals.decided, 1u) << c.name;
      EXPECT_EQ(totals.targets.at(c.goes_to).requests_after, 1u) << c.name;
    }
  }
}

// No target takes the request, so it stays in its queue, whatever the time.
TEST(ReplaySpill, stays_where_no_other_queue_is_shorter) {
  for (const Spill& spill : {After(50), Over(50)}) {
    const auto before = PoolThen({"pool"}, kNever);
    const RecordedPolicy recorded = RecordedUnder(*before);
    RecordedRequest record = FullPool(recorded, 900, kGpu);
    record.input.candidates[kPool].slots = 2;
    record.input.candidates[kPool].predicted_wait_ms = 800;
    EXPECT_EQ(Replayed(*PoolThen({"pool"}, spill), record).moved, 0u);
    record.input.candidates[kPool].predicted_wait_ms = 40;
    const ReplayTotals totals = Replayed(*PoolThen({"pool"}, spill), record);
    EXPECT_EQ(totals.targets.at("m@pool").requests_after, 1u);
  }
}

TEST(ReplaySpill, counts_what_the_recorded_decision_spilled) {
  const auto policy = PoolFirst(Over(500));
  const RecordedPolicy recorded = RecordedUnder(*policy);
  RecordedRequest record = FullPool(recorded, 800, kFirstPaid);
  record.target = kFirstPaid;
  record.left.clear();
  record.spilled_from = kGpu;
  record.spilled.push_back(kGpu);
  const ReplayTotals totals = Replayed(*policy, record);
  EXPECT_EQ(totals.moved, 0u);
  EXPECT_EQ(totals.spills.at("m@gpu").requests_before, 1u);
  EXPECT_EQ(totals.spills.at("m@gpu").requests_after, 1u);
  EXPECT_EQ(totals.spills.count("none"), 0u);
}

// Older recordings know silences, and no queues.
TEST(ReplaySpill, nothing_leaves_the_queues_of_older_recordings) {
  for (const Spill& spill : {After(50), Over(50)}) {
    const auto policy = PoolFirst(spill);
    RecordedPolicy recorded = RecordedUnder(*policy);
    recorded.spills.reset();
    RecordedRequest record = FullPool(recorded, 0, kGpu);
    record.input.candidates[kGpu].silent_wait_ms = 9'000;
    const ReplayTotals totals = Replayed(*policy, record);
    EXPECT_EQ(totals.moved, 0u);
    EXPECT_TRUE(totals.spills.empty());
  }
}

TEST(ReplaySpill, more_replicas_have_a_free_slot_and_no_wait) {
  const auto before = PoolFirst(Over(500));
  const RecordedPolicy recorded = RecordedUnder(*before);
  config::Config config = TwoPaidOneOwn();
  config.routes = {RouteTo("r", {"gpu", "a", "b"}, config::Prefer::kOrdered)};
  config.routes[0].spill = Over(500);
  config.backends[2].replicas.resize(2);
  const auto policy = Compiled(config);
  Replay replay(*policy, nullptr);
  replay.UseConfiguredSlots("gpu");
  RecordedRequest record = FullPool(recorded, 800, kFirstPaid);
  record.target = kFirstPaid;
  record.left.clear();
  record.spilled_from = kGpu;
  replay.Add(record);
  const ReplayTotals totals = replay.Finish();
  EXPECT_EQ(totals.Spilled().requests_before, 1u);
  EXPECT_EQ(totals.Spilled().requests_after, 0u);
  EXPECT_EQ(totals.targets.at("m@gpu").requests_after, 1u);
}

// Where a full pool leads depends on a target that was not there when the request was recorded.
TEST(ReplaySpill, a_request_that_would_go_to_an_unrecorded_target_is_undecided) {
  const auto before = PoolFirst(kNever);
  const RecordedPolicy recorded = RecordedUnder(*before);
  const RecordedRequest record = FullPool(recorded, 800, kGpu);
  config::Config config = TwoPaidOneOwn();
  config.backends.push_back(Backend("new", 1'000'000, 1'000'000));
  config.routes = {RouteTo("r", {"gpu", "new"}, config::Prefer::kOrdered)};
  config.routes[0].spill = After(50);
  EXPECT_EQ(Replayed(*Compiled(config), record).undecided_target, 1u);
}

}  // namespace
}  // namespace headgate::routing

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "routing/replay/replay.h"
#include "routing/replay/replayed_queue.h"
#include "tests/routing/replay/replay_fixture.h"

namespace headgate::routing {
namespace {

using config::Milliseconds;
using config::Spill;

Spill LeavesAfter(int limit_ms) { return {Spill::When::kAfter, Milliseconds(limit_ms)}; }
Spill LeavesOver(int limit_ms) { return {Spill::When::kWaitOver, Milliseconds(limit_ms)}; }

// The policy with another number of replicas of the pool, of two slots each.
ReplayTotals WithReplicas(std::size_t replicas, const Spill& spill,
                          const std::vector<RecordedRequest>& records) {
  config::Config config = TwoPaidOneOwn();
  config.routes = {RouteTo("r", {"gpu", "a", "b"}, config::Prefer::kOrdered)};
  config.routes[0].spill = spill;
  config.backends[2].replicas.resize(replicas);
  const auto policy = Compiled(config);
  Replay replay(*policy, nullptr);
  replay.UseConfiguredSlots("gpu");
  for (const RecordedRequest& record : records) replay.Add(record);
  return replay.Finish();
}

// A policy line of two replicas of two slots.
RecordedPolicy TwoReplicas(const CompiledPolicy& policy) {
  RecordedPolicy recorded = RecordedUnder(policy);
  recorded.rents.emplace();
  recorded.rents->push_back({.backend = "gpu", .replicas = 2, .slots = 2, .per_replica_hour = 1});
  recorded.waits = true;
  return recorded;
}

// A minute of a pool of four slots: requests that ran at once, that waited for 10 s, and that left.
std::vector<RecordedRequest> Rush(const RecordedPolicy& recorded) {
  std::vector<RecordedRequest> records;
  for (int i = 0; i < 60; ++i) {
    const bool full = i >= 20;
    const bool leaves = full && i % 2 == 0;
    RecordedRequest record = FullPool(recorded, full ? 400 : 0, leaves ? kFirstPaid : kGpu);
    Candidate& pool = record.input.candidates[kGpu];
    pool.slots = 4;
    pool.in_flight = std::min(i / 5, 4);
    pool.ttft_samples = 20;
    pool.ttft_median_ms = 20'000;
    record.input.max_tokens = 1;
    record.input.unix_seconds = 1'000'000 + i;
    record.queued_us = full ? 10'000'000 : 0;
    record.calls[0].duration_us = 20'000'000;
    records.push_back(record);
  }
  return records;
}

TEST(ReplayedSlots, the_recorded_number_changes_nothing) {
  for (const Spill& spill : {LeavesAfter(500), LeavesOver(300), LeavesOver(500)}) {
    const auto before = PoolFirst(LeavesAfter(500));
    const RecordedPolicy recorded = TwoReplicas(*before);
    std::vector<RecordedRequest> records = Rush(recorded);
    records[30].input.candidates[kGpu].slots = 2;  // a replica was ejected
    records[30].input.candidates[kGpu].in_flight = 2;
    const auto policy = PoolFirst(spill);
    Replay replay(*policy, nullptr);
    for (const RecordedRequest& record : records) replay.Add(record);
    const ReplayTotals without = replay.Finish();
    const ReplayTotals with = WithReplicas(2, spill, records);
    EXPECT_EQ(with.Spilled().requests_after, without.Spilled().requests_after);
    EXPECT_EQ(with.moves, without.moves);
    EXPECT_EQ(with.after.cost, without.after.cost);
    EXPECT_EQ(with.after.waited_us, without.after.waited_us);
    EXPECT_EQ(with.after.crowded, without.after.crowded);
    EXPECT_TRUE(with.pools.empty());
  }
}

TEST(ReplayedSlots, fewer_spill_no_less_and_more_spill_no_more) {
  for (const Spill& spill :
       {LeavesAfter(500), LeavesAfter(100), LeavesOver(300), LeavesOver(500), LeavesAfter(0)}) {
    const auto before = PoolFirst(LeavesAfter(500));
    const RecordedPolicy recorded = TwoReplicas(*before);
    const std::vector<RecordedRequest> records = Rush(recorded);
    std::uint64_t last = records.size();
    for (const std::size_t replicas : {1u, 2u, 3u, 4u, 6u, 60u}) {
      const std::uint64_t spilled = WithReplicas(replicas, spill, records).Spilled().requests_after;
      EXPECT_LE(spilled, last) << replicas << " " << spill.limit.count();
      last = spilled;
    }
    EXPECT_EQ(last, 0u);
  }
}

// In the rush two new slots are for 20 requests that waited 10 s each, and for 20 that left and
// would take 20 s each: 600 s in 40 s.
TEST(ReplayedSlots, requests_that_waited_take_new_slots_too) {
  const auto policy = PoolFirst(LeavesAfter(500));
  const RecordedPolicy recorded = TwoReplicas(*policy);
  const ReplayTotals totals = WithReplicas(3, LeavesAfter(500), Rush(recorded));
  EXPECT_EQ(totals.Spilled().requests_before, 20u);
  EXPECT_GT(totals.Spilled().requests_after, 13u);
  EXPECT_LT(totals.Spilled().requests_after, 20u);
  ASSERT_EQ(totals.pools.size(), 1u);
  EXPECT_EQ(totals.pools[0].backend, "gpu");
  EXPECT_EQ(totals.pools[0].slots, 6);
  EXPECT_EQ(totals.pools[0].recorded, 4);
  EXPECT_EQ(totals.pools[0].waited, 40u);
}

TEST(ReplayedSlots, requests_wait_for_those_beyond_fewer_slots) {
  struct Case {
    int in_flight;
    float wait_ms;
    std::int64_t slots;
    float expected_ms;
    SlotChange change;
  };
  const Case cases[] = {{3, 0, 4, 0, SlotChange::kNone},      {2, 0, 3, 0, SlotChange::kNone},
                        {3, 0, 3, 100, SlotChange::kFewer},   {3, 0, 2, 300, SlotChange::kFewer},
                        {4, 500, 4, 500, SlotChange::kNone},  {4, 500, 2, 1300, SlotChange::kFewer},
                        {4, 500, 1, 2900, SlotChange::kFewer}};
  RecordedPolicy recorded;
  for (const Case& c : cases) {
    Candidate candidate;
    candidate.slots = 4;
    candidate.in_flight = c.in_flight;
    candidate.predicted_wait_ms = c.wait_ms;
    ReplayedPool pool("gpu", c.slots);
    EXPECT_EQ(pool.Change({.policy = &recorded, .us = 0, .slot_time_ms = 300}, candidate),
              c.change);
    EXPECT_EQ(candidate.predicted_wait_ms, c.expected_ms) << c.in_flight << " " << c.slots;
  }
}

TEST(ReplayedSlots, new_slots_are_taken_and_come_free_again) {
  RecordedPolicy recorded;
  ReplayedPool pool("gpu", 6);  // two more
  const auto finds = [&](std::int64_t second) {
    Candidate candidate;
    candidate.slots = candidate.in_flight = 4;
    candidate.predicted_wait_ms = 900;
    const SlotChange change = pool.Change(
        {.policy = &recorded, .us = second * 1'000'000, .slot_time_ms = 300}, candidate);
    EXPECT_EQ(candidate.predicted_wait_ms, change == SlotChange::kFreed ? 0 : 900);
    EXPECT_EQ(candidate.in_flight < candidate.slots, change == SlotChange::kFreed);
    return change == SlotChange::kFreed;
  };
  EXPECT_TRUE(finds(10));
  pool.Take(10'000'000, 5'000'000);
  EXPECT_TRUE(finds(10));
  pool.Take(10'000'000, 400'000);
  EXPECT_TRUE(finds(10)) << "within the second";
  pool.Take(10'000'000, 3'000'000);
  EXPECT_FALSE(finds(11));
  EXPECT_FALSE(finds(12));
  EXPECT_TRUE(finds(13));
  EXPECT_EQ(pool.recorded_slots(), 4);
}

}  // namespace
}  // namespace headgate::routing

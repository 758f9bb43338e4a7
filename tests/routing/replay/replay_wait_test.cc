// Waits in queues, refusals by full queues, and other slots, in a replay.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "routing/replay/replay.h"
#include "tests/routing/replay/replay_fixture.h"

namespace headgate::routing {
namespace {

using config::Milliseconds;
using config::Spill;
using SpillWhen = config::Spill::When;

constexpr std::size_t kPaidTarget = 0;
constexpr std::size_t kQueuedTarget = 2;
constexpr Spill kStays{SpillWhen::kNever, Milliseconds(0)};
constexpr std::int64_t kServiceUs = 1'000'000;
constexpr std::int64_t kFirstTokenUs = 100'000;

std::shared_ptr<const CompiledPolicy> PoolThenPaid(const Spill& spill) {
  config::Config config = TwoPaidOneOwn();
  config.routes = {RouteTo("r", {"gpu", "a"}, config::Prefer::kOrdered)};
  config.routes[0].spill = spill;
  return Compiled(config);
}

std::shared_ptr<const CompiledPolicy> PaidAlone() {
  config::Config config = TwoPaidOneOwn();
  config.routes = {RouteTo("r", {"a"}, config::Prefer::kOrdered)};
  return Compiled(config);
}

// A stream that the target answered after a wait of 3 s in the pool's queue, of which 2 s had been
// predicted.
RecordedRequest Waited(const RecordedPolicy& policy, std::size_t answered_by) {
  RecordedCall call = Answer(answered_by, 10, 10, 0, kServiceUs);
  call.ttft_us = kFirstTokenUs;
  RecordedRequest record = Request(policy, "req_1", kQueuedTarget, {call});
  record.input.stream = true;
  record.input.candidates[kQueuedTarget].slots = 2;
  record.input.candidates[kQueuedTarget].in_flight = 2;
  record.input.candidates[kQueuedTarget].predicted_wait_ms = 2'000;
  record.queued_us = 3'000'000;
  if (answered_by != kQueuedTarget) record.left.push_back(kQueuedTarget);
  return record;
}

ReplayTotals ReplayOf(const CompiledPolicy& policy, const RecordedRequest& record) {
  Replay replay(policy, nullptr);
  replay.Add(record);
  return replay.Finish();
}

void ExpectTimes(const ReplayTimes& times, std::int64_t wait_ms) {
  const auto wait = static_cast<double>(wait_ms);
  EXPECT_NEAR(times.ttft.QuantileMs(0.5), wait + static_cast<double>(kFirstTokenUs) / 1000,
              0.016 * (wait + 100));
  EXPECT_NEAR(times.duration.QuantileMs(0.5), wait + static_cast<double>(kServiceUs) / 1000,
              0.016 * (wait + 1'000));
}

TEST(ReplayWait, is_in_the_times_as_recorded_in_the_same_queue_and_else_as_predicted) {
  struct Case {
    const char* what;
    Spill recorded;
    Spill tried;
    std::size_t answered_by;
    std::int64_t after_ms;
  };
  const Spill after_4s{SpillWhen::kAfter, Milliseconds(4'000)};
  const Spill after_half{SpillWhen::kAfter, Milliseconds(500)};
  const Spill over_1s{SpillWhen::kWaitOver, Milliseconds(1'000)};
  const Case cases[] = {
      {"the same rule", kStays, kStays, kQueuedTarget, 3'000},
      {"another rule, the same queue", kStays, after_4s, kQueuedTarget, 3'000},
      {"leaves at once", kStays, over_1s, kQueuedTarget, 0},
      {"leaves after its time", kStays, after_half, kQueuedTarget, 500},
      {"left as recorded", after_half, after_half, kPaidTarget, 3'000},
      {"left, and stays now", after_half, kStays, kPaidTarget, 2'000},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    const auto before = PoolThenPaid(c.recorded);
    const RecordedPolicy recorded = RecordedUnder(*before);
    const auto tried = PoolThenPaid(c.tried);
    const ReplayTotals totals = ReplayOf(*tried, Waited(recorded, c.answered_by));
    ExpectTimes(totals.before, 3'000);
    EXPECT_EQ(totals.before.waited, 1u);
    EXPECT_EQ(totals.before.waited_us, 3'000'000);
    EXPECT_EQ(totals.after.waited, c.after_ms > 0 ? 1u : 0u);
    EXPECT_EQ(totals.after.waited_us, 1'000 * c.after_ms);
    if (totals.moved > 0) continue;  // the new target has no times
    ExpectTimes(totals.after, c.after_ms);
    ExpectTimes(totals.route_times.at("r").after, c.after_ms);
  }
}

TEST(ReplayWait, is_added_to_the_times_of_the_new_target) {
  const auto before = PoolThenPaid(Spill{SpillWhen::kAfter, Milliseconds(500)});
  const RecordedPolicy recorded = RecordedUnder(*before);
  const auto stays = PoolThenPaid(kStays);
  Replay replay(*stays, nullptr);
  replay.Add(Waited(recorded, kPaidTarget));  // waits for the pool now, 2 s as predicted
  RecordedRequest at_once = Waited(recorded, kQueuedTarget);
  at_once.input.candidates[kQueuedTarget] = {};
  at_once.queued_us = 0;
  replay.Add(at_once);
  const ReplayTotals totals = replay.Finish();
  EXPECT_EQ(totals.moved, 1u);
  EXPECT_NEAR(totals.after.duration.QuantileMs(0.95), 3'000, 50);
  EXPECT_NEAR(totals.after.duration.QuantileMs(0.25), 1'000, 20);
  EXPECT_NEAR(totals.after.ttft.QuantileMs(0.95), 2'100, 40);
  EXPECT_NEAR(totals.recorded.at("m@gpu").duration.QuantileMs(0.95), 1'000, 20)
      << "without the wait";
}

// As in the daemon, the request does not wait where its time would be over before it gets a slot.
TEST(ReplayWait, does_not_begin_if_it_would_be_longer_than_the_time_of_the_request) {
  const auto before = PoolThenPaid(kStays);
  const RecordedPolicy recorded = RecordedUnder(*before);
  config::Config config = TwoPaidOneOwn();
  config.routes = {RouteTo("r", {"gpu", "a"}, config::Prefer::kOrdered)};
  config.routes[0].spill = Spill{SpillWhen::kAfter, Milliseconds(4'000)};
  config.routes[0].timeouts.total = Milliseconds(1'500);
  const auto hasty = Compiled(config);
  RecordedRequest record = Waited(recorded, kQueuedTarget);
  EXPECT_EQ(ReplayOf(*hasty, record).moved, 0u) << "the prediction rests on too little";
  record.input.candidates[kQueuedTarget].firm_wait = true;
  const ReplayTotals totals = ReplayOf(*hasty, record);
  EXPECT_EQ(totals.moved, 1u);
  EXPECT_EQ(totals.after.waited, 0u);
}

TEST(ReplayWait, of_older_recordings_is_in_no_times_and_counted) {
  const auto policy = PoolThenPaid(kStays);
  const RecordedPolicy recorded = RecordedUnder(*policy);
  RecordedRequest record = Waited(recorded, kQueuedTarget);
  record.queued_us.reset();
  const ReplayTotals totals = ReplayOf(*policy, record);
  EXPECT_EQ(totals.before.wait_coverage.unknown, 1u);
  EXPECT_EQ(totals.after.waited, 0u);
  ExpectTimes(totals.before, 0);
  ExpectTimes(totals.after, 0);
}

TEST(ReplayWait, ends_where_nothing_has_a_queue) {
  const auto before = PoolThenPaid(kStays);
  const RecordedPolicy recorded = RecordedUnder(*before);
  const ReplayTotals totals = ReplayOf(*PaidAlone(), Waited(recorded, kQueuedTarget));
  EXPECT_EQ(totals.after.waited, 0u);
  EXPECT_EQ(totals.before.waited, 1u);
}

TEST(ReplayRefused, counts_requests_with_a_plan_that_were_refused_when_recorded) {
  const auto policy = PoolThenPaid(kStays);
  const RecordedPolicy recorded = RecordedUnder(*policy);
  RecordedRequest refused = Waited(recorded, kQueuedTarget);
  refused.calls.clear();
  refused.refused = "queue_full";
  RecordedRequest without_plan = refused;
  without_plan.outcome = Outcome::kNoRoute;
  without_plan.refused = "no_route";
  for (const CompiledPolicy* const against :
       {static_cast<const CompiledPolicy*>(nullptr), &*policy}) {
    Replay replay(*policy, against);
    replay.Add(Waited(recorded, kQueuedTarget));
    replay.Add(refused);
    replay.Add(refused);
    replay.Add(without_plan);
    const ReplayTotals totals = replay.Finish();
    ASSERT_EQ(totals.refused_with_plan.size(), 1u);
    EXPECT_EQ(totals.refused_with_plan.at("queue_full"), 2u);
    EXPECT_EQ(totals.as_recorded, against == nullptr);
    EXPECT_EQ(totals.before.waited, 1u) << "a refused request is not a wait";
  }
}

TEST(ReplaySlots, says_which_slots_decisions_do_not_use) {
  const auto policy = PoolThenPaid(kStays);
  RecordedPolicy recorded = RecordedUnder(*policy);
  const RecordedRequest record = Waited(recorded, kQueuedTarget);
  EXPECT_TRUE(ReplayOf(*policy, record).other_slots.empty()) << "the recording has no slots";
  recorded.rents = policy->rents();
  EXPECT_TRUE(ReplayOf(*policy, record).other_slots.empty()) << "the same";
  recorded.rents->front().slots = 7;
  const ReplayTotals totals = ReplayOf(*policy, record);
  ASSERT_EQ(totals.other_slots.size(), 1u);
  EXPECT_EQ(totals.other_slots[0].backend, "gpu");
  EXPECT_EQ(totals.other_slots[0].slots, 2);
  EXPECT_EQ(totals.other_slots[0].recorded, 7);
  Replay configured(*policy, nullptr);
  configured.UseConfiguredSlots("gpu");
  configured.Add(record);
  EXPECT_TRUE(configured.Finish().other_slots.empty());
}

}  // namespace
}  // namespace headgate::routing

// Slots and queues of a fleet: over reloads, and as decisions see them.

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/snapshot/candidates.h"
#include "tests/backends/upstream/take_replica.h"
#include "tests/gateway/snapshot/fleet_fixture.h"

namespace headgate::gateway {
namespace {

using FleetSlots = FleetReload;

TEST_F(FleetSlots, AQueueStaysWhenReplicasComeAndGo) {
  Reload(Gpu("http://127.0.0.1:1"));
  Reload(Gpu("http://127.0.0.1:1, http://127.0.0.1:2"));
  EXPECT_EQ(Backend().queue, Before().queue);
}

TEST_F(FleetSlots, SlotsThatAreHeldAreNotGivenAgainWhenAReplicaComesBack) {
  const Snapshot& first = Reload(Gpu("http://127.0.0.1:1, http://127.0.0.1:2", 1));
  const std::shared_ptr<const Snapshot> held = now_;
  auto lease = backends::Take(*first.fleet->backend(0).replicas, 0, FleetReload::Clock::now(), 1,
                              backends::ReplicaSet::Admission::kUsable);
  ASSERT_EQ(lease->replica(), 0u);
  Reload(Gpu("http://127.0.0.1:2", 1));
  Reload(Api("http://127.0.0.1:9"));
  Reload(Gpu("http://127.0.0.1:1", 1));
  EXPECT_EQ(Backend().queue, held->fleet->backend(0).queue);
  EXPECT_EQ(Backend().replicas->InFlight(), 1);
  EXPECT_FALSE(backends::Take(*Backend().replicas, 0, FleetReload::Clock::now(), std::nullopt,
                              backends::ReplicaSet::Admission::kUsable));
  lease.reset();
  EXPECT_TRUE(backends::Take(*Backend().replicas, 0, FleetReload::Clock::now(), std::nullopt,
                             backends::ReplicaSet::Admission::kUsable));
}

TEST_F(FleetSlots, SlotsOfOurOwnAndOfAPaidApiAreCountedApart) {
  const std::string url = "http://127.0.0.1:1";
  Reload(Gpu(url, 1));
  auto lease = backends::Take(*Backend().replicas, 0, FleetReload::Clock::now(), std::nullopt,
                              backends::ReplicaSet::Admission::kUsable);
  const std::shared_ptr<const Snapshot> held = now_;
  Reload("  gpu: {hosting: paid_api, url: \"" + url +
         "\", api_key: secret, models: {gpt-4.1: g}}\n");
  EXPECT_EQ(Backend().replicas->InFlight(), 0);
  EXPECT_EQ(Backend().queue, nullptr);
}

class FleetCandidates : public FleetReload {
 protected:
  routing::Candidate Filled(const routing::DecisionInput& input, Clock::time_point now) const {
    std::vector<routing::Candidate> candidates;
    FillCandidates(*now_->fleet, *now_->policy, input, now, candidates);
    return candidates.front();
  }
};

TEST_F(FleetCandidates, ASilenceIsNotAWaitForASlot) {
  Reload(Gpu("http://127.0.0.1:1"));
  const Clock::time_point begun = Clock::now();
  const Clock::time_point now = begun + std::chrono::seconds(5);
  routing::WaitingStream waiting;
  waiting.Begin(now_->fleet->learned(0), begun);
  waiting.Age(now);
  const routing::Candidate candidate = Filled({}, now);
  EXPECT_GE(candidate.silent_wait_ms, 3'500);
  EXPECT_LE(candidate.silent_wait_ms, 4'500);
  EXPECT_EQ(candidate.predicted_wait_ms, 0);
}

// A slot is free, but the tokens of a long prompt do not fit beside those that run.
TEST_F(FleetCandidates, TheWaitDependsOnTheTokensOfTheRequest) {
  Reload(
      "  gpu: {hosting: self_hosted, replicas: [\"http://127.0.0.1:1\"], models: {qwen-2.5-32b: "
      "q}, "
      "slots: 4, slot_tokens: 10000, cost: {per_replica_hour: 2}}\n");
  const Clock::time_point now = Clock::now();
  const auto running = Backend().replicas->Acquire({.now = now, .tokens = 7'000}).lease;
  routing::DecisionInput input;
  input.text_bytes = 4'000;  // 1,000 tokens, and 500 are expected to come
  EXPECT_EQ(Filled(input, now).predicted_wait_ms, 0);
  input.text_bytes = 40'000;
  const routing::Candidate candidate = Filled(input, now);
  EXPECT_GT(candidate.predicted_wait_ms, 0);
  EXPECT_EQ(candidate.in_flight, 1);
  EXPECT_EQ(candidate.slots, 4);
}

}  // namespace
}  // namespace headgate::gateway

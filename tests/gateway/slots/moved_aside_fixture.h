#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/gateway/proxy/failover_fixture.h"
#include "tests/gateway/slots/other_taker.h"

namespace headgate::gateway {

// Two pools of one slot each. The routes differ in when they commit, and in hedges.
inline constexpr std::string_view kTwoPools = R"(
server: {auth: none}
backends:
  gpu: {hosting: self_hosted, replicas: ["http://127.0.0.1:1/v1"], models: {gpt-4.1: own}, slots: 1, cost: {per_replica_hour: 3.6}, preempt: true, batch: {floor: "0%"}}
  near: {hosting: self_hosted, replicas: ["http://127.0.0.1:2/v1"], models: {gpt-4.1: own}, slots: 1, cost: {per_replica_hour: 3.6}, preempt: true, batch: {floor: "0%"}}
routes:
  - {name: now, when: {header: {x-route: now}}, targets: [gpt-4.1@gpu], spill: never}
  - {name: brief, when: {header: {x-route: brief}}, targets: [gpt-4.1@gpu], spill: never, commit: {hold: 2s}}
  - {name: whole, when: {header: {x-route: whole}}, targets: [gpt-4.1@gpu], spill: never, commit: complete, hold_limit: 64KiB}
  - {name: hedged, when: {header: {x-route: hedged}}, targets: [gpt-4.1@gpu, gpt-4.1@near], prefer: ordered, spill: never, attempts: {same_target: 0}, hedge: {after: 1ms, at_most: 100%}}
  - {name: both, targets: [gpt-4.1@gpu, gpt-4.1@near], prefer: ordered, spill: never, commit: complete, hedge: {after: 1ms, at_most: 100%}}
)";
inline constexpr std::size_t kGpu = 0;
inline constexpr std::size_t kNear = 1;

// A latency-critical request that waits at the first replica of a backend; its deadline has passed.
class Urgent {
 public:
  explicit Urgent(const BackendState& backend)
      : queue_(backend.queue), taker_(backend.replicas->slots(0)) {
    const TimePoint now = SteadyClock::now();
    queue_->Join(taker_, {.band = backends::Band::kLatencyCritical, .deadline = now}, now);
  }
  ~Urgent() { queue_->Leave(taker_, SteadyClock::now()); }
  Urgent(const Urgent&) = delete;
  Urgent& operator=(const Urgent&) = delete;

 private:
  const std::shared_ptr<backends::SlotQueue> queue_;
  OtherTaker taker_;
};

// A queue posts its order to move aside, so that what a test does before Turn happens in this
// order.
class MovedAside : public SteppedFixture {
 protected:
  explicit MovedAside(std::string_view route)
      : SteppedFixture(kTwoPools,
                       "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\n"
                       "x-headgate-class: batch\r\nx-route: " +
                           std::string(route) + "\r\n\r\n") {}

  std::unique_ptr<Urgent> TellAt(std::size_t target) const {
    return std::make_unique<Urgent>(snapshot_->fleet->BackendOf(target));
  }
  void ExpectAnswer(std::string_view text) {
    ExpectStream({TextChunk(text), ChunksOfTheEnd(10, 5)}, /*waits=*/true);
  }
  void ExpectAtOnce(std::string_view text) {
    ExpectStream({TextChunk(text), ChunksOfTheEnd(10, 5)});
  }
  // Runs to the end: the client has `text`, once and whole, and the attempts ended so.
  void ExpectServed(std::string_view text, const std::vector<backends::AttemptResult>& results) {
    RunOn();
    EXPECT_EQ(Count("HTTP/1.1 200"), 1u) << client_.sent;
    EXPECT_EQ(Count(R"("content":")"), 1u) << client_.sent;
    EXPECT_EQ(Count(text), 1u) << client_.sent;
    EXPECT_EQ(Count("data: [DONE]"), 1u) << client_.sent;
    EXPECT_EQ(account_.outcome, RequestOutcome::kOk);
    ASSERT_EQ(account_.attempts.size(), results.size());
    for (std::size_t i = 0; i < results.size(); ++i) {
      EXPECT_EQ(account_.attempts[i].result, results[i]) << i;
      EXPECT_GT(account_.attempts[i].cost, 0) << i << ": its rent is booked";
    }
    EXPECT_EQ(results[account_.committed.value()], backends::AttemptResult::kOk);
    for (const std::size_t target : {kGpu, kNear}) {
      const backends::SlotQueue& queue = *snapshot_->fleet->QueueOf(target);
      EXPECT_EQ(queue.running_batch(), 0);
      EXPECT_EQ(
          queue.figures(SteadyClock::now()).waiting[backends::IndexOf(backends::Band::kBatch)], 0u);
    }
  }
};

}  // namespace headgate::gateway

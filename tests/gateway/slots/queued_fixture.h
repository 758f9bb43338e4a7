#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/proxy/proxied_request.h"
#include "gateway/slots/slot_lease.h"
#include "tests/gateway/proxy/proxied_fixture.h"
#include "tests/gateway/slots/other_taker.h"

namespace headgate::gateway {

// A pool of two replicas with a slot each.
inline constexpr std::string_view kTwoReplicas = R"(
server: {auth: none}
backends:
  gpu: {hosting: self_hosted, replicas: ["http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"], models: {gpt-4.1: own}, slots: 1, cost: {per_replica_hour: 3.6}}
routes: [{name: all}]
)";

// One request, whose first target is the first model of the first backend, of one slot.
class QueuedFixture : public ProxiedFixture {
 protected:
  QueuedFixture(std::string_view policy, std::string_view fields)
      : ProxiedFixture(policy, "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\n" +
                                   std::string(fields) + "\r\n") {}

  const Fleet& fleet() const { return *snapshot_->fleet; }
  backends::SlotQueue& queue() const { return *fleet().QueueOf(0); }
  backends::SlotCount& replica() const { return fleet().BackendOf(0).replicas->slots(0); }
  std::size_t Waiting() const {
    std::size_t sum = 0;
    for (const std::size_t count : queue().figures(SteadyClock::now()).waiting) sum += count;
    return sum;
  }
  // Takes the only slot of a target, as another request would.
  SlotLease TakeTheSlot(std::size_t target = 0) const {
    const TimePoint now = SteadyClock::now();
    return {fleet().BackendOf(target),
            *fleet().Acquire(target, {.now = now, .model = &fleet().model_circuits(target)}).lease,
            {.band = backends::Band::kNormal},
            SlotLease::By::kItself,
            now};
  }
  // Begins to serve a request, until it waits for something.
  void Start(std::string_view more = {}) {
    StartWith(R"({"model":"auto","messages":[{"role":"user","content":"hello"}])" +
              std::string(more) + "}");
  }
  void StartWith(std::string body) {
    running_.emplace(worker_, Ask(std::move(body)), response_, account_);
    Spawn(io_, RunToEnd(*running_), done_);
    Poll();
  }
  void Poll() {
    io_.restart();
    io_.poll();
  }
  // Serves what was started to its end.
  void Finish() {
    io_.restart();
    io_.run();
    EXPECT_TRUE(done_.has_value());
    running_.reset();
  }
  // Nobody holds or waits for anything.
  void ExpectIdle() const {
    EXPECT_EQ(Waiting(), 0u);
    EXPECT_EQ(fleet().BackendOf(0).replicas->InFlight(), 0);
    EXPECT_FALSE(fleet().BackendOf(0).replicas->slots(0).contended());
    EXPECT_EQ(queue().running_batch(), 0);
  }

  static constexpr std::string_view kAnswer =
      R"({"choices":[{"index":0,"message":{"content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}})";

  std::optional<ProxiedRequest> running_;
  std::optional<bool> done_;
};

}  // namespace headgate::gateway

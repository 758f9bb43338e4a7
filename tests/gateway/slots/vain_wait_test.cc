// Requests that wait for nothing: their time is over, or would be, or the gateway shuts down.
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "tests/gateway/fake_exchange.h"
#include "tests/gateway/slots/queued_fixture.h"

namespace headgate::gateway {
namespace {

using backends::Band;
using backends::SlotQueue;

constexpr std::string_view kLittleTime = R"(
server: {auth: none}
backends:
  gpu: {hosting: self_hosted, replicas: ["http://127.0.0.1:1/v1"], models: {gpt-4.1: own}, slots: 1, cost: {per_replica_hour: 3.6}}
  api: {hosting: paid_api, url: "http://127.0.0.1:2/v1", api_key: key-of-api, models: {gpt-4.1: {name: theirs, price: {input: 10, output: 20}}}}
routes:
  - {name: hasty, when: {header: {x-route: hasty}}, targets: [gpt-4.1@gpu], timeouts: {total: 20ms}}
  - {name: night, when: {header: {x-route: night}}, targets: [gpt-4.1@gpu, gpt-4.1@api], spill: never}
  - {name: all, targets: [gpt-4.1@gpu]}
)";

class VainWait : public QueuedFixture {
 protected:
  explicit VainWait(std::string_view fields = {}) : QueuedFixture(kLittleTime, fields) {}

  void Serve(int requests, std::chrono::seconds each) const {
    for (int i = 0; i < requests; ++i) queue().Released({.band = Band::kNormal, .held = each});
  }
  std::uint64_t Expired(Band band) const {
    return queue().figures(SteadyClock::now()).expired[IndexOf(band)];
  }
  std::uint64_t Drained(Band band) const {
    return queue().figures(SteadyClock::now()).drained[IndexOf(band)];
  }
  void ExpectRefused(Rejection rejection) const {
    EXPECT_EQ(Count("\r\nRetry-After: "), 1u) << client_.sent;
    EXPECT_EQ(account_.outcome, RequestOutcome::kRefused);
    EXPECT_EQ(account_.rejection, rejection);
    EXPECT_TRUE(account_.attempts.empty());
    EXPECT_TRUE(account_.spilled.empty());
    EXPECT_EQ(Waiting(), 0u);
  }
};

class WithLittleTime : public VainWait {
 protected:
  explicit WithLittleTime(std::string_view fields = "x-route: hasty\r\n") : VainWait(fields) {}
};

// The gateway knows too little of the backend to refuse it at once.
TEST_F(WithLittleTime, IsToldToComeBackWhenItsTimeIsOver) {
  const SlotLease other = TakeTheSlot();
  Serve(SlotQueue::kFewestReleases - 1, std::chrono::seconds(10));
  Start();
  EXPECT_EQ(Waiting(), 1u);
  Finish();
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 503 ")) << client_.sent;
  EXPECT_EQ(Count("\r\nRetry-After: 1\r\n"), 0u) << client_.sent;
  ExpectRefused(Rejection::kQueueTimeout);
  EXPECT_TRUE(account_.error.starts_with("No time was left for an answer after "))
      << account_.error;
  EXPECT_TRUE(account_.error.ends_with(" ms in the queue of gpu")) << account_.error;
  EXPECT_EQ(Expired(Band::kNormal), 1u);
}

TEST_F(WithLittleTime, IsRefusedAtOnceIfItsTimeWouldBeOverBeforeItGetsASlot) {
  const SlotLease other = TakeTheSlot();
  Serve(SlotQueue::kFewestReleases, std::chrono::seconds(10));
  Start();
  Finish();
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 429 ")) << client_.sent;
  EXPECT_EQ(Count("\"code\":\"queue_full\""), 1u) << client_.sent;
  EXPECT_EQ(Count("The predicted wait for this model is "), 1u) << client_.sent;
  EXPECT_EQ(Count("\r\nRetry-After: 1\r\n"), 0u) << client_.sent;
  ExpectRefused(Rejection::kWaitTooLong);
  EXPECT_EQ(account_.queued.count(), 0);
  EXPECT_TRUE(account_.error.starts_with("The predicted wait for gpu is ")) << account_.error;
  EXPECT_TRUE(account_.error.ends_with(" ms left of its timeouts.total")) << account_.error;
  EXPECT_EQ(Expired(Band::kNormal), 0u);
}

class BatchWithLittleTime : public WithLittleTime {
 protected:
  BatchWithLittleTime() : WithLittleTime("x-route: hasty\r\nx-headgate-class: batch\r\n") {}
};

// Its time does not run while it waits.
TEST_F(BatchWithLittleTime, Waits) {
  std::optional<SlotLease> other = TakeTheSlot();
  Serve(SlotQueue::kFewestReleases, std::chrono::seconds(10));
  exchanges_.Expect(WholeAnswer(std::string(kAnswer)));
  Start();
  EXPECT_EQ(Waiting(), 1u);
  other.reset();
  Finish();
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 200 ")) << client_.sent;
}

TEST_F(VainWait, IsToldAtOnceThatTheGatewayShutsDown) {
  const SlotLease other = TakeTheSlot();
  Start();
  EXPECT_EQ(Waiting(), 1u);
  running_->Drain(/*over=*/false);
  Poll();
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 503 ")) << client_.sent;
  EXPECT_EQ(Count("\"code\":\"gateway_shutdown\""), 1u) << client_.sent;
  EXPECT_EQ(Count("The gateway is shutting down; try again."), 1u) << client_.sent;
  Finish();
  ExpectRefused(Rejection::kDraining);
  EXPECT_TRUE(account_.error.starts_with("The gateway shut down ")) << account_.error;
  EXPECT_EQ(Expired(Band::kNormal), 0u);
  EXPECT_EQ(Drained(Band::kNormal), 1u);
}

// A drain lets it finish.
TEST_F(VainWait, IsServedIfItHasItsSlotWhenTheGatewayShutsDown) {
  ExchangeScript slow = WholeAnswer(std::string(kAnswer));
  slow.head_waits = true;
  exchanges_.Expect(slow);
  Start();
  running_->Drain(/*over=*/false);
  exchanges_.made[0]->GoOn();
  Finish();
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 200 ")) << client_.sent;
}

class AtNightInVain : public VainWait {
 protected:
  AtNightInVain() : VainWait("x-route: night\r\n") {}
};

TEST_F(AtNightInVain, GoesOnIfNoReplicaCanBeAskedAnyMore) {
  const SlotLease other = TakeTheSlot();
  exchanges_.Expect(RefusingAnswerOf(402, "{}"));
  Start();
  EXPECT_EQ(Waiting(), 1u);
  fleet().BackendOf(0).replicas->circuit(0).Failed(backends::CircuitBreaker::Failure::kDead,
                                                   /*probe=*/false, SteadyClock::now());
  queue().Kick(SteadyClock::now());
  Finish();
  ASSERT_EQ(account_.attempts.size(), 1u);
  EXPECT_EQ(account_.attempts[0].target, 1u);
  EXPECT_EQ(account_.outcome, RequestOutcome::kUpstreamError);
  EXPECT_TRUE(account_.error.starts_with("No replica of gpu can be asked any more after "))
      << account_.error;
  EXPECT_TRUE(account_.spilled.empty()) << "it was not full";
}

}  // namespace
}  // namespace headgate::gateway

// Requests whose self-hosted target has no free slot: they wait, spill, are turned away or moved
// aside.
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "tests/gateway/fake_exchange.h"
#include "tests/gateway/slots/queued_fixture.h"

namespace headgate::gateway {
namespace {

using backends::AttemptResult;
using backends::Band;

// One slot of our own, then an API.
constexpr std::string_view kOneSlot = R"(
server: {auth: none}
backends:
  gpu: {hosting: self_hosted, replicas: ["http://127.0.0.1:1/v1"], models: {gpt-4.1: own}, slots: 1, cost: {per_replica_hour: 3.6}, preempt: true, batch: {floor: "0%"}, queue: {limit: 1}}
  api: {hosting: paid_api, url: "http://127.0.0.1:2/v1", api_key: key-of-api, models: {gpt-4.1: {name: theirs, price: {input: 10, output: 20}}}}
routes:
  - {name: own, when: {header: {x-route: own}}, targets: [gpt-4.1@gpu]}
  - {name: wait, when: {header: {x-route: wait}}, targets: [gpt-4.1@gpu, gpt-4.1@api], spill: never}
  - {name: brief, targets: [gpt-4.1@gpu, gpt-4.1@api], spill: {after: 20ms}}
)";

class QueuedRequest : public QueuedFixture {
 protected:
  explicit QueuedRequest(std::string_view fields = {}) : QueuedFixture(kOneSlot, fields) {}
};

TEST_F(QueuedRequest, WaitsUntilASlotIsFree) {
  std::optional<SlotLease> other = TakeTheSlot();
  exchanges_.Expect(WholeAnswer(std::string(kAnswer)));
  Start();
  EXPECT_EQ(Waiting(), 1u);
  EXPECT_TRUE(account_.attempts.empty());
  other.reset();
  Finish();
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 200 ")) << client_.sent;
  ASSERT_EQ(account_.attempts.size(), 1u);
  EXPECT_EQ(account_.attempts[0].target, 0u);
  EXPECT_GT(account_.attempts[0].waited.count(), 0);
  EXPECT_EQ(account_.queued, account_.attempts[0].waited);
  EXPECT_TRUE(account_.spilled.empty());
  EXPECT_LT(account_.overhead, account_.queued + std::chrono::seconds(1));
  ExpectIdle();
}

TEST_F(QueuedRequest, SpillsAfterTheTimeOfTheRoute) {
  const SlotLease other = TakeTheSlot();
  exchanges_.Expect(WholeAnswer(std::string(kAnswer)));
  Start();
  Finish();
  ASSERT_EQ(account_.attempts.size(), 1u);
  EXPECT_EQ(account_.attempts[0].target, 1u);
  ASSERT_EQ(account_.spilled.size(), 1u);
  EXPECT_EQ(account_.spilled[0].target, 0u);
  EXPECT_EQ(account_.spilled[0].why, SpilledFrom::Why::kWaited);
  EXPECT_GE(account_.spilled[0].waited, std::chrono::milliseconds(20));
  EXPECT_EQ(queue().figures(SteadyClock::now()).left[IndexOf(Band::kNormal)], 1u);
  EXPECT_EQ(Waiting(), 0u);
}

TEST_F(QueuedRequest, ComesBackToWaitIfTheNextTargetFails) {
  std::optional<SlotLease> other = TakeTheSlot();
  exchanges_.Expect(RefusingAnswerOf(402, "{}"));
  exchanges_.Expect(WholeAnswer(std::string(kAnswer)));
  Start();
  while (account_.attempts.empty()) {
    io_.restart();
    io_.run_one();
  }
  Poll();
  ASSERT_EQ(Waiting(), 1u);
  other.reset();
  Finish();
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 200 ")) << client_.sent;
  ASSERT_EQ(account_.attempts.size(), 2u);
  EXPECT_EQ(account_.attempts[1].target, 0u);
  ExpectIdle();
}

TEST_F(QueuedRequest, LeavesTheQueueWhenItsClientIsGone) {
  std::optional<SlotLease> other = TakeTheSlot();
  Start();
  ASSERT_EQ(Waiting(), 1u);
  client_.ClientGone();
  running_->ClientGone();
  Finish();
  EXPECT_EQ(account_.outcome, RequestOutcome::kClientGone);
  EXPECT_TRUE(account_.attempts.empty());
  EXPECT_TRUE(account_.spilled.empty());
  EXPECT_EQ(queue().figures(SteadyClock::now()).gone[IndexOf(Band::kNormal)], 1u);
  other.reset();
  ExpectIdle();
}

TEST_F(QueuedRequest, ReturnsASlotThatWasGrantedAsItsClientLeft) {
  std::optional<SlotLease> other = TakeTheSlot();
  Start();
  ASSERT_EQ(Waiting(), 1u);
  other.reset();  // granted; the message is still on its way
  client_.ClientGone();
  running_->ClientGone();
  Finish();
  EXPECT_TRUE(account_.attempts.empty());
  ExpectIdle();
}

// A request that is destroyed while it waits, as when the daemon ends.
TEST_F(QueuedRequest, LeavesNothingBehindWhenItIsDestroyed) {
  std::optional<SlotLease> other = TakeTheSlot();
  Start();
  ASSERT_EQ(Waiting(), 1u);
  running_->Cut();
  Finish();
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 503 ")) << client_.sent;
  EXPECT_NE(client_.sent.find("shutting down"), std::string::npos);
  other.reset();
  ExpectIdle();
}

class WithOneTarget : public QueuedRequest {
 protected:
  WithOneTarget() : QueuedRequest("x-route: own\r\n") {}
};

TEST_F(WithOneTarget, IsTurnedAwayByAFullQueueWithATimeToComeBack) {
  const SlotLease other = TakeTheSlot();
  OtherTaker waiting(replica());
  queue().Join(waiting, {.band = Band::kNormal}, SteadyClock::now());
  Start();
  Finish();
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 429 ")) << client_.sent;
  EXPECT_NE(client_.sent.find("\"code\":\"queue_full\""), std::string::npos) << client_.sent;
  EXPECT_NE(client_.sent.find("\r\nRetry-After: "), std::string::npos) << client_.sent;
  EXPECT_NE(client_.sent.find("1 of 1 request waits for this model."), std::string::npos);
  EXPECT_EQ(account_.error, "1 of 1 request waits for gpu");
  EXPECT_TRUE(account_.attempts.empty());
  EXPECT_EQ(account_.outcome, RequestOutcome::kRefused);
  EXPECT_EQ(account_.rejection, Rejection::kQueueFull);
  EXPECT_FALSE(waiting.woken.has_value());
  queue().Leave(waiting, SteadyClock::now());
}

TEST_F(WithOneTarget, ShedsALowerClassThatWaits) {
  std::optional<SlotLease> other = TakeTheSlot();
  OtherTaker batch(replica());
  queue().Join(batch, {.band = Band::kBatch}, SteadyClock::now());
  exchanges_.Expect(WholeAnswer(std::string(kAnswer)));
  Start();
  EXPECT_EQ(batch.woken, backends::SlotTaker::Why::kShed);
  other.reset();
  Finish();
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 200 ")) << client_.sent;
  ExpectIdle();
}

class BatchWithOneTarget : public QueuedRequest {
 protected:
  BatchWithOneTarget() : QueuedRequest("x-route: own\r\nx-headgate-class: batch\r\n") {}
};

TEST_F(BatchWithOneTarget, IsToldThatItMadeRoom) {
  const SlotLease other = TakeTheSlot();
  response_.Expose();
  Start();
  OtherTaker normal(replica());
  queue().Join(normal, {.band = Band::kNormal}, SteadyClock::now());
  Finish();
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 429 ")) << client_.sent;
  EXPECT_EQ(account_.rejection, Rejection::kShed);
  EXPECT_TRUE(account_.error.starts_with("The request had to make room ")) << account_.error;
  EXPECT_EQ(Count(account_.error + "."), 1u) << client_.sent;
  queue().Leave(normal, SteadyClock::now());
}

class Batch : public QueuedRequest {
 protected:
  Batch() : QueuedRequest("x-route: wait\r\nx-headgate-class: batch\r\n") {}

  // A latency-critical request that waits; its deadline has passed.
  void JoinUrgently(OtherTaker& urgent) const {
    queue().Join(urgent, {.band = Band::kLatencyCritical, .deadline = SteadyClock::now()},
                 SteadyClock::now());
  }
};

TEST_F(Batch, GivesItsSlotToLatencyCriticalWorkAndIsServedLater) {
  ExchangeScript slow = WholeAnswer(std::string(kAnswer));
  slow.head_waits = true;
  exchanges_.Expect(slow);
  exchanges_.Expect(WholeAnswer(std::string(kAnswer)));
  Start();
  ASSERT_EQ(queue().running_batch(), 1);
  OtherTaker urgent(replica());
  JoinUrgently(urgent);
  Poll();
  ASSERT_EQ(account_.attempts.size(), 1u);
  EXPECT_EQ(account_.attempts[0].result, AttemptResult::kMovedAside);
  EXPECT_GT(account_.attempts[0].cost, 0) << "the work that was lost is booked";
  EXPECT_EQ(Waiting(), 2u);
  queue().Leave(urgent, SteadyClock::now());
  Finish();
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 200 ")) << client_.sent;
  ASSERT_EQ(account_.attempts.size(), 2u);
  EXPECT_EQ(account_.attempts[1].target, 0u);
  EXPECT_EQ(account_.attempts[1].result, AttemptResult::kOk);
  EXPECT_EQ(account_.outcome, RequestOutcome::kOk);
  ExpectIdle();
}

// No backend has failed it.
TEST_F(Batch, IsRefusedIfTheGatewayShutsDownAfterItWasMovedAside) {
  ExchangeScript slow = WholeAnswer(std::string(kAnswer));
  slow.head_waits = true;
  exchanges_.Expect(slow);
  Start();
  OtherTaker urgent(replica());
  JoinUrgently(urgent);
  Poll();
  EXPECT_EQ(Waiting(), 2u);
  running_->Drain(/*over=*/false);
  Finish();
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 503 ")) << client_.sent;
  EXPECT_EQ(Count("\"code\":\"gateway_shutdown\""), 1u) << client_.sent;
  ASSERT_EQ(account_.attempts.size(), 1u);
  EXPECT_EQ(account_.outcome, RequestOutcome::kRefused);
  EXPECT_EQ(account_.rejection, Rejection::kDraining);
  EXPECT_TRUE(account_.error.starts_with("The gateway shut down after ")) << account_.error;
  EXPECT_EQ(queue().figures(SteadyClock::now()).drained[IndexOf(Band::kBatch)], 1u);
  queue().Leave(urgent, SteadyClock::now());
  ExpectIdle();
}

class BatchThatSpills : public QueuedRequest {
 protected:
  BatchThatSpills() : QueuedRequest("x-headgate-class: batch\r\n") {}
};

TEST_F(BatchThatSpills, LooksElsewhereAfterItWasMovedAside) {
  ExchangeScript slow = WholeAnswer(std::string(kAnswer));
  slow.head_waits = true;
  exchanges_.Expect(slow);
  exchanges_.Expect(WholeAnswer(std::string(kAnswer)));
  Start();
  OtherTaker urgent(replica());
  queue().Join(urgent, {.band = Band::kLatencyCritical, .deadline = SteadyClock::now()},
               SteadyClock::now());
  Poll();
  EXPECT_EQ(Waiting(), 2u);
  Finish();
  ASSERT_EQ(account_.attempts.size(), 2u);
  EXPECT_EQ(account_.attempts[0].result, AttemptResult::kMovedAside);
  EXPECT_EQ(account_.attempts[1].target, 1u);
  ASSERT_EQ(account_.spilled.size(), 1u);
  EXPECT_EQ(account_.spilled[0].why, SpilledFrom::Why::kWaited);
  queue().Leave(urgent, SteadyClock::now());
}

TEST_F(Batch, IsMovedAsideTwiceAtMost) {
  ExchangeScript slow = WholeAnswer(std::string(kAnswer));
  slow.head_waits = true;
  for (int i = 0; i < 3; ++i) exchanges_.Expect(slow);
  Start();
  OtherTaker urgent(replica());
  for (const std::size_t moves : {1u, 2u}) {
    JoinUrgently(urgent);
    Poll();
    queue().Leave(urgent, SteadyClock::now());
    Poll();
    ASSERT_EQ(account_.attempts.size(), moves + 1);
    EXPECT_EQ(account_.attempts[moves - 1].result, AttemptResult::kMovedAside);
  }
  JoinUrgently(urgent);
  Poll();
  EXPECT_EQ(account_.attempts.size(), 3u);
  queue().Leave(urgent, SteadyClock::now());
  exchanges_.made[2]->GoOn();
  Finish();
  EXPECT_EQ(account_.attempts[2].result, AttemptResult::kOk);
  ExpectIdle();
}

TEST_F(Batch, StaysOnceItsClientHasAPartOfTheAnswer) {
  ExchangeScript stream = StreamedAnswer(
      {"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"one\"}}]}\n\n",
       "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
       "data: [DONE]\n\n"});
  stream.waits = true;
  exchanges_.Expect(stream);
  Start(R"(,"stream":true)");
  exchanges_.made[0]->GoOn();
  Poll();
  ASSERT_NE(client_.sent.find("one"), std::string::npos);
  OtherTaker urgent(replica());
  JoinUrgently(urgent);
  Poll();
  EXPECT_FALSE(exchanges_.traces[0].aborted.has_value());
  queue().Leave(urgent, SteadyClock::now());
  exchanges_.made[0]->GoOn();
  Finish();
  ASSERT_EQ(account_.attempts.size(), 1u);
  EXPECT_EQ(account_.attempts[0].result, AttemptResult::kOk);
  ExpectIdle();
}

}  // namespace
}  // namespace headgate::gateway

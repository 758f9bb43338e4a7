// Requests that leave a queue when the time of their route is over, or stay because nobody takes
// them.
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string_view>

#include "tests/gateway/fake_exchange.h"
#include "tests/gateway/slots/queued_fixture.h"

namespace headgate::gateway {
namespace {

// Two pools of one slot, then an API.
constexpr std::string_view kPoolsAndApi = R"(
server: {auth: none}
backends:
  gpu: {hosting: self_hosted, replicas: ["http://127.0.0.1:1/v1"], models: {gpt-4.1: own, gpt-4.1-mini: small}, slots: 1, cost: {per_replica_hour: 3.6}, queue: {limit: 1}, batch: {max_wait: 1h}}
  pool: {hosting: self_hosted, replicas: ["http://127.0.0.1:2/v1"], models: {gpt-4.1: own}, slots: 1, cost: {per_replica_hour: 3.6}}
  api: {hosting: paid_api, url: "http://127.0.0.1:3/v1", api_key: key-of-api, models: {gpt-4.1: {name: theirs, price: {input: 10, output: 20}}}}
routes:
  - {name: pools, when: {header: {x-route: pools}}, targets: [gpt-4.1@gpu, gpt-4.1@pool], spill: {after: 0s}}
  - {name: briefly, when: {header: {x-route: briefly}}, targets: [gpt-4.1@gpu, gpt-4.1@pool], spill: {after: 1ms}}
  - {name: models, when: {header: {x-route: models}}, targets: [gpt-4.1@gpu, gpt-4.1-mini@gpu]}
  - {name: night, when: {header: {x-route: night}}, targets: [gpt-4.1@gpu, gpt-4.1@api], spill: never}
  - {name: all, targets: [gpt-4.1@gpu, gpt-4.1@pool, gpt-4.1@api], spill: {after: 1ms}}
)";
constexpr std::size_t kMini = 1;
constexpr std::size_t kPool = 2;
constexpr std::size_t kApi = 3;

class LeavingQueue : public QueuedFixture {
 protected:
  explicit LeavingQueue(std::string_view fields = {}) : QueuedFixture(kPoolsAndApi, fields) {}

  void ExpectAnsweredBy(std::size_t target) const {
    EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 200 ")) << client_.sent;
    ASSERT_EQ(account_.attempts.size(), 1u);
    EXPECT_EQ(account_.attempts[0].target, target);
  }
};

class BetweenPools : public LeavingQueue {
 protected:
  BetweenPools() : LeavingQueue("x-route: pools\r\n") {}
};

// The route spills at once, but the other pool is as full: a request keeps its place.
TEST_F(BetweenPools, StaysInLineIfTheOtherPoolIsFull) {
  std::optional<SlotLease> other = TakeTheSlot();
  const SlotLease at_pool = TakeTheSlot(kPool);
  exchanges_.Expect(WholeAnswer(std::string(kAnswer)));
  Start();
  EXPECT_EQ(Waiting(), 1u);
  EXPECT_FALSE(fleet().QueueOf(kPool)->HasWaiters());
  other.reset();
  Finish();
  ExpectAnsweredBy(0);
  EXPECT_TRUE(account_.spilled.empty());
  ExpectIdle();
}

class BetweenPoolsBriefly : public LeavingQueue {
 protected:
  BetweenPoolsBriefly() : LeavingQueue("x-route: briefly\r\n") {}
};

TEST_F(BetweenPoolsBriefly, LeavesForAPoolThatHasRoom) {
  const SlotLease other = TakeTheSlot();
  exchanges_.Expect(WholeAnswer(std::string(kAnswer)));
  Start();
  Finish();
  ExpectAnsweredBy(kPool);
  ASSERT_EQ(account_.spilled.size(), 1u);
  EXPECT_EQ(account_.spilled[0].target, 0u);
  EXPECT_EQ(account_.spilled[0].why, SpilledFrom::Why::kWaited);
}

TEST_F(BetweenPoolsBriefly, LeavesLaterIfThePoolHasRoomLater) {
  const SlotLease other = TakeTheSlot();
  std::optional<SlotLease> at_pool = TakeTheSlot(kPool);
  exchanges_.Expect(WholeAnswer(std::string(kAnswer)));
  Start();
  io_.restart();
  io_.run_one();  // the first look
  EXPECT_EQ(Waiting(), 1u);
  at_pool.reset();
  Finish();
  ExpectAnsweredBy(kPool);
  EXPECT_GE(account_.queued, std::chrono::milliseconds(51));
}

// The second pool would be no better.
TEST_F(LeavingQueue, PassesAFullPoolByForTheTargetThatTakesIt) {
  const SlotLease other = TakeTheSlot();
  const SlotLease at_pool = TakeTheSlot(kPool);
  exchanges_.Expect(WholeAnswer(std::string(kAnswer)));
  Start();
  Finish();
  ExpectAnsweredBy(kApi);
  ASSERT_EQ(account_.spilled.size(), 1u);
  EXPECT_EQ(account_.spilled[0].target, 0u);
}

class BetweenModels : public LeavingQueue {
 protected:
  BetweenModels() : LeavingQueue("x-route: models\r\n") {}
};

// The other model waits in the same queue, so nothing spills.
TEST_F(BetweenModels, IsTurnedAwayByTheQueueOfBoth) {
  const SlotLease other = TakeTheSlot();
  OtherTaker waiting(replica());
  queue().Join(waiting, {.band = backends::Band::kNormal}, SteadyClock::now());
  Start();
  Finish();
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 429 ")) << client_.sent;
  EXPECT_EQ(account_.rejection, Rejection::kQueueFull);
  EXPECT_TRUE(account_.spilled.empty());
  queue().Leave(waiting, SteadyClock::now());
}

TEST_F(BetweenModels, WaitsForOneSlotOfBoth) {
  std::optional<SlotLease> other = TakeTheSlot(kMini);
  exchanges_.Expect(WholeAnswer(std::string(kAnswer)));
  Start();
  EXPECT_EQ(Waiting(), 1u);
  other.reset();
  Finish();
  ExpectAnsweredBy(0);
  ExpectIdle();
}

class BatchAtNight : public LeavingQueue {
 protected:
  BatchAtNight() : LeavingQueue("x-route: night\r\nx-headgate-class: batch\r\n") {}
};

// `max_wait` is the time in all queues together. It ends the wait also where the route never
// spills.
TEST_F(BatchAtNight, HasWaitedForItsTimeBefore) {
  const SlotLease other = TakeTheSlot();
  account_.queued = std::chrono::hours(1);
  exchanges_.Expect(WholeAnswer(std::string(kAnswer)));
  Start();
  Finish();
  ExpectAnsweredBy(kApi);
  ASSERT_EQ(account_.spilled.size(), 1u);
  EXPECT_EQ(account_.spilled[0].why, SpilledFrom::Why::kWaited);
}

TEST_F(BatchAtNight, WaitsForTheRestOfItsTime) {
  std::optional<SlotLease> other = TakeTheSlot();
  account_.queued = std::chrono::minutes(59);
  exchanges_.Expect(WholeAnswer(std::string(kAnswer)));
  Start();
  EXPECT_EQ(Waiting(), 1u);
  other.reset();
  Finish();
  ExpectAnsweredBy(0);
  ExpectIdle();
}

}  // namespace
}  // namespace headgate::gateway

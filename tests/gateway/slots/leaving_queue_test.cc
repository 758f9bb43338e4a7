// Requests that leave a queue when the time of their route is over, or stay because nobody takes
// them.
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string_view>

#include "tests/backends/upstream/take_replica.h"
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
  claude: {protocol: anthropic, hosting: paid_api, url: "http://127.0.0.1:4/v1", api_key: key-of-claude, models: {claude-sonnet-4-5: {name: theirs, price: {input: 10, output: 20}}}}
routes:
  - {name: pictures, when: {header: {x-route: pictures}}, targets: [gpt-4.1@gpu, claude-sonnet-4-5@claude], prefer: ordered, spill: {after: 1ms}}
  - {name: at-once, when: {header: {x-route: at-once}}, targets: [gpt-4.1@gpu, claude-sonnet-4-5@claude], prefer: ordered, spill: {after: 0s}}
  - {name: pools, when: {header: {x-route: pools}}, targets: [gpt-4.1@gpu, gpt-4.1@pool], spill: {after: 0s}}
  - {name: briefly, when: {header: {x-route: briefly}}, targets: [gpt-4.1@gpu, gpt-4.1@pool], spill: {after: 1ms}}
  - {name: models, when: {header: {x-route: models}}, targets: [gpt-4.1@gpu, gpt-4.1-mini@gpu]}
  - {name: night, when: {header: {x-route: night}}, targets: [gpt-4.1@gpu, gpt-4.1@api], spill: never}
  - {name: near, when: {header: {x-route: near}}, targets: [gpt-4.1@api, gpt-4.1@gpu], prefer: ordered, spill: {after: 1ms}}
  - {name: all, targets: [gpt-4.1@gpu, gpt-4.1@pool, gpt-4.1@api], spill: {after: 1ms}}
)";
constexpr std::size_t kMini = 1;
constexpr std::size_t kPool = 2;
constexpr std::size_t kApi = 3;

class LeavingQueue : public QueuedFixture {
 protected:
  explicit LeavingQueue(std::string_view fields = {}) : QueuedFixture(kPoolsAndApi, fields) {}

  void Fail(std::size_t target, backends::CircuitBreaker::Failure failure) const {
    const TimePoint now = SteadyClock::now();
    backends::Take(*fleet().BackendOf(target).replicas, 0, now, {},
                   backends::ReplicaSet::Admission::kUsable)
        ->Failed(failure, now);
  }
  void EjectAt(std::size_t target) const { Fail(target, backends::CircuitBreaker::Failure::kDead); }
  // Most attempts at the target fail, and its replica is not ejected.
  void FailMostlyAt(std::size_t target) const {
    const TimePoint now = SteadyClock::now();
    for (int i = 0; i < 4; ++i) Fail(target, backends::CircuitBreaker::Failure::kTransient);
    backends::Take(*fleet().BackendOf(target).replicas, 0, now, {},
                   backends::ReplicaSet::Admission::kUsable)
        ->Succeeded(now);
    ASSERT_TRUE(fleet().BackendOf(target).replicas->MostlyFailures(now));
    ASSERT_TRUE(fleet().Usable(target, now));
  }
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

TEST_F(LeavingQueue, StaysInLineIfTheRetryBudgetKeepsItFromAFailingTarget) {
  std::optional<SlotLease> other = TakeTheSlot();
  const SlotLease at_pool = TakeTheSlot(kPool);
  FailMostlyAt(kApi);
  while (worker_.retry_budget.Take(SteadyClock::now() + std::chrono::minutes(1))) {
  }
  exchanges_.Expect(WholeAnswer(std::string(kAnswer)));
  Start();
  io_.restart();
  io_.run_one();  // the first look
  EXPECT_EQ(Waiting(), 1u);
  other.reset();
  Finish();
  ExpectAnsweredBy(0);
  EXPECT_TRUE(account_.spilled.empty());
}

TEST_F(LeavingQueue, LeavesForAFailingTargetThatTheRetryBudgetPermits) {
  const SlotLease other = TakeTheSlot();
  const SlotLease at_pool = TakeTheSlot(kPool);
  FailMostlyAt(kApi);
  exchanges_.Expect(WholeAnswer(std::string(kAnswer)));
  Start();
  Finish();
  ExpectAnsweredBy(kApi);
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

// A picture of a kind that the API does not read, and the pool does.
constexpr std::string_view kBitmap =
    R"({"model":"auto","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/bmp;base64,AAAA"}},{"type":"text","text":"x"}]}]})";

class Pictures : public LeavingQueue {
 protected:
  explicit Pictures(std::string_view fields = "x-route: pictures\r\n") : LeavingQueue(fields) {}
};

TEST_F(Pictures, StaysInLineIfTheRequestCannotBeWrittenForTheOtherTarget) {
  std::optional<SlotLease> other = TakeTheSlot();
  exchanges_.Expect(WholeAnswer(std::string(kAnswer)));
  StartWith(std::string(kBitmap));
  for (int looks = 0; looks < 2; ++looks) {
    io_.restart();
    io_.run_one();
    EXPECT_EQ(Waiting(), 1u);
  }
  other.reset();
  Finish();
  ExpectAnsweredBy(0);
  EXPECT_TRUE(account_.spilled.empty());
}

class PicturesAtOnce : public Pictures {
 protected:
  PicturesAtOnce() : Pictures("x-route: at-once\r\n") {}
};

// The decision does not know that the API refuses it.
TEST_F(PicturesAtOnce, WaitsForThePoolThatTheDecisionSpilledFrom) {
  std::optional<SlotLease> other = TakeTheSlot();
  exchanges_.Expect(WholeAnswer(std::string(kAnswer)));
  StartWith(std::string(kBitmap));
  EXPECT_EQ(Waiting(), 1u);
  ASSERT_EQ(account_.spilled.size(), 1u);
  other.reset();
  Finish();
  ExpectAnsweredBy(0);
  EXPECT_TRUE(account_.spilled.empty()) << "the pool had it after all";
}

class NearAPool : public LeavingQueue {
 protected:
  NearAPool() : LeavingQueue("x-route: near\r\n") {}
};

// The API is the first of the plan. It was passed by because of the limit of its provider.
TEST_F(NearAPool, LeavesForAnEarlierTargetThatIsBelowItsLimitAgain) {
  const SlotLease other = TakeTheSlot();
  backends::RateLimitFields said;
  said.any = true;
  said.requests = {
      .limit = {}, .remaining = 0, .reset_in = std::chrono::milliseconds(30), .reset_at = {}};
  fleet().heard_limits(kApi).Heard(said, SteadyClock::now(), std::chrono::system_clock::now());
  exchanges_.Expect(WholeAnswer(std::string(kAnswer)));
  Start();
  EXPECT_EQ(Waiting(), 1u);
  Finish();
  ExpectAnsweredBy(kApi);
}

// It came while the first pool was full, and that pool has room before the second one.
TEST_F(BetweenPoolsBriefly, LeavesForAnEarlierPoolThatHasRoomAgain) {
  std::optional<SlotLease> other = TakeTheSlot();
  const SlotLease at_pool = TakeTheSlot(kPool);
  OtherTaker waiting(replica());
  queue().Join(waiting, {.band = backends::Band::kNormal}, SteadyClock::now());
  exchanges_.Expect(WholeAnswer(std::string(kAnswer)));
  Start();
  EXPECT_TRUE(fleet().QueueOf(kPool)->HasWaiters());
  queue().Leave(waiting, SteadyClock::now());
  other.reset();
  Finish();
  ExpectAnsweredBy(0);
  ASSERT_EQ(account_.spilled.size(), 1u);
  EXPECT_EQ(account_.spilled[0].target, kPool);
  EXPECT_FALSE(fleet().QueueOf(kPool)->HasWaiters());
}

// Its form is not at fault: the pool could have read it.
TEST_F(Pictures, AreTurnedAwayAsTheQueueIsFull) {
  const SlotLease other = TakeTheSlot();
  OtherTaker waiting(replica());
  queue().Join(waiting, {.band = backends::Band::kNormal}, SteadyClock::now());
  StartWith(std::string(kBitmap));
  Finish();
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 429 ")) << client_.sent;
  EXPECT_EQ(account_.rejection, Rejection::kQueueFull);
  EXPECT_EQ(account_.error, "1 of 1 request waits for gpu");
  queue().Leave(waiting, SteadyClock::now());
}

class AtNight : public LeavingQueue {
 protected:
  AtNight() : LeavingQueue("x-route: night\r\n") {}
};

// The route never spills, but its wait would be in vain.
TEST_F(AtNight, IsServedElsewhereIfItsTimeWouldBeOverBeforeItGetsASlot) {
  const SlotLease other = TakeTheSlot();
  for (int i = 0; i < backends::SlotQueue::kFewestReleases; ++i) {
    queue().Released({.band = backends::Band::kNormal, .held = std::chrono::hours(1)});
  }
  exchanges_.Expect(WholeAnswer(std::string(kAnswer)));
  Start();
  Finish();
  ExpectAnsweredBy(kApi);
  EXPECT_EQ(account_.queued.count(), 0);
  ASSERT_EQ(account_.spilled.size(), 1u);
  EXPECT_EQ(account_.spilled[0].why, SpilledFrom::Why::kDecided);
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

// Nobody had the request, so it was not spilled.
TEST_F(BatchAtNight, HasNowhereToGoWhenItsTimeIsOver) {
  const SlotLease other = TakeTheSlot();
  account_.queued = std::chrono::hours(1);
  EjectAt(kApi);
  Start();
  Finish();
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 429 ")) << client_.sent;
  EXPECT_TRUE(account_.spilled.empty());
  EXPECT_EQ(account_.rejection, Rejection::kMaxWait);
  EXPECT_EQ(account_.error,
            "The request has waited 3600 s in queues, which is the batch.max_wait of gpu");
  EXPECT_EQ(queue().figures(SteadyClock::now()).expired[IndexOf(backends::Band::kBatch)], 1u);
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

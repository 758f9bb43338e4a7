#include "backends/upstream/circuit_breaker.h"

#include <gtest/gtest.h>

namespace headgate::backends {
namespace {

using namespace std::chrono_literals;
using Failure = CircuitBreaker::Failure;

constexpr Clock::time_point kClosedAt{1000h};

TEST(CircuitBreakerTest, FiveFailuresInARowEject) {
  CircuitBreaker breaker;
  for (int i = 0; i < 4; ++i) breaker.Fail(Failure::kTransient, kClosedAt);
  EXPECT_EQ(breaker.State(kClosedAt), CircuitState::kClosed);
  breaker.Success(kClosedAt);
  for (int i = 0; i < 4; ++i) breaker.Fail(Failure::kTransient, kClosedAt);
  EXPECT_TRUE(breaker.Allow(kClosedAt));
  breaker.Fail(Failure::kTransient, kClosedAt);
  EXPECT_EQ(breaker.State(kClosedAt), CircuitState::kOpen);
  EXPECT_FALSE(breaker.Allow(kClosedAt));
}

TEST(CircuitBreakerTest, ADeadReplicaIsEjectedAtOnceFor30Seconds) {
  CircuitBreaker breaker;
  breaker.Fail(Failure::kDead, kClosedAt);
  EXPECT_FALSE(breaker.Allow(kClosedAt + 30s - 1ns));
  EXPECT_EQ(breaker.State(kClosedAt + 30s - 1ns), CircuitState::kOpen);
  EXPECT_EQ(breaker.State(kClosedAt + 30s), CircuitState::kHalfOpen);
}

TEST(CircuitBreakerTest, HalfOpenLetsOneProbeThrough) {
  CircuitBreaker breaker;
  breaker.Fail(Failure::kDead, kClosedAt);
  const auto later = kClosedAt + 30s;
  EXPECT_TRUE(breaker.Allow(later));
  EXPECT_FALSE(breaker.Allow(later));
  EXPECT_EQ(breaker.State(later), CircuitState::kHalfOpen);
  breaker.Success(later + 1s);
  EXPECT_EQ(breaker.State(later + 1s), CircuitState::kClosed);
  EXPECT_TRUE(breaker.Allow(later + 1s));
  EXPECT_TRUE(breaker.Allow(later + 1s));
}

TEST(CircuitBreakerTest, AnAbandonedProbeLeavesItToTheNext) {
  CircuitBreaker breaker;
  breaker.Fail(Failure::kDead, kClosedAt);
  EXPECT_TRUE(breaker.Allow(kClosedAt + 30s));
  breaker.Abandon();
  EXPECT_TRUE(breaker.Allow(kClosedAt + 31s));
}

TEST(CircuitBreakerTest, EachFailedProbeMakesTheEjectionLongerUpTo300Seconds) {
  CircuitBreaker breaker;
  auto now = kClosedAt;
  breaker.Fail(Failure::kDead, now);
  for (int n = 1; n <= 14; ++n) {
    const auto ejection = std::min(30s * n, 300s);
    EXPECT_EQ(breaker.State(now + ejection - 1ns), CircuitState::kOpen) << n;
    now += ejection;
    ASSERT_TRUE(breaker.Allow(now)) << n;
    breaker.Fail(Failure::kTransient, now);
  }
}

TEST(CircuitBreakerTest, RequestsThatFailTogetherEjectOnce) {
  CircuitBreaker breaker;
  for (int i = 0; i < 50; ++i) breaker.Fail(Failure::kDead, kClosedAt + i * 1ms);
  EXPECT_TRUE(breaker.Allow(kClosedAt + 30s));
}

TEST(CircuitBreakerTest, ASuccessEndsAnEjectionEarly) {
  CircuitBreaker breaker;
  breaker.Fail(Failure::kDead, kClosedAt);
  breaker.Success(kClosedAt + 1s);
  EXPECT_EQ(breaker.State(kClosedAt + 1s), CircuitState::kClosed);
}

TEST(CircuitBreakerTest, TellsEachChangeOnce) {
  using Kind = CircuitChange::Kind;
  CircuitBreaker breaker;
  const auto fail = [&](Clock::time_point now) { return breaker.Fail(Failure::kTransient, now); };
  for (int i = 0; i < 4; ++i) EXPECT_EQ(fail(kClosedAt).kind, Kind::kNone);
  const CircuitChange ejected = fail(kClosedAt);
  EXPECT_EQ(ejected.kind, Kind::kEjected);
  EXPECT_EQ(ejected.time, 30s);
  EXPECT_EQ(fail(kClosedAt + 1s).kind, Kind::kNone);  // began before the ejection
  ASSERT_TRUE(breaker.Allow(kClosedAt + 30s));
  const CircuitChange again = fail(kClosedAt + 31s);
  EXPECT_EQ(again.kind, Kind::kProbeFailed);
  EXPECT_EQ(again.time, 60s);
  ASSERT_TRUE(breaker.Allow(kClosedAt + 91s));
  const CircuitChange back = breaker.Success(kClosedAt + 92s);
  EXPECT_EQ(back.kind, Kind::kReturned);
  EXPECT_EQ(back.time, 92s);
  EXPECT_EQ(breaker.Success(kClosedAt + 93s).kind, Kind::kNone);
}

TEST(CircuitBreakerTest, OnlyTheFirstProbeOfAnEjectionIsAnnounced) {
  CircuitBreaker breaker;
  EXPECT_FALSE(breaker.AnnounceProbe());
  breaker.Fail(Failure::kDead, kClosedAt);
  EXPECT_FALSE(breaker.AnnounceProbe());
  ASSERT_TRUE(breaker.Allow(kClosedAt + 30s));
  EXPECT_TRUE(breaker.AnnounceProbe());
  EXPECT_FALSE(breaker.AnnounceProbe());
  breaker.Abandon();
  ASSERT_TRUE(breaker.Allow(kClosedAt + 31s));
  EXPECT_FALSE(breaker.AnnounceProbe());
  breaker.Fail(Failure::kTransient, kClosedAt + 32s);
  ASSERT_TRUE(breaker.Allow(kClosedAt + 92s));
  EXPECT_TRUE(breaker.AnnounceProbe());
}

TEST(CircuitBreakerTest, SaysWhenTheNextTryIsDue) {
  CircuitBreaker breaker;
  EXPECT_EQ(breaker.NextTry(kClosedAt), kClosedAt);
  breaker.Fail(Failure::kDead, kClosedAt);
  EXPECT_EQ(breaker.NextTry(kClosedAt + 10s), kClosedAt + 30s);
  EXPECT_FALSE(breaker.WouldAllow(kClosedAt + 29s));
  EXPECT_TRUE(breaker.WouldAllow(kClosedAt + 40s));
  EXPECT_EQ(breaker.NextTry(kClosedAt + 40s), kClosedAt + 40s);
  ASSERT_TRUE(breaker.Allow(kClosedAt + 40s));
  EXPECT_FALSE(breaker.WouldAllow(kClosedAt + 40s));  // the probe is running
}

}  // namespace
}  // namespace headgate::backends

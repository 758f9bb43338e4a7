#include "backends/upstream/circuit_breaker.h"

#include <gtest/gtest.h>

namespace headgate::backends {
namespace {

using namespace std::chrono_literals;
using Failure = CircuitBreaker::Failure;

constexpr Clock::time_point kStart{1000h};

TEST(CircuitBreakerTest, FiveFailuresInARowEject) {
  CircuitBreaker breaker;
  for (int i = 0; i < 4; ++i) breaker.Fail(Failure::kTransient, kStart);
  EXPECT_EQ(breaker.State(kStart), CircuitState::kClosed);
  breaker.Success(kStart);
  for (int i = 0; i < 4; ++i) breaker.Fail(Failure::kTransient, kStart);
  EXPECT_TRUE(breaker.Allow(kStart));
  breaker.Fail(Failure::kTransient, kStart);
  EXPECT_EQ(breaker.State(kStart), CircuitState::kOpen);
  EXPECT_FALSE(breaker.Allow(kStart));
}

TEST(CircuitBreakerTest, ADeadReplicaIsEjectedAtOnceFor30Seconds) {
  CircuitBreaker breaker;
  breaker.Fail(Failure::kDead, kStart);
  EXPECT_FALSE(breaker.Allow(kStart + 30s - 1ns));
  EXPECT_EQ(breaker.State(kStart + 30s - 1ns), CircuitState::kOpen);
  EXPECT_EQ(breaker.State(kStart + 30s), CircuitState::kHalfOpen);
}

TEST(CircuitBreakerTest, HalfOpenLetsOneProbeThrough) {
  CircuitBreaker breaker;
  breaker.Fail(Failure::kDead, kStart);
  const auto later = kStart + 30s;
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
  breaker.Fail(Failure::kDead, kStart);
  EXPECT_TRUE(breaker.Allow(kStart + 30s));
  breaker.Abandon();
  EXPECT_TRUE(breaker.Allow(kStart + 31s));
}

TEST(CircuitBreakerTest, EachFailedProbeMakesTheEjectionLongerUpTo300Seconds) {
  CircuitBreaker breaker;
  auto now = kStart;
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
  for (int i = 0; i < 50; ++i) breaker.Fail(Failure::kDead, kStart + i * 1ms);
  EXPECT_TRUE(breaker.Allow(kStart + 30s));
}

TEST(CircuitBreakerTest, ASuccessEndsAnEjectionEarly) {
  CircuitBreaker breaker;
  breaker.Fail(Failure::kDead, kStart);
  breaker.Success(kStart + 1s);
  EXPECT_EQ(breaker.State(kStart + 1s), CircuitState::kClosed);
}

TEST(CircuitBreakerTest, TellsEachChangeOnce) {
  using Kind = CircuitChange::Kind;
  CircuitBreaker breaker;
  const auto fail = [&](Clock::time_point now) { return breaker.Fail(Failure::kTransient, now); };
  for (int i = 0; i < 4; ++i) EXPECT_EQ(fail(kStart).kind, Kind::kNone);
  const CircuitChange ejected = fail(kStart);
  EXPECT_EQ(ejected.kind, Kind::kEjected);
  EXPECT_EQ(ejected.time, 30s);
  EXPECT_EQ(fail(kStart + 1s).kind, Kind::kNone);  // began before the ejection
  ASSERT_TRUE(breaker.Allow(kStart + 30s));
  const CircuitChange again = fail(kStart + 31s);
  EXPECT_EQ(again.kind, Kind::kProbeFailed);
  EXPECT_EQ(again.time, 60s);
  ASSERT_TRUE(breaker.Allow(kStart + 91s));
  const CircuitChange back = breaker.Success(kStart + 92s);
  EXPECT_EQ(back.kind, Kind::kReturned);
  EXPECT_EQ(back.time, 92s);
  EXPECT_EQ(breaker.Success(kStart + 93s).kind, Kind::kNone);
}

TEST(CircuitBreakerTest, OnlyTheFirstProbeOfAnEjectionIsAnnounced) {
  CircuitBreaker breaker;
  EXPECT_FALSE(breaker.AnnounceProbe());
  breaker.Fail(Failure::kDead, kStart);
  EXPECT_FALSE(breaker.AnnounceProbe());
  ASSERT_TRUE(breaker.Allow(kStart + 30s));
  EXPECT_TRUE(breaker.AnnounceProbe());
  EXPECT_FALSE(breaker.AnnounceProbe());
  breaker.Abandon();
  ASSERT_TRUE(breaker.Allow(kStart + 31s));
  EXPECT_FALSE(breaker.AnnounceProbe());
  breaker.Fail(Failure::kTransient, kStart + 32s);
  ASSERT_TRUE(breaker.Allow(kStart + 92s));
  EXPECT_TRUE(breaker.AnnounceProbe());
}

TEST(CircuitBreakerTest, SaysWhenTheNextTryIsDue) {
  CircuitBreaker breaker;
  EXPECT_EQ(breaker.NextTry(kStart), kStart);
  breaker.Fail(Failure::kDead, kStart);
  EXPECT_EQ(breaker.NextTry(kStart + 10s), kStart + 30s);
  EXPECT_FALSE(breaker.WouldAllow(kStart + 29s));
  EXPECT_TRUE(breaker.WouldAllow(kStart + 40s));
  EXPECT_EQ(breaker.NextTry(kStart + 40s), kStart + 40s);
  ASSERT_TRUE(breaker.Allow(kStart + 40s));
  EXPECT_FALSE(breaker.WouldAllow(kStart + 40s));  // the probe is running
}

}  // namespace
}  // namespace headgate::backends

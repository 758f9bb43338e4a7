#include "backends/circuit_breaker.h"

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

}  // namespace
}  // namespace headgate::backends

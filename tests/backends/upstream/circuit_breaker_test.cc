#include "backends/upstream/circuit_breaker.h"

#include <gtest/gtest.h>

#include <set>

#include "backends/upstream/slow_start.h"

namespace headgate::backends {
namespace {

using namespace std::chrono_literals;
using Failure = CircuitBreaker::Failure;

constexpr Clock::time_point kClosedAt{1000h};

CircuitChange FailOrdinary(CircuitBreaker& breaker, Failure failure, Clock::time_point now) {
  return breaker.Fail(failure, /*probe=*/false, now);
}

CircuitChange FailProbe(CircuitBreaker& breaker, Clock::time_point now) {
  return breaker.Fail(Failure::kTransient, /*probe=*/true, now);
}

TEST(CircuitBreakerTest, FiveFailuresInARowEject) {
  CircuitBreaker breaker;
  for (int i = 0; i < 4; ++i) FailOrdinary(breaker, Failure::kTransient, kClosedAt);
  EXPECT_EQ(breaker.State(kClosedAt), CircuitState::kClosed);
  breaker.Success(kClosedAt, kClosedAt);
  for (int i = 0; i < 4; ++i) FailOrdinary(breaker, Failure::kTransient, kClosedAt);
  EXPECT_TRUE(breaker.Allow(kClosedAt));
  FailOrdinary(breaker, Failure::kTransient, kClosedAt);
  EXPECT_EQ(breaker.State(kClosedAt), CircuitState::kOpen);
  EXPECT_FALSE(breaker.Allow(kClosedAt));
}

TEST(CircuitBreakerTest, ADeadReplicaIsEjectedAtOnceForFourToFiveSeconds) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    CircuitBreaker breaker(seed);
    const CircuitChange change = FailOrdinary(breaker, Failure::kDead, kClosedAt);
    EXPECT_GE(change.time, 4s);
    EXPECT_LE(change.time, 5s);
    EXPECT_EQ(breaker.State(kClosedAt + change.time - 1ns), CircuitState::kOpen);
    EXPECT_EQ(breaker.State(kClosedAt + change.time), CircuitState::kHalfOpen);
  }
}

TEST(CircuitBreakerTest, HalfOpenLetsOneProbeThrough) {
  CircuitBreaker breaker;
  FailOrdinary(breaker, Failure::kDead, kClosedAt);
  const auto later = kClosedAt + 5s;
  EXPECT_TRUE(breaker.Allow(later));
  EXPECT_FALSE(breaker.Allow(later));
  EXPECT_EQ(breaker.State(later), CircuitState::kHalfOpen);
  breaker.Success(later, later + 1s);
  EXPECT_EQ(breaker.State(later + 1s), CircuitState::kClosed);
  EXPECT_TRUE(breaker.Allow(later + 1s));
  EXPECT_TRUE(breaker.Allow(later + 1s));
}

TEST(CircuitBreakerTest, AnAbandonedProbeLeavesItToTheNext) {
  CircuitBreaker breaker;
  FailOrdinary(breaker, Failure::kDead, kClosedAt);
  EXPECT_TRUE(breaker.Allow(kClosedAt + 5s));
  breaker.Abandon();
  EXPECT_TRUE(breaker.Allow(kClosedAt + 6s));
}

TEST(CircuitBreakerTest, EachFailedProbeDoublesTheEjectionUpTo20Seconds) {
  std::set<std::chrono::nanoseconds> lengths;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    CircuitBreaker breaker(seed);
    auto now = kClosedAt;
    std::chrono::nanoseconds length = FailOrdinary(breaker, Failure::kDead, now).time;
    for (const std::chrono::seconds full : {5s, 10s, 20s, 20s, 20s}) {
      EXPECT_GE(length, full * 4 / 5);
      EXPECT_LE(length, full);
      lengths.insert(length);
      now += length;
      ASSERT_TRUE(breaker.Allow(now));
      length = FailProbe(breaker, now).time;
    }
  }
  EXPECT_GT(lengths.size(), 90u) << "the lengths are jittered";
}

TEST(CircuitBreakerTest, TheSameSeedGivesTheSameLengths) {
  CircuitBreaker one(7);
  CircuitBreaker two(7);
  CircuitBreaker other(8);
  const auto length = FailOrdinary(one, Failure::kDead, kClosedAt).time;
  EXPECT_EQ(FailOrdinary(two, Failure::kDead, kClosedAt).time, length);
  EXPECT_NE(FailOrdinary(other, Failure::kDead, kClosedAt).time, length);
}

TEST(CircuitBreakerTest, AReplicaThatFailsAgainInItsSlowStartContinuesTheRow) {
  CircuitBreaker breaker;
  FailOrdinary(breaker, Failure::kDead, kClosedAt);
  ASSERT_TRUE(breaker.Allow(kClosedAt + 5s));
  breaker.Success(kClosedAt + 5s, kClosedAt + 6s);
  const auto soon = FailOrdinary(breaker, Failure::kDead, kClosedAt + 15s).time;
  EXPECT_GE(soon, 8s);
  const auto again = kClosedAt + 25s;
  ASSERT_TRUE(breaker.Allow(again));
  breaker.Success(again, again);
  EXPECT_LE(FailOrdinary(breaker, Failure::kDead, again + kSlowStartTime).time, 5s);
}

TEST(CircuitBreakerTest, RequestsThatFailTogetherEjectOnce) {
  CircuitBreaker breaker;
  for (int i = 0; i < 50; ++i) FailOrdinary(breaker, Failure::kDead, kClosedAt + i * 1ms);
  EXPECT_TRUE(breaker.Allow(kClosedAt + 5s));
}

TEST(CircuitBreakerTest, WhatFailsBesideTheProbeIsNotItsVerdict) {
  CircuitBreaker breaker;
  FailOrdinary(breaker, Failure::kDead, kClosedAt);
  ASSERT_TRUE(breaker.Allow(kClosedAt + 5s));
  EXPECT_EQ(FailOrdinary(breaker, Failure::kDead, kClosedAt + 6s).kind, CircuitChange::Kind::kNone);
  EXPECT_FALSE(breaker.Allow(kClosedAt + 6s)) << "the probe is still running";
  EXPECT_EQ(FailProbe(breaker, kClosedAt + 7s).kind, CircuitChange::Kind::kProbeFailed);
}

TEST(CircuitBreakerTest, ASuccessEndsAnEjectionEarlyIfItWasSentDuringIt) {
  CircuitBreaker breaker;
  FailOrdinary(breaker, Failure::kDead, kClosedAt);
  breaker.Success(kClosedAt - 1s, kClosedAt + 1s);  // a long stream that began before
  EXPECT_EQ(breaker.State(kClosedAt + 1s), CircuitState::kOpen);
  breaker.Success(kClosedAt + 1s, kClosedAt + 2s);
  EXPECT_EQ(breaker.State(kClosedAt + 2s), CircuitState::kClosed);
}

TEST(CircuitBreakerTest, ACheckThatFailsAndThenSucceedsEndsTheEjection) {
  CircuitBreaker breaker;
  EXPECT_FALSE(breaker.CheckSucceeded(kClosedAt)) << "nothing to end";
  FailOrdinary(breaker, Failure::kDead, kClosedAt);
  EXPECT_FALSE(breaker.CheckSucceeded(kClosedAt + 1s)) << "no change was seen";
  breaker.CheckFailed();
  EXPECT_FALSE(breaker.WouldAllow(kClosedAt + 2s));
  EXPECT_TRUE(breaker.CheckSucceeded(kClosedAt + 2s));
  EXPECT_EQ(breaker.State(kClosedAt + 2s), CircuitState::kHalfOpen);
  EXPECT_FALSE(breaker.CheckSucceeded(kClosedAt + 3s)) << "ended once";
  ASSERT_TRUE(breaker.Allow(kClosedAt + 3s));
  EXPECT_FALSE(breaker.Allow(kClosedAt + 3s)) << "one probe, as after any ejection";
}

TEST(CircuitBreakerTest, ChecksThatAlwaysSucceedLetAtMostThreeRequestsThroughInTenSeconds) {
  CircuitBreaker breaker;
  FailOrdinary(breaker, Failure::kDead, kClosedAt);
  int probes = 0;
  for (auto now = kClosedAt; now < kClosedAt + 100s; now += 100ms) {
    breaker.CheckSucceeded(now);
    if (!breaker.Allow(now)) continue;
    ++probes;
    FailProbe(breaker, now);
  }
  EXPECT_LE(probes, 30);
  EXPECT_GE(probes, 20);
}

TEST(CircuitBreakerTest, ACheckThatFailedInAnEarlierEjectionSaysNothing) {
  CircuitBreaker breaker;
  breaker.CheckFailed();
  FailOrdinary(breaker, Failure::kDead, kClosedAt);
  EXPECT_FALSE(breaker.CheckSucceeded(kClosedAt + 1s));
  breaker.CheckFailed();
  ASSERT_TRUE(breaker.Allow(kClosedAt + 5s));
  FailProbe(breaker, kClosedAt + 5s);
  EXPECT_FALSE(breaker.CheckSucceeded(kClosedAt + 6s));
}

TEST(CircuitBreakerTest, IsUpAgainWhenARequestOrACheckSucceeds) {
  CircuitBreaker breaker;
  EXPECT_TRUE(breaker.IsUp());
  EXPECT_FALSE(breaker.WantsChecks());
  FailOrdinary(breaker, Failure::kDead, kClosedAt);
  EXPECT_FALSE(breaker.IsUp());
  EXPECT_TRUE(breaker.WantsChecks());
  // The end of the time proves nothing.
  EXPECT_EQ(breaker.State(kClosedAt + 5s), CircuitState::kHalfOpen);
  EXPECT_FALSE(breaker.IsUp());
  EXPECT_TRUE(breaker.WantsChecks());
  EXPECT_FALSE(breaker.CheckSucceeded(kClosedAt + 6s)) << "the ejection had ended";
  EXPECT_TRUE(breaker.IsUp());
  EXPECT_FALSE(breaker.WantsChecks());
  ASSERT_TRUE(breaker.Allow(kClosedAt + 7s));
  FailProbe(breaker, kClosedAt + 8s);
  EXPECT_FALSE(breaker.IsUp());
  ASSERT_TRUE(breaker.Allow(kClosedAt + 20s));
  breaker.Success(kClosedAt + 20s, kClosedAt + 21s);
  EXPECT_TRUE(breaker.IsUp());
}

TEST(CircuitBreakerTest, TellsEachChangeOnce) {
  using Kind = CircuitChange::Kind;
  CircuitBreaker breaker;
  const auto fail = [&](Clock::time_point now) {
    return FailOrdinary(breaker, Failure::kTransient, now);
  };
  for (int i = 0; i < 4; ++i) EXPECT_EQ(fail(kClosedAt).kind, Kind::kNone);
  EXPECT_EQ(fail(kClosedAt).kind, Kind::kEjected);
  EXPECT_EQ(fail(kClosedAt + 1s).kind, Kind::kNone);  // began before the ejection
  ASSERT_TRUE(breaker.Allow(kClosedAt + 5s));
  EXPECT_EQ(FailProbe(breaker, kClosedAt + 6s).kind, Kind::kProbeFailed);
  ASSERT_TRUE(breaker.Allow(kClosedAt + 91s));
  const CircuitChange back = breaker.Success(kClosedAt + 91s, kClosedAt + 92s);
  EXPECT_EQ(back.kind, Kind::kReturned);
  EXPECT_EQ(back.time, 92s);
  EXPECT_EQ(breaker.Success(kClosedAt + 92s, kClosedAt + 93s).kind, Kind::kNone);
}

TEST(CircuitBreakerTest, OnlyTheFirstProbeOfAnEjectionIsAnnounced) {
  CircuitBreaker breaker;
  EXPECT_FALSE(breaker.AnnounceProbe());
  FailOrdinary(breaker, Failure::kDead, kClosedAt);
  EXPECT_FALSE(breaker.AnnounceProbe());
  ASSERT_TRUE(breaker.Allow(kClosedAt + 5s));
  EXPECT_TRUE(breaker.AnnounceProbe());
  EXPECT_FALSE(breaker.AnnounceProbe());
  breaker.Abandon();
  ASSERT_TRUE(breaker.Allow(kClosedAt + 6s));
  EXPECT_FALSE(breaker.AnnounceProbe());
  FailProbe(breaker, kClosedAt + 7s);
  ASSERT_TRUE(breaker.Allow(kClosedAt + 17s));
  EXPECT_TRUE(breaker.AnnounceProbe());
}

TEST(CircuitBreakerTest, SaysWhenTheNextTryIsDue) {
  CircuitBreaker breaker;
  EXPECT_EQ(breaker.NextTry(kClosedAt), kClosedAt);
  const auto end = kClosedAt + FailOrdinary(breaker, Failure::kDead, kClosedAt).time;
  EXPECT_EQ(breaker.NextTry(kClosedAt + 1s), end);
  EXPECT_FALSE(breaker.WouldAllow(end - 1ns));
  EXPECT_TRUE(breaker.WouldAllow(end));
  EXPECT_EQ(breaker.NextTry(end + 1s), end + 1s);
  ASSERT_TRUE(breaker.Allow(end));
  EXPECT_FALSE(breaker.WouldAllow(end));  // the probe is running
}

TEST(SlowStartTest, GrowsFromAQuarterToTheWhole) {
  EXPECT_EQ(SlowStartPart(0s), kWholeShare / 4);
  EXPECT_EQ(SlowStartPart(999ms), kWholeShare / 4);
  EXPECT_EQ(SlowStartPart(1s), kWholeShare / 4);
  constexpr std::uint32_t kHalfway = kWholeShare * 5 / 8;
  EXPECT_NEAR(SlowStartPart(5500ms), kHalfway, 2);
  std::uint32_t before = 0;
  for (auto age = 0ms; age < 10s; age += 10ms) {
    const std::uint32_t part = SlowStartPart(age);
    EXPECT_GE(part, before);
    EXPECT_LT(part, kWholeShare);
    before = part;
  }
  EXPECT_EQ(SlowStartPart(10s), kWholeShare);
  EXPECT_EQ(SlowStartPart(1000h), kWholeShare);
}

}  // namespace
}  // namespace headgate::backends

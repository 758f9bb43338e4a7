// How replicas return to a set, join it, and what the set remembers of them.

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <vector>

#include "backends/upstream/replica_set.h"
#include "tests/backends/upstream/take_replica.h"

namespace headgate::backends {
namespace {

using namespace std::chrono_literals;
using Admission = ReplicaSet::Admission;
using Failure = CircuitBreaker::Failure;
using Lease = ReplicaSet::Lease;

constexpr Clock::time_point kReturnsAt{1000h};

void EjectOne(ReplicaSet& set, std::size_t replica, Clock::time_point now) {
  std::mt19937_64 random(1);
  for (;;) {
    std::optional<Lease> lease = Take(set, random(), now, std::nullopt, Admission::kUsable);
    ASSERT_TRUE(lease.has_value());
    if (lease->replica() != replica) continue;
    lease->Failed(Failure::kDead, now);
    return;
  }
}

// Brings the ejected replica back by a successful probe.
void BringBack(ReplicaSet& set, std::size_t replica, Clock::time_point now) {
  std::mt19937_64 random(1);
  for (;;) {
    std::optional<Lease> lease = Take(set, random(), now, std::nullopt, Admission::kUsable);
    ASSERT_TRUE(lease.has_value());
    if (lease->replica() != replica) continue;
    EXPECT_EQ(lease->Succeeded(now).replica.kind, CircuitChange::Kind::kReturned);
    return;
  }
}

TEST(ReplicaReturnTest, AReplicaThatReturnedGetsAtMostAQuarterOfItsShareInItsFirstSecond) {
  for (const std::size_t replicas : {std::size_t{2}, std::size_t{4}}) {
    ReplicaSet set(replicas, {});
    EjectOne(set, 1, kReturnsAt);
    const auto back = kReturnsAt + 5s;
    BringBack(set, 1, back);
    std::mt19937_64 random(9);
    std::vector<Lease> held;  // every request stays, so the returned replica is the emptiest
    std::vector<int> taken(10);
    constexpr int kPerSecond = 4000;
    for (int i = 0; i < 10 * kPerSecond; ++i) {
      const auto now = back + i * (1s / 1us / kPerSecond) * 1us;
      held.push_back(*Take(set, random(), now, std::nullopt, Admission::kSlowStart));
      if (held.back().replica() == 1) ++taken[static_cast<std::size_t>(i / kPerSecond)];
    }
    const int share = kPerSecond / static_cast<int>(replicas);
    EXPECT_LE(taken[0], share / 4) << replicas;
    EXPECT_GE(taken[0], share / 5) << replicas;
    for (std::size_t i = 2; i < taken.size(); ++i) EXPECT_GT(taken[i], taken[i - 1]) << i;
    const int eighth = share / 8;
    EXPECT_NEAR(taken[9], share, eighth) << replicas;
  }
}

TEST(ReplicaReturnTest, ASlowStartOfTheOnlyReplicaLeavesTheRestToOtherTargets) {
  ReplicaSet set(1, {});
  EjectOne(set, 0, kReturnsAt);
  const auto back = kReturnsAt + 5s;
  BringBack(set, 0, back);
  int taken = 0;
  for (int i = 0; i < 100; ++i) {
    if (Take(set, 0, back, std::nullopt, Admission::kSlowStart)) ++taken;
  }
  EXPECT_EQ(taken, 25);
  EXPECT_TRUE(Take(set, 0, back, std::nullopt, Admission::kUsable).has_value());
  EXPECT_TRUE(Take(set, 0, back, std::nullopt, Admission::kPanic).has_value());
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(Take(set, 0, back + 10s, std::nullopt, Admission::kSlowStart).has_value());
  }
}

TEST(ReplicaReturnTest, WhatJoinsASetInUseStartsSlowlyAndTheFirstSetDoesNot) {
  ReplicaSet old(1, {});
  EXPECT_TRUE(Take(old, 0, kReturnsAt, std::nullopt, Admission::kSlowStart).has_value());
  const ReplicaSet::Change joined{.joined = kReturnsAt};
  ReplicaSet next(old, {0, std::nullopt}, joined);
  int taken = 0;
  std::mt19937_64 random(10);
  std::vector<Lease> held;
  for (int i = 0; i < 1000; ++i) {
    held.push_back(*Take(next, random(), kReturnsAt, std::nullopt, Admission::kSlowStart));
    if (held.back().replica() == 1) ++taken;
  }
  EXPECT_LE(taken, 125);
  EXPECT_GE(taken, 120);
  // If nothing stayed there is nobody to leave requests to.
  ReplicaSet replaced(old, {std::nullopt}, joined);
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(Take(replaced, 0, kReturnsAt, std::nullopt, Admission::kSlowStart).has_value());
  }
}

TEST(ReplicaReturnTest, AProbeThatAnswersLetsOthersFollowBeforeItHasEnded) {
  ReplicaSet set(1, {});
  EjectOne(set, 0, kReturnsAt);
  Lease probe = *Take(set, 0, kReturnsAt + 5s, std::nullopt, Admission::kUsable);
  EXPECT_FALSE(set.AnyUsable(kReturnsAt + 5s));
  EXPECT_EQ(probe.Answering(kReturnsAt + 6s).replica.kind, CircuitChange::Kind::kReturned);
  EXPECT_EQ(probe.Answering(kReturnsAt + 6s).replica.kind, CircuitChange::Kind::kNone);
  EXPECT_TRUE(set.AnyUsable(kReturnsAt + 6s));
  // Its end is one failure like any other.
  EXPECT_EQ(probe.Failed(Failure::kTransient, kReturnsAt + 7s).replica.kind,
            CircuitChange::Kind::kNone);
  EXPECT_TRUE(set.AnyUsable(kReturnsAt + 7s));
}

TEST(ReplicaReturnTest, AStreamThatBeganBeforeTheEjectionDoesNotEndIt) {
  ReplicaSet set(1, {});
  Lease stream = *Take(set, 0, kReturnsAt, std::nullopt, Admission::kUsable);
  EjectOne(set, 0, kReturnsAt + 1s);
  EXPECT_EQ(stream.Succeeded(kReturnsAt + 2s).replica.kind, CircuitChange::Kind::kNone);
  EXPECT_EQ(set.State(0, kReturnsAt + 2s).circuit, CircuitState::kOpen);
}

TEST(ReplicaReturnTest, AnEmptySetHasNothingToGive) {
  ReplicaSet set(0, {.slots = 4});
  EXPECT_FALSE(set.AnyUsable(kReturnsAt));
  EXPECT_FALSE(Take(set, 0, kReturnsAt, std::nullopt, Admission::kPanic).has_value());
  EXPECT_EQ(set.InFlight(), 0);
  EXPECT_EQ(set.NextTry(kReturnsAt), Clock::time_point::max());
}

TEST(ReplicaReturnTest, CountsEjectionsProbesAndReturns) {
  ReplicaSet set(1, {});
  EjectOne(set, 0, kReturnsAt);
  Take(set, 0, kReturnsAt + 5s, std::nullopt, Admission::kUsable)
      ->Failed(Failure::kTransient, kReturnsAt + 5s);
  BringBack(set, 0, kReturnsAt + 15s);
  const SharedCircuit::Totals totals = set.circuit(0).totals();
  EXPECT_EQ(totals.ejections, 1u);
  EXPECT_EQ(totals.failed_probes, 1u);
  EXPECT_EQ(totals.returns, 1u);
}

TEST(ReplicaReturnTest, KnowsWhetherMostAttemptsOfTheLastTenSecondsFailed) {
  ReplicaSet set(1, {});
  const auto report = [&set](bool failed, Clock::time_point now) {
    Lease lease = *Take(set, 0, now, std::nullopt, Admission::kPanic);
    if (failed) {
      lease.Failed(Failure::kTransient, now);
    } else {
      lease.Succeeded(now);
    }
  };
  for (int i = 0; i < 4; ++i) report(true, kReturnsAt);
  EXPECT_FALSE(set.MostlyFailures(kReturnsAt)) << "four outcomes say nothing";
  report(true, kReturnsAt + 5s);
  EXPECT_TRUE(set.MostlyFailures(kReturnsAt + 5s));
  for (int i = 0; i < 5; ++i) report(false, kReturnsAt + 6s);
  EXPECT_FALSE(set.MostlyFailures(kReturnsAt + 6s)) << "half succeeded";
  report(true, kReturnsAt + 6s);
  EXPECT_TRUE(set.MostlyFailures(kReturnsAt + 6s));
  EXPECT_FALSE(set.MostlyFailures(kReturnsAt + 12s)) << "the first four are older than 10 s";
  EXPECT_FALSE(set.MostlyFailures(kReturnsAt + 100s));
  const ReplicaSet next(set, {0}, {});
  EXPECT_TRUE(next.MostlyFailures(kReturnsAt + 6s)) << "a reload keeps what is known";
}

}  // namespace
}  // namespace headgate::backends

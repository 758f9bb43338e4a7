#include "backends/upstream/replica_set.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "tests/backends/upstream/take_replica.h"

namespace headgate::backends {
namespace {

using namespace std::chrono_literals;
using Failure = CircuitBreaker::Failure;
using Admission = ReplicaSet::Admission;
using Lease = ReplicaSet::Lease;

constexpr Clock::time_point kStart{1000h};

void Eject(ReplicaSet& set, std::size_t replica, Clock::time_point now) {
  std::mt19937_64 random(1);
  for (;;) {
    std::optional<Lease> lease = Take(set, random(), now, std::nullopt, Admission::kUsable);
    ASSERT_TRUE(lease.has_value());
    if (lease->replica() != replica) continue;
    lease->Failed(Failure::kDead, now);
    return;
  }
}

TEST(ReplicaSetTest, ALeaseHoldsAPlaceUntilItGoes) {
  ReplicaSet set(1, {.slots = 4});
  EXPECT_EQ(set.size(), 1u);
  EXPECT_EQ(set.limits().slots, 4);
  {
    Lease lease = *Take(set, 0, kStart, std::nullopt, Admission::kUsable);
    EXPECT_TRUE(lease);
    EXPECT_EQ(set.InFlight(), 1);
    Lease moved = std::move(lease);
    EXPECT_TRUE(moved);
    EXPECT_EQ(set.InFlight(), 1);
    Lease other = *Take(set, 0, kStart, std::nullopt, Admission::kUsable);
    EXPECT_EQ(set.State(0, kStart).in_flight, 2);
    other = std::move(moved);  // gives its own place back
    EXPECT_EQ(set.InFlight(), 1);
    other.Succeeded(kStart);
    EXPECT_EQ(set.InFlight(), 1);
    other = Lease();
    EXPECT_EQ(set.InFlight(), 0);
    EXPECT_FALSE(other);
  }
  EXPECT_EQ(set.InFlight(), 0);
}

TEST(ReplicaSetTest, TheLessLoadedOfTwoWins) {
  ReplicaSet set(2, {});
  std::mt19937_64 random(2);
  std::vector<Lease> held;
  for (int i = 0; i < 100; ++i) {
    held.push_back(*Take(set, random(), kStart, std::nullopt, Admission::kUsable));
    const int difference = set.State(0, kStart).in_flight - set.State(1, kStart).in_flight;
    EXPECT_LE(std::abs(difference), 1);
  }
}

TEST(ReplicaSetTest, IdleReplicasAreDrawnEvenly) {
  ReplicaSet set(5, {});
  std::mt19937_64 random(3);
  std::array<int, 5> taken{};
  constexpr int kDraws = 50'000;
  for (int i = 0; i < kDraws; ++i) {
    ++taken[Take(set, random(), kStart, std::nullopt, Admission::kUsable)->replica()];
  }
  // Standard deviation: 89 of 10,000.
  for (const int count : taken) EXPECT_NEAR(count, 10'000, 450);
}

TEST(ReplicaSetTest, TwoChoicesKeepTheLongestQueueShort) {
  // 1,000 held places over 100 replicas: with one random choice the fullest replica holds about 19,
  // with the better of two random choices 12.
  ReplicaSet set(100, {});
  std::mt19937_64 random(4);
  std::vector<Lease> held;
  held.reserve(1000);
  for (int i = 0; i < 1000; ++i) {
    held.push_back(*Take(set, random(), kStart, std::nullopt, Admission::kUsable));
  }
  int fullest = 0;
  for (std::size_t i = 0; i < set.size(); ++i) {
    fullest = std::max(fullest, set.State(i, kStart).in_flight);
  }
  EXPECT_LE(fullest, 13);
}

TEST(ReplicaSetTest, TheAvoidedReplicaIsTakenOnlyAlone) {
  ReplicaSet set(2, {});
  std::mt19937_64 random(5);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(Take(set, random(), kStart, 0, Admission::kUsable)->replica(), 1u);
  }
  Eject(set, 1, kStart);
  EXPECT_EQ(Take(set, random(), kStart, 0, Admission::kUsable)->replica(), 0u);
  ReplicaSet alone(1, {});
  EXPECT_EQ(Take(alone, random(), kStart, 0, Admission::kUsable)->replica(), 0u);
}

TEST(ReplicaSetTest, EjectedReplicasGetNothing) {
  ReplicaSet set(3, {});
  Eject(set, 1, kStart);
  EXPECT_EQ(set.State(1, kStart).circuit, CircuitState::kOpen);
  std::mt19937_64 random(6);
  for (int i = 0; i < 200; ++i) {
    EXPECT_NE(Take(set, random(), kStart + 3s, std::nullopt, Admission::kPanic)->replica(), 1u);
  }
}

TEST(ReplicaSetTest, WhenAllAreEjectedOnlyPanicFindsOne) {
  ReplicaSet set(2, {});
  EXPECT_TRUE(set.AnyUsable(kStart));
  Eject(set, 0, kStart);
  Eject(set, 1, kStart);
  EXPECT_FALSE(set.AnyUsable(kStart));
  EXPECT_FALSE(Take(set, 7, kStart, std::nullopt, Admission::kUsable).has_value());
  std::vector<Lease> held;
  held.reserve(10);
  for (int i = 0; i < 10; ++i)
    held.push_back(*Take(set, 7, kStart, std::nullopt, Admission::kPanic));
  EXPECT_EQ(set.State(0, kStart).in_flight, 5);
  EXPECT_EQ(set.State(1, kStart).in_flight, 5);
  held.front().Succeeded(kStart + 1s);
  EXPECT_TRUE(set.AnyUsable(kStart + 1s));
}

TEST(ReplicaSetTest, WhatAReloadKeepsIsSharedWithTheOldSet) {
  ReplicaSet old(3, {.slots = 4});
  Eject(old, 1, kStart);
  std::vector<Lease> held;
  held.push_back(*Take(old, 0, kStart, 2, Admission::kUsable));
  ASSERT_EQ(held.front().replica(), 0u);
  // Replica 2 is removed, a new replica is put first, and the order of the others changes.
  ReplicaSet next(old, {std::nullopt, 1, 0}, {.limits = {.slots = 8}});
  EXPECT_EQ(next.limits().slots, 8);
  EXPECT_EQ(next.State(0, kStart).in_flight, 0);
  EXPECT_EQ(next.State(1, kStart).circuit, CircuitState::kOpen);
  EXPECT_EQ(next.State(2, kStart).in_flight, 1);
  // The new set sees a request that ends under the old set.
  held.front().Failed(Failure::kDead, kStart);
  held.clear();
  EXPECT_EQ(next.State(2, kStart).in_flight, 0);
  EXPECT_EQ(next.State(2, kStart).circuit, CircuitState::kOpen);
  EXPECT_EQ(Take(next, 5, kStart, std::nullopt, Admission::kUsable)->replica(), 0u);
}

TEST(ReplicaSetTest, AReplicaThatReturnsGetsOneProbe) {
  ReplicaSet set(1, {});
  Eject(set, 0, kStart);
  const auto later = kStart + 5s;
  EXPECT_TRUE(set.AnyUsable(later));
  Lease probe = *Take(set, 0, later, std::nullopt, Admission::kUsable);
  EXPECT_EQ(set.State(0, later).circuit, CircuitState::kHalfOpen);
  EXPECT_FALSE(Take(set, 0, later, std::nullopt, Admission::kUsable).has_value());
  // A request that is not the probe does not end the probe when its client leaves.
  { const Lease panicked = *Take(set, 0, later, std::nullopt, Admission::kPanic); }
  EXPECT_FALSE(Take(set, 0, later, std::nullopt, Admission::kUsable).has_value());
  probe = Lease();  // its client left, so the next request may probe
  probe = *Take(set, 0, later, std::nullopt, Admission::kUsable);
  probe.Succeeded(later);
  EXPECT_EQ(set.State(0, later).circuit, CircuitState::kClosed);
}

// The circuits of one model at `replicas` replicas.
ModelCircuits Circuits(std::size_t replicas) {
  ModelCircuits circuits;
  for (std::size_t i = 0; i < replicas; ++i) circuits.push_back(std::make_shared<SharedCircuit>());
  return circuits;
}

TEST(ReplicaSetTest, ARejectedModelIsPassedOverThereAndOthersAreServed) {
  ReplicaSet set(1, {});
  const ModelCircuits gone = Circuits(1);
  const ModelCircuits known = Circuits(1);
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(set.AnyUsable(kStart, &gone)) << i;
    const ReplicaSet::Changes changes =
        Take(set, 0, kStart, std::nullopt, Admission::kUsable, &gone)->RejectedModel(kStart);
    EXPECT_EQ(changes.replica.kind, CircuitChange::Kind::kNone);
    EXPECT_EQ(changes.model.kind,
              i < 4 ? CircuitChange::Kind::kNone : CircuitChange::Kind::kEjected);
  }
  EXPECT_FALSE(set.AnyUsable(kStart, &gone));
  EXPECT_FALSE(Take(set, 0, kStart, std::nullopt, Admission::kUsable, &gone).has_value());
  EXPECT_GE(set.NextTry(kStart + 1s, &gone), kStart + 4s);
  EXPECT_LE(set.NextTry(kStart + 1s, &gone), kStart + 5s);
  EXPECT_TRUE(set.AnyUsable(kStart, &known));
  EXPECT_EQ(set.NextTry(kStart, &known), kStart);
  EXPECT_EQ(set.State(0, kStart).circuit, CircuitState::kClosed);
  // A success of another model at the same replica does not make this model usable.
  Take(set, 0, kStart, std::nullopt, Admission::kUsable, &known)->Succeeded(kStart);
  EXPECT_FALSE(set.AnyUsable(kStart, &gone));
  // One successful probe, and the model is served again.
  Lease probe = *Take(set, 0, kStart + 5s, std::nullopt, Admission::kUsable, &gone);
  EXPECT_TRUE(probe.first_probe_of_model());
  EXPECT_FALSE(probe.first_probe_of_replica());
  EXPECT_FALSE(set.AnyUsable(kStart + 5s, &gone));
  EXPECT_EQ(probe.Succeeded(kStart + 6s).model.kind, CircuitChange::Kind::kReturned);
  EXPECT_TRUE(set.AnyUsable(kStart + 6s, &gone));
}

TEST(ReplicaSetTest, OneReplicaThatRejectsTheModelLeavesItToTheOthers) {
  ReplicaSet set(2, {});
  const ModelCircuits circuits = Circuits(2);
  std::mt19937_64 random(8);
  for (int rejected = 0; rejected < 5;) {
    std::optional<Lease> lease =
        Take(set, random(), kStart, std::nullopt, Admission::kUsable, &circuits);
    if (lease->replica() == 1) {
      lease->RejectedModel(kStart);
      ++rejected;
    } else {
      lease->Succeeded(kStart);
    }
  }
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(Take(set, random(), kStart, std::nullopt, Admission::kUsable, &circuits)->replica(),
              0u);
  }
  EXPECT_EQ(set.NextTry(kStart, &circuits), kStart);
}

TEST(ReplicaSetTest, AProbeOfAModelThatIsAbandonedLeavesItToTheNext) {
  ReplicaSet set(1, {});
  const ModelCircuits circuits = Circuits(1);
  for (int i = 0; i < 5; ++i) {
    Take(set, 0, kStart, std::nullopt, Admission::kUsable, &circuits)->RejectedModel(kStart);
  }
  // A caller's mistake says nothing about the model.
  Take(set, 0, kStart + 5s, std::nullopt, Admission::kUsable, &circuits)->Answered(kStart + 5s);
  const std::optional<Lease> next =
      Take(set, 0, kStart + 5s, std::nullopt, Admission::kUsable, &circuits);
  ASSERT_TRUE(next.has_value());
  EXPECT_FALSE(next->first_probe_of_model());
}

TEST(ReplicaSetTest, FreshCircuitsForgetEjectionsAndKeepWhatIsInFlight) {
  ReplicaSet old(1, {});
  Eject(old, 0, kStart);
  const Lease held = *Take(old, 0, kStart, std::nullopt, Admission::kPanic);
  const ReplicaSet next(old, {0}, {.fresh_circuits = true});
  EXPECT_TRUE(next.AnyUsable(kStart));
  EXPECT_EQ(next.InFlight(), 1);
  EXPECT_FALSE(old.AnyUsable(kStart));
}

TEST(ReplicaSetTest, FewerThanFiveFailuresInARowChangeNothing) {
  ReplicaSet set(1, {});
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 4; ++i) {
      Take(set, 0, kStart, std::nullopt, Admission::kUsable)->Failed(Failure::kTransient, kStart);
    }
    Take(set, 0, kStart, std::nullopt, Admission::kUsable)->Succeeded(kStart);
  }
  EXPECT_EQ(set.State(0, kStart).circuit, CircuitState::kClosed);
}

TEST(ReplicaSetTest, AGrantSkipsReservedReplicasAndReservesThoseItWaitsFor) {
  ReplicaSet set(3, {.slots = 1});
  SlotSet before;
  before.Add(set.AllSlots()[0]);
  ReservedSlots reserved(before);
  set.circuit(2).Failed(Failure::kDead, /*probe=*/false, kStart);
  const ReplicaSet::Ask ask{.now = kStart, .reserved = &reserved};
  const ReplicaSet::Answer taken = set.Acquire(ask);
  ASSERT_TRUE(taken.lease);
  EXPECT_EQ(taken.lease->replica(), 1u);
  EXPECT_TRUE(reserved.wanted().empty());
  EXPECT_EQ(set.Acquire(ask).refusal, ReplicaSet::Refusal::kFull);
  EXPECT_TRUE(reserved.wanted().Has(set.slots(0)));
  EXPECT_TRUE(reserved.wanted().Has(set.slots(1)));
  EXPECT_FALSE(reserved.wanted().Has(set.slots(2))) << "it is ejected, so nobody waits for it";
}

TEST(ReplicaSetTest, AFreeSlotIsOneThatTheRequestCouldTake) {
  ReplicaSet set(2, {.slots = 2, .tokens = 100});
  EXPECT_TRUE(set.HasFreeSlot(kStart, nullptr, 500)) << "alone it fits";
  ASSERT_TRUE(set.slots(0).TryTake(60));
  set.circuit(1).Failed(Failure::kDead, /*probe=*/false, kStart);
  EXPECT_TRUE(set.HasFreeSlot(kStart, nullptr, 40));
  EXPECT_FALSE(set.HasFreeSlot(kStart, nullptr, 41));
}

TEST(ReplicaSetTest, WorkersShareOne) {
  ReplicaSet set(4, {.slots = 2});
  const auto work = [&set](unsigned seed) {
    std::mt19937_64 random(seed);
    auto now = kStart;
    for (int i = 0; i < 20'000; ++i) {
      now += 100ms;
      std::optional<Lease> lease =
          Take(set, random(), now, random() % 5,
               random() % 2 == 0 ? Admission::kPanic : Admission::kSlowStart);
      if (!lease) continue;
      switch (random() % 8) {
        case 0:
          lease->Failed(Failure::kDead, now);
          break;
        case 1:
          lease->Failed(Failure::kTransient, now);
          break;
        case 2:
          break;
        default:
          lease->Succeeded(now);
      }
      if (i % 16 == 0) {
        EXPECT_GE(set.InFlight(), 1);
        set.AnyUsable(now);
        set.State(lease->replica(), now);
      }
    }
  };
  std::vector<std::thread> workers;
  for (unsigned i = 0; i < 4; ++i) workers.emplace_back(work, i);
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(set.InFlight(), 0);
}

}  // namespace
}  // namespace headgate::backends

// How a set chooses among its replicas, and what a lease holds.

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "backends/upstream/replica_set.h"

namespace headgate::backends {
namespace {

using namespace std::chrono_literals;
using Lease = ReplicaSet::Lease;

constexpr Clock::time_point kAtFirst{1000h};

TEST(ReplicaChoiceTest, ALeaseHoldsTheSequencesOfItsRequest) {
  ReplicaSet set(1, {.slots = 4});
  const SlotCount& slots = set.slots(0);
  Lease one = *set.Acquire({.now = kAtFirst}).lease;
  EXPECT_EQ(slots.more_sequences(), 0);
  {
    Lease several = *set.Acquire({.now = kAtFirst, .more_sequences = 7}).lease;
    EXPECT_EQ(slots.more_sequences(), 7);
    const Lease moved = std::move(several);
    EXPECT_EQ(slots.more_sequences(), 7);
    EXPECT_EQ(slots.in_flight(), 2) << "a slot is for a request";
  }
  EXPECT_EQ(slots.more_sequences(), 0);
  EXPECT_EQ(slots.in_flight(), 1);
}

TEST(ReplicaChoiceTest, RequestsOfOtherClientsAreLoad) {
  ReplicaSet set(2, {.slots = 8});
  set.slots(0).SetOthers(3, 0);
  std::mt19937_64 random(1);
  std::vector<Lease> leases;
  for (int i = 0; i < 5; ++i) {
    leases.push_back(*set.Acquire({.random = random(), .now = kAtFirst}).lease);
  }
  EXPECT_EQ(set.State(0, kAtFirst).in_flight, 1);
  EXPECT_EQ(set.State(1, kAtFirst).in_flight, 4);
  EXPECT_EQ(set.InFlight(), 5) << "what is shown are our own";
}

class AvoidedReplica : public testing::Test {
 protected:
  static constexpr std::size_t kFailed = 1;
  void SetUp() override {
    for (const std::size_t i : {std::size_t{0}, std::size_t{2}}) {
      ASSERT_TRUE(set_.slots(i).TryTake(0));
    }
  }
  ReplicaSet::Ask Retry(Clock::time_point now) {
    reserved_.emplace(none_);
    return {.now = now, .avoid = kFailed, .avoid_until = kAtFirst + 1s, .reserved = &*reserved_};
  }
  ReplicaSet set_{3, {.slots = 1}};
  SlotSet none_;
  std::optional<ReservedSlots> reserved_;
};

TEST_F(AvoidedReplica, IsNotTakenWhileOthersAreBusy) {
  EXPECT_EQ(set_.Acquire(Retry(kAtFirst)).refusal, ReplicaSet::Refusal::kFull);
  EXPECT_TRUE(reserved_->wanted().Has(set_.slots(0)));
  EXPECT_TRUE(reserved_->wanted().Has(set_.slots(2)));
  EXPECT_FALSE(reserved_->wanted().Has(set_.slots(kFailed))) << "who waits behind may take it";
  EXPECT_EQ(set_.Acquire({.now = kAtFirst, .avoid = kFailed}).refusal, ReplicaSet::Refusal::kFull)
      << "also past the queue";
  ASSERT_FALSE(set_.slots(2).Return(0));
  EXPECT_EQ(set_.Acquire(Retry(kAtFirst)).lease->replica(), 2u);
}

TEST_F(AvoidedReplica, IsTakenIfNoOtherMayBeUsed) {
  set_.circuit(0).Failed(CircuitBreaker::Failure::kDead, /*probe=*/false, kAtFirst);
  EXPECT_FALSE(set_.Acquire(Retry(kAtFirst)).lease);
  set_.circuit(2).Failed(CircuitBreaker::Failure::kDead, /*probe=*/false, kAtFirst);
  EXPECT_EQ(set_.Acquire(Retry(kAtFirst)).lease->replica(), kFailed);
}

TEST_F(AvoidedReplica, IsTakenWhenTheOthersHaveBeenBusyForLong) {
  EXPECT_FALSE(set_.Acquire(Retry(kAtFirst + 999ms)).lease);
  EXPECT_EQ(set_.Acquire(Retry(kAtFirst + 1s)).lease->replica(), kFailed);
  ASSERT_FALSE(set_.slots(0).Return(0));
  const Lease other = *set_.Acquire(Retry(kAtFirst + 1s)).lease;
  EXPECT_EQ(other.replica(), 0u);
  const Lease failed = *set_.Acquire(Retry(kAtFirst + 1s)).lease;
  EXPECT_EQ(failed.replica(), kFailed);
  EXPECT_FALSE(set_.Acquire(Retry(kAtFirst + 1s)).lease);
  EXPECT_TRUE(reserved_->wanted().Has(set_.slots(kFailed))) << "now it waits for any of them";
}

}  // namespace
}  // namespace headgate::backends

#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "backends/scheduler/band_line.h"
#include "backends/scheduler/clock.h"
#include "backends/scheduler/reserved_slots.h"

namespace headgate::backends {

// A running batch attempt that can be moved aside. The gateway implements it.
class Preemptible {
 public:
  // The attempt must give its slot back and its request must join the queue again, at the front.
  // Posts to its worker; called with the queue's lock held.
  virtual void MoveAside() = 0;

 protected:
  virtual ~Preemptible() = default;
};

// What is free at a replica, while plans are made with it: less than 0 where more runs than may. A
// value.
class SlotRoom {
 public:
  explicit SlotRoom(const SlotCount& replica);

  const SlotCount& replica() const { return *replica_; }
  // Whether a request with so many tokens fits. One that is larger than the whole replica needs all
  // of it.
  bool Fits(std::int64_t tokens) const;
  void Take(std::int64_t tokens);
  void Free(std::int64_t tokens);

 private:
  const SlotCount* replica_;
  std::int64_t all_tokens_;  // 0: unbounded
  std::int64_t slots_;
  std::int64_t tokens_;
};

// Decides when batch attempts are moved aside: latency-critical waiters would be granted too late
// for their deadlines, and batch holds more than its floor. For each such waiter the replica is
// taken at which the youngest attempts make enough room, in slots and tokens, because they lose the
// least work; of those, only attempts that are needed. (Requests that were not moved before would
// be fairer; in simulation that loses twice the work and serves latency-critical requests no
// sooner.) Room that is free, or that attempts which were told will leave, is counted for the most
// urgent waiters first, so that n waiters do not move attempts twice. If batch alone cannot make
// enough room for a waiter, none is moved for it. Only attempts at replicas that a waiter could use
// are moved for it. Thread-compatible.
class Preemption {
 public:
  // --- running attempts ---
  // Returns the number of the attempt, for Remove. `replica`: where it runs; outlives it. `tokens`:
  // those that it was granted there.
  std::uint64_t Add(Preemptible& attempt, const SlotCount& replica, std::int64_t tokens);
  // The attempt has ended or has committed.
  void Remove(std::uint64_t number);

  // --- latency-critical waiters ---
  void Waits(const Waiter& waiter) { waiters_.insert(&waiter); }
  void WaitsNoMore(const Waiter& waiter) { waiters_.erase(&waiter); }

  struct Situation {
    TimePoint now;
    Duration grant_interval{0};
    int movable = 0;  // running batch above the floor, with the attempts that were told
  };
  // Tells attempts to move aside for late waiters of the lanes, and returns how many.
  std::size_t MoveAside(const Situation& situation, const BlockedLanes& lanes);

  // Returns whether one more latency-critical waiter could have an attempt moved aside, if it could
  // use all replicas.
  bool HasForOneMore(int movable) const;
  // Returns whether attempts at some of the replicas make room for so many tokens.
  bool MakesRoom(std::int64_t tokens, const SlotCounts& replicas, int movable) const;

 private:
  struct EarlierGrant {
    bool operator()(const Waiter* a, const Waiter* b) const {
      return a->latest_grant != b->latest_grant ? a->latest_grant < b->latest_grant
                                                : a->sequence < b->sequence;
    }
  };
  struct Attempt {
    Preemptible* preemptible;
    const SlotCount* replica;
    std::int64_t tokens;
  };
  using Attempts = absl::btree_map<std::uint64_t, Attempt>;  // the youngest is last
  using Chosen = absl::InlinedVector<std::uint64_t, 4>;      // the youngest is first
  using Rooms = absl::InlinedVector<SlotRoom, 4>;
  Rooms RoomsOf(const BlockedLanes& lanes) const;
  void AddTold(Rooms& rooms) const;
  static bool TakeRoom(Rooms& rooms, const SlotSet& replicas, std::int64_t tokens);
  Chosen Choose(const Rooms& rooms, const SlotSet& replicas, std::int64_t tokens) const;
  Chosen ChooseAt(const SlotCount& replica, SlotRoom room, std::int64_t tokens) const;
  void Tell(const Chosen& chosen, Rooms& rooms);

  std::uint64_t next_number_ = 1;
  absl::flat_hash_map<const SlotCount*, Attempts> attempts_;     // not told yet, by replica
  absl::flat_hash_map<std::uint64_t, const SlotCount*> places_;  // where each of these runs
  absl::flat_hash_map<std::uint64_t, Attempt> told_;
  absl::btree_set<const Waiter*, EarlierGrant> waiters_;
};

}  // namespace headgate::backends

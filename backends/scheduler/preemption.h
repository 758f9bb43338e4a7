#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
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

// Decides when batch attempts are moved aside: latency-critical waiters would be granted too late
// for their deadlines, and batch holds more than its floor. The youngest attempt goes first,
// because it loses the least work. (Requests that were not moved before would be fairer; in
// simulation that loses twice the work and serves latency-critical requests no sooner.) Attempts
// that were told and still run count, so that n waiters move at most n attempts aside at a time.
// Only attempts at replicas that a waiter could use are moved for it. A
// waiter that needs more tokens than one attempt frees moves the next one when the first has gone
// and there is still no room. Thread-compatible.
class Preemption {
 public:
  // --- running attempts ---
  // Returns the number of the attempt, for Remove. `replica`: where it runs; outlives it.
  std::uint64_t Add(Preemptible& attempt, const SlotCount& replica);
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
  // Waiters that can use the same replicas.
  struct Group {
    const SlotSet& replicas;
    absl::FunctionRef<bool(const Waiter&)> has;
  };
  // Tells attempts to move aside for the waiters of the group, and returns how many. The k-th
  // waiter is expected within k + 2 sqrt(k) grants: the mean and two standard deviations of that
  // many Poisson releases.
  std::size_t MoveAside(const Situation& situation, const Group& group);

  // Returns whether one more latency-critical waiter could have an attempt moved aside, if it could
  // use all replicas.
  bool HasForOneMore(int movable) const;

 private:
  struct EarlierGrant {
    bool operator()(const Waiter* a, const Waiter* b) const {
      return a->latest_grant != b->latest_grant ? a->latest_grant < b->latest_grant
                                                : a->sequence < b->sequence;
    }
  };
  std::size_t Late(const Situation& situation, const Group& group, std::size_t most) const;

  struct Attempt {
    Preemptible* preemptible;
    const SlotCount* replica;
  };
  std::uint64_t next_number_ = 1;
  absl::btree_map<std::uint64_t, Attempt> attempts_;  // not told yet; the youngest is last
  absl::flat_hash_map<std::uint64_t, const SlotCount*> told_;
  absl::btree_set<const Waiter*, EarlierGrant> waiters_;
};

}  // namespace headgate::backends

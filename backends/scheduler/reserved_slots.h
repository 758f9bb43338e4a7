#pragma once

#include <algorithm>
#include <memory>

#include "absl/container/inlined_vector.h"
#include "backends/scheduler/slot_count.h"

namespace headgate::backends {

// A few replicas, by what runs there. Thread-compatible.
class SlotSet {
 public:
  void Add(std::shared_ptr<SlotCount> replica) {
    if (!Has(*replica)) replicas_.push_back(std::move(replica));
  }
  void AddAll(const SlotSet& others) {
    for (const auto& replica : others.replicas_) Add(replica);
  }
  bool Has(const SlotCount& replica) const {
    return std::any_of(replicas_.begin(), replicas_.end(),
                       [&](const auto& known) { return known.get() == &replica; });
  }
  bool empty() const { return replicas_.empty(); }
  auto begin() const { return replicas_.begin(); }
  auto end() const { return replicas_.end(); }

 private:
  absl::InlinedVector<std::shared_ptr<SlotCount>, 4> replicas_;
};

// A lane whose first request found no room, and the replicas that it waits for.
struct BlockedLane {
  const void* lane;
  SlotSet replicas;
};
using BlockedLanes = absl::InlinedVector<BlockedLane, 2>;

// What a request that is tried in its turn may not take: replicas for which requests further ahead
// wait, because small requests would pass a long prompt for ever. Thread-compatible.
class ReservedSlots {
 public:
  // `before`: outlives this.
  explicit ReservedSlots(const SlotSet& before) : before_(before) {}

  bool Has(const SlotCount& replica) const { return before_.Has(replica); }
  // The request has found no room, and waits for this replica.
  void Add(SlotCount& replica) { wanted_.Add(replica.shared_from_this()); }

  SlotSet& wanted() { return wanted_; }

 private:
  const SlotSet& before_;
  SlotSet wanted_;
};

}  // namespace headgate::backends

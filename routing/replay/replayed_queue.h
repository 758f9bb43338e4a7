#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "routing/decide/decision.h"
#include "routing/policy/policy.h"
#include "routing/replay/recorded.h"

namespace headgate::routing {

// The queues that a request leaves after its decision, in a replay. Pure.

struct ReplayedWait {
  std::size_t place = 0;  // in the plan, where the request is sent
  std::int64_t us = 0;    // in the queues on the way and in the last one
};

// Where the request is sent, and how long it waits before: while the predicted wait is longer than
// the route lets it wait, it waits that long and goes to the next target that takes it
// (NextAfterWait). Where its time would be over before it gets a slot it does not wait, and goes to
// the next target at once (ComesTooLateAt). It stays where none is left, for the predicted wait.
// REQUIRES: the decision has a plan.
ReplayedWait WaitPredicted(const CompiledPolicy& policy, const DecisionInput& input,
                           const Decision& decision);

// Whether the record shows what a request would do in the queue of the recorded first target on a
// route with this rule: the recorded route had the same rule.
bool HasSameSpill(const RecordedRequest& record, const config::Spill& spill);

// What another number of slots changes for one request.
enum class SlotChange : std::uint8_t {
  kNone,   // it finds its backend as it was
  kFreed,  // all slots were taken, and one of the new slots is free
  kFewer,  // it waits longer: there are fewer slots than requests in flight, or others wait
};

// A backend with another number of slots than was recorded. With the recorded number nothing
// changes.
//
// More slots: the record shows which requests found all slots taken. They get the new slots, first
// come, first served, and hold them as long as they are expected to. A request that waited holds
// its new slot only for the time that it waited: after that it would have held a slot that is now
// free for others. So the requests that waited count as load, and more slots never make more
// requests spill. Arrivals are known to the second: a slot that becomes free within it is free.
//
// Fewer slots: the requests in flight stay, and those beyond the slots end before a newcomer
// starts. So the predicted wait is longer by their slot times, divided by the slots, and the
// recorded wait grows as the pace of the slots falls. It is an estimate: their bands are not known,
// and a queue that grows meanwhile is not counted. Thread-compatible.
class ReplayedPool {
 public:
  struct Arrival {
    const RecordedPolicy* policy = nullptr;  // under which it was recorded
    std::int64_t us = 0;                     // since 1970
    double slot_time_ms = 0;                 // that a request is expected to hold a slot
  };

  // `slots`: of all replicas.
  ReplayedPool(std::string backend, std::int64_t slots)
      : backend_(std::move(backend)), slots_(slots) {}

  // Changes the state of a target of the backend to what the request would have found.
  SlotChange Change(const Arrival& arrival, Candidate& candidate);

  // The request takes the new slot that was free. REQUIRES: the last Change was kFreed.
  void Take(std::int64_t arrival_us, std::int64_t hold_us);

  const std::string& backend() const { return backend_; }
  std::int64_t slots() const { return slots_; }
  // The most that the records have; 0: they have none.
  std::int64_t recorded_slots() const { return recorded_slots_; }

 private:
  static SlotChange Remove(std::int64_t removed, double slot_time_ms, Candidate& candidate);
  // Of all configured replicas; 0: not recorded.
  std::int64_t RecordedSlots(const Arrival& arrival);

  const std::string backend_;
  const std::int64_t slots_;
  std::int64_t recorded_slots_ = 0;
  const RecordedPolicy* known_ = nullptr;  // whose slots are in `known_slots_`
  std::int64_t known_slots_ = 0;
  // When each new slot is free. A request takes the first that is: so the requests that get one of
  // the first n slots are the same with more slots.
  std::vector<std::int64_t> free_at_us_;
  std::size_t free_ = 0;  // the slot that the last Change freed
};

// The backends of a policy with another number of slots than was recorded. Thread-compatible.
class ReplayedPools {
 public:
  // From now on the backend has the slots of the policy.
  void Use(const CompiledPolicy& policy, const std::string& backend);
  // Null: its slots are as recorded.
  const ReplayedPool* Find(const std::string& backend) const;

  // Changes the candidates of `input` to what the request would have found.
  void Change(const CompiledPolicy& policy, const RecordedRequest& record, DecisionInput& input);
  // What the last Change did to a target.
  SlotChange At(std::size_t target) const {
    return changes_.empty() ? SlotChange::kNone : changes_[target];
  }
  // The request goes to the target, and takes the new slot that the last Change found there, if
  // any. `only_us`: it holds the slot for this time only (ReplayedPool), else for as long as it is
  // expected to.
  void Take(const CompiledPolicy& policy, const DecisionInput& input, std::size_t target,
            std::optional<std::int64_t> only_us);

 private:
  absl::flat_hash_map<std::size_t, ReplayedPool> pools_;  // by backend
  std::vector<SlotChange> changes_;                       // by target; empty without pools
};

}  // namespace headgate::routing

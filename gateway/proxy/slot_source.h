#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "backends/net/types.h"
#include "gateway/accounting/request_account.h"
#include "gateway/attempt/attempt.h"
#include "gateway/attempt/attempt_failure.h"
#include "gateway/attempt/outgoing_request.h"
#include "gateway/attempt/worker_context.h"
#include "gateway/plan/request_plan.h"
#include "gateway/proxy/attempt_machine.h"
#include "gateway/slots/slot_wait.h"

namespace headgate::gateway {

// For which attempt a slot is wanted.
struct SlotRequest {
  std::size_t plan_index = 0;
  std::optional<std::size_t> avoid = {};  // a replica that has just failed
  bool insist = false;  // also one that a slow start would leave to another target
  bool last = false;    // no other queue is left, so the route's `spill` does not end the wait
  bool front = false;   // the request was moved aside: it waits before others of its band
  // Knows for which targets a wait may end; for Take, unless it is the last. Outlives the call.
  const AttemptMachine* machine = nullptr;
};

// Takes the slots for the attempts of one request: a free slot at once, or one that the queue of
// the backend grants. Worker-bound.
class SlotSource {
 public:
  // All arguments outlive it. `account` has its snapshot and its route when a slot is taken.
  SlotSource(WorkerContext& worker, RequestAccount& account, const RequestPlan& plan,
             OutgoingRequest& outgoing)
      : worker_(worker), account_(account), plan_(plan), outgoing_(outgoing) {}
  SlotSource(const SlotSource&) = delete;
  SlotSource& operator=(const SlotSource&) = delete;

  // Sets slot, waited and may_move of `aim`, whose target is set here too. Returns false if there
  // is none: `failure` says why.

  // Takes a slot for a hedge: only if one is free and nobody waits for it.
  bool TakeFree(const SlotRequest& wanted, Attempt::Aim& aim, AttemptFailure& failure);
  // Waits for a slot. When the time of the route's `spill` is over, the request leaves the queue
  // only for a target that takes it (routing::TakesSpilled), which `failure` names; else it keeps
  // its place and looks again after the same time, at least 50 ms. The time that batch waits does
  // not count towards the time limit of the request: `outgoing.deadline` moves.
  Awaitable<bool> Take(const SlotRequest& wanted, Attempt::Aim& aim, AttemptFailure& failure);

  // Ends the wait that is running, if any.
  void End() {
    if (wait_ != nullptr) wait_->End();
  }
  // Notes that an attempt of the request was moved aside. The time that was lost with it does not
  // count towards the time limit of the request.
  void NoteMovedAside(std::chrono::nanoseconds lost) {
    ++moved_aside_;
    outgoing_.deadline += lost;
  }

 private:
  // How often one request is moved aside at most.
  static constexpr int kMostMoves = 2;

  SlotWish WishOf(const SlotRequest& wanted, TimePoint now) const;
  void CompleteDemand(TimePoint now, bool front, SlotWish& wish) const;
  std::int64_t TokensAt(std::size_t target) const;
  template <typename Fits>
  std::optional<std::size_t> NextUsable(const SlotRequest& wanted, TimePoint now, Fits fits) const;
  backends::ReplicaSet::Admission AdmissionOf(const SlotRequest& wanted, TimePoint now) const;
  bool TryTake(const SlotWish& wish, Attempt::Aim& aim, AttemptFailure& failure);
  void Fill(SlotLease& slot, const SlotWish& wish, Attempt::Aim& aim) const;
  bool Takes(std::size_t target, const SlotWish& wish, TimePoint now) const;
  SlotWait::Looks LooksOf(const SlotRequest& wanted, const SlotWish& wish, TimePoint began,
                          std::optional<std::size_t>& found) const;
  // Returns until when the request waits for the target's slots.
  TimePoint WaitsUntil(const SlotWish& wish, TimePoint now) const;
  void NoteWait(backends::Band band, std::chrono::nanoseconds waited);
  // A wait that ended without a slot.
  struct VainWait {
    std::size_t target = 0;
    backends::Band band = backends::Band::kNormal;
    SlotWait::Outcome outcome = SlotWait::Outcome::kOver;
    std::chrono::nanoseconds waited{0};
    backends::Duration predicted{0};             // for a request that comes now
    bool last = false;                           // there is no other queue
    std::optional<std::size_t> leaves_for = {};  // in the plan
  };
  void FailWait(const VainWait& wait, AttemptFailure& failure);
  const config::Spill& Spill() const {
    return account_.snapshot->policy->routes()[*account_.route].spill;
  }
  const config::Backend& ConfiguredAt(std::size_t target) const {
    const Snapshot& snapshot = *account_.snapshot;
    return snapshot.config->backends[snapshot.policy->targets()[target].backend];
  }

  WorkerContext& worker_;
  RequestAccount& account_;
  const RequestPlan& plan_;
  OutgoingRequest& outgoing_;
  SlotWait* wait_ = nullptr;  // that is running
  bool asked_ = false;        // for a slot
  int moved_aside_ = 0;
};

}  // namespace headgate::gateway

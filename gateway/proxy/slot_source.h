#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "absl/container/inlined_vector.h"
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
  // The next two are for Wait, unless it is the last. `machine` knows for which targets a wait may
  // end, and outlives the call. `writes` returns whether the request can be written for a target.
  const AttemptMachine* machine = nullptr;
  std::function<bool(std::size_t plan_index)> writes = {};
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
  // Takes a slot if one is free.
  bool Take(const SlotRequest& wanted, Attempt::Aim& aim, AttemptFailure& failure);
  // Whether Take failed because of a full pool with a queue: then Wait may follow.
  bool MayWait(const SlotRequest& wanted, const AttemptFailure& failure) const;
  // Waits for a slot, unless the predicted wait is longer than the request may still take. When the
  // time of the route's `spill` is over, the request leaves the queue only for a target that takes
  // it (routing::TakesSpilled), that it can be written for, and that the retry budget permits;
  // `failure` names it. Else it keeps its place and looks again after the same time, at least 50
  // ms. The time that batch waits does not count towards the time limit of the request:
  // `outgoing.deadline` moves.
  Awaitable<bool> Wait(const SlotRequest& wanted, Attempt::Aim& aim, AttemptFailure& failure);

  // Whether the request waits for a slot.
  bool waits() const { return wait_ != nullptr; }
  // Ends the wait that is running, if any: its client is gone, or the gateway shuts down.
  void End(backends::SlotQueue::Leaving why) {
    if (wait_ != nullptr) wait_->End(why);
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
  bool HasUsableBehind(const SlotRequest& wanted, TimePoint now) const;
  backends::ReplicaSet::Admission AdmissionOf(const SlotRequest& wanted, TimePoint now) const;
  bool TryTake(const SlotWish& wish, Attempt::Aim& aim, AttemptFailure& failure);
  void Fill(SlotLease& slot, const SlotWish& wish, Attempt::Aim& aim);
  void BookSpills(std::size_t target);
  bool Takes(std::size_t target, const SlotWish& wish, TimePoint now) const;
  bool Affords(std::size_t target, TimePoint now) const;
  // Whether the request can be written for each target of the plan, as far as a wait has asked.
  using Written = absl::InlinedVector<std::optional<bool>, 8>;
  std::optional<std::size_t> FindElsewhere(const SlotRequest& wanted, const SlotWish& wish,
                                           TimePoint now, Written& written) const;
  SlotWait::Looks LooksOf(const SlotRequest& wanted, const SlotWish& wish, TimePoint began,
                          std::optional<std::size_t>& found) const;
  backends::Duration TimeForAnswer(std::size_t target, TimePoint now) const;
  // Returns until when the request waits for the target's slots.
  TimePoint WaitsUntil(const SlotWish& wish, TimePoint now) const;
  void NoteWait(backends::Band band, std::chrono::nanoseconds waited);
  // Whether the request would get a slot too late; sets `failure` then.
  bool ComesTooLate(const SlotWish& wish, TimePoint now, AttemptFailure& failure);
  // A wait that ended without a slot.
  struct VainWait {
    const SlotWait& wait;
    const SlotWish& wish;
    SlotWait::Outcome outcome = SlotWait::Outcome::kOver;
    std::chrono::nanoseconds waited{0};
    std::optional<std::size_t> leaves_for = {};  // in the plan
  };
  void FailWait(const VainWait& vain, AttemptFailure& failure);
  // Sets the words of `end` and the time to come back.
  static void TellEnd(const QueueEnd& end, backends::Duration predicted, AttemptFailure& failure);
  QueueEnd EndOf(const VainWait& vain) const;
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
  absl::InlinedVector<SpilledFrom, 1> left_;  // before another target has the request
};

}  // namespace headgate::gateway

#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "backends/scheduler/band.h"
#include "backends/scheduler/clock.h"
#include "backends/scheduler/preemption.h"
#include "backends/scheduler/reserved_slots.h"
#include "backends/scheduler/service_times.h"
#include "backends/scheduler/slot_count.h"
#include "backends/scheduler/slot_demand.h"
#include "backends/scheduler/wait_forecast.h"
#include "backends/scheduler/waiting_line.h"
#include "config/base/mutex.h"

namespace headgate::backends {

// The queue of one backend with slots: who gets the next slot that becomes free, how long a
// newcomer would wait, and which batch attempt is moved aside. A reload keeps it (Configure), also
// if the list of replicas changes: requests that began before wait in the same line, for the
// replicas that they know. Workers share it. Thread-safe: one private mutex, no method suspends.
//
// A request takes its slot like this:
//
//   if (count.TryTake(tokens)) queue.Started(band);      // nobody waits: one atomic
//   else switch (queue.Join(taker, demand, now)) …        // granted, waits, full or unusable
//
// and returns it like this (the order matters: the queue must know before it is kicked):
//
//   hold.reset();                                         // BatchHold, if there is one
//   queue.Released({band, team, share, held, taker.charged()});
//   if (count.Return(tokens)) count.KickQueue(now);
//
// Order of the line: see WaitingLine. The first request that finds no room blocks its lane, and
// reserves the replicas that it waits for: otherwise small requests would pass a long prompt for
// ever. Only kMostPassed of its band (kMostPassedOfBatch) may pass it, if it is the tokens for
// which there is no room: then fewer slots stand idle (backfilling; in simulation eight passes take
// a quarter off the wait of latency-critical work, and more of them no more). Requests of other
// lanes may take what is left: a replica that serves their model, but not the one of the first
// request. A newcomer takes it past the line, because nobody waits for that replica. Kick must be
// called whenever room or a circuit may have changed without a return: after new limits, when a
// circuit closes or opens, and every 100 ms.
//
// Order of locks: the queue's lock, then a SlotCount's or a leaf lock of a taker. Never the
// reverse.
class SlotQueue : public SlotContender, public std::enable_shared_from_this<SlotQueue> {
 public:
  // Assumed from the moment in which a batch attempt is told to move aside to the grant of its
  // slot.
  static constexpr Duration kMoveAsideTime = std::chrono::milliseconds(50);
  // Smaller requests that go before one that does not fit.
  static constexpr int kMostPassed = 8;
  // Of the batch band. What then stands idle is there for latency-critical work: in simulation its
  // p95 falls by 7 %, and the same batch takes 1.4 % longer.
  static constexpr int kMostPassedOfBatch = 2;
  // Releases before which the prior of ServiceTimes means too much.
  static constexpr int kFewestReleases = 16;

  struct Settings {
    int limit = 1000;                    // requests that may wait
    std::int64_t batch_floor = 100'000;  // millionths of the slots that are for batch
    bool preempt = false;
  };
  static std::shared_ptr<SlotQueue> Make(SlotCounts replicas, const Settings& settings);
  // REQUIRES: no taker waits.
  ~SlotQueue() override;
  SlotQueue(const SlotQueue&) = delete;
  SlotQueue& operator=(const SlotQueue&) = delete;

  // After a reload. Waiters beyond a smaller limit stay. The limits of the replicas are set at
  // their SlotCounts, before. Requests that wait for a replica that is no longer listed still get
  // its slots.
  void Configure(SlotCounts replicas, const Settings& settings, TimePoint now);

  // --- waiting -----------------------------------------------------------------------------------

  enum class Outcome : std::uint8_t { kGranted, kWaiting, kFull, kUnusable };
  struct Joined {
    Outcome outcome = Outcome::kUnusable;
    // Of kFull: who waits there, by which the limit is reached, and the limit.
    std::size_t waiting = 0;
    int limit = 0;
  };
  // Tries to take a slot for the request at once if it would be the first of the line, else it
  // waits. If the line is longer than the limit then, the youngest waiter of the lowest band below
  // the newcomer's is shed; without one, the youngest waiter of the team of its band that asks for
  // most beyond its share. If that is the newcomer, it does not wait (kFull). Requests with
  // SlotDemand::front always wait. kWaiting: `taker` must live until it was woken or has left.
  // Wake is called only for takers that wait, never within their own Join.
  Joined Join(SlotTaker& taker, const SlotDemand& demand, TimePoint now);
  enum class Leaving : std::uint8_t {
    kElsewhere,  // it goes to another target
    kExpired,    // its time is over
    kGone,       // its client is gone
    kDrained     // the gateway shuts down
  };
  // The request waits no more. Returns false if the taker is not in the line: it has just been
  // woken, and if the reason is kGranted it holds a lease, which it must return.
  bool Leave(SlotTaker& taker, TimePoint now, Leaving why = Leaving::kElsewhere);
  // Grants free slots to the line, wakes heads that are unusable, and moves batch aside.
  void Kick(TimePoint now) override;

  // Lock-free; what it returns may be out of date at once.
  bool HasWaiters() const { return waiting_.load(std::memory_order_relaxed) != 0; }

  // --- running -----------------------------------------------------------------------------------

  // A slot was taken without the queue, by SlotCount::TryTake. A grant by the queue counts by
  // itself. Lock-free.
  void Started(Band band) { AddRunning(band, 1); }
  // A slot is returned, whichever way it was taken. Lock-free if it was taken without the queue.
  void Released(const SlotUse& use);
  int running_batch() const { return running_batch_.load(std::memory_order_relaxed); }

  // --- forecast and figures ----------------------------------------------------------------------

  // How long a request of the team that comes now would wait, if it finds no free slot at once
  // (ReplicaSet::HasFreeSlot). The waiters that go first by the shares of the teams count as
  // earlier.
  // `tokens`: those that it needs; batch is moved aside for it only where that makes enough room.
  Duration Predicted(Band band, std::string_view team, int share, TimePoint now,
                     std::int64_t tokens = 0) const;

  // Returns whether Predicted rests on enough releases to refuse a request by it. Lock-free.
  bool HasForecast() const { return service_times_.samples() >= kFewestReleases; }

  struct Figures {
    std::array<std::size_t, kBands> waiting{};
    // For a request that all waiters of its band precede; 0 while nothing waits and a replica has
    // room.
    std::array<Duration, kBands> predicted{};
    int running_batch = 0;
    int batch_floor = 0;  // in slots
    // Since the creation of the queue. Each request that has joined ends in one of the first six:
    // it was granted a slot as it joined, or has waited.
    std::array<std::uint64_t, kBands> granted{};
    std::array<std::uint64_t, kBands> shed{};     // woken with kShed
    std::array<std::uint64_t, kBands> expired{};  // left with kExpired
    std::array<std::uint64_t, kBands> left{};     // left with kElsewhere, or woken with kUnusable
    std::array<std::uint64_t, kBands> gone{};     // left with kGone
    std::array<std::uint64_t, kBands> drained{};  // left with kDrained
    std::array<std::uint64_t, kBands> full{};     // turned away with kFull: they did not join
    std::uint64_t moved_aside = 0;                // told to move aside
  };
  Figures figures(TimePoint now) const;

 private:
  struct Private {};  // so that only Make calls the constructor

 public:
  SlotQueue(Private, SlotCounts replicas, const Settings& settings);

 private:
  friend class BatchHold;
  void AddRunning(Band band, int change) {
    if (band == Band::kBatch) running_batch_.fetch_add(change, std::memory_order_relaxed);
  }
  bool AnyRoom() const REQUIRES_LOCK(mutex_);
  std::uint64_t AddHold(Preemptible& attempt, const SlotCount& replica, std::int64_t tokens);
  void RemoveHold(std::uint64_t number);
  int BatchFloor() const REQUIRES_LOCK(mutex_);
  WaitForecast::View ViewOf(TimePoint now) const REQUIRES_LOCK(mutex_);
  Duration Predict(Band band, std::size_t ahead, std::int64_t tokens,
                   const WaitForecast::View& view) const REQUIRES_LOCK(mutex_);
  Waiter* Head() const REQUIRES_LOCK(mutex_) { return Next({}); }
  Waiter* Next(std::span<const void* const> blocked_lanes) const REQUIRES_LOCK(mutex_);
  bool MayBlock(const Waiter& waiter) const REQUIRES_LOCK(mutex_);
  // The request that is just joining, and what becomes of it.
  struct Newcomer {
    const SlotTaker* taker = nullptr;
    Outcome outcome = Outcome::kWaiting;
  };
  void GrantFree(TimePoint now, Newcomer* newcomer) REQUIRES_LOCK(mutex_);
  SlotSet GrantRound(TimePoint now, Newcomer* newcomer) REQUIRES_LOCK(mutex_);
  void GrantBehind(Waiter& head, TimePoint now, Newcomer* newcomer) REQUIRES_LOCK(mutex_);
  bool Contend(const SlotSet& reserved) REQUIRES_LOCK(mutex_);
  void MoveBatchAside(TimePoint now) REQUIRES_LOCK(mutex_);
  void CountLeaving(Band band, Leaving why) REQUIRES_LOCK(mutex_);
  void EndWait(Waiter& waiter, SlotTaker::Try outcome, TimePoint now, Newcomer* newcomer)
      REQUIRES_LOCK(mutex_);
  void Grant(const Waiter& waiter, TimePoint now) REQUIRES_LOCK(mutex_);
  void Remove(Waiter& waiter) REQUIRES_LOCK(mutex_);
  Outcome KeepWithinLimit(Waiter& newcomer, TimePoint now) REQUIRES_LOCK(mutex_);
  Waiter& LeastUrgent(Waiter& newcomer) const REQUIRES_LOCK(mutex_);
  void Settle(TimePoint now) REQUIRES_LOCK(mutex_);

  std::atomic<std::size_t> waiting_{0};  // mirrors line_.size()
  std::atomic<int> running_batch_{0};
  ServiceTimes service_times_;

  mutable Mutex mutex_;
  SlotCounts replicas_ GUARDED_BY(mutex_);
  Settings settings_ GUARDED_BY(mutex_);
  WaitingLine line_ GUARDED_BY(mutex_);
  BlockedLanes blocked_ GUARDED_BY(mutex_);  // in the last round of grants
  SlotSet contended_ GUARDED_BY(mutex_);     // the replicas that know that requests wait for them
  WaitForecast forecast_ GUARDED_BY(mutex_);
  Preemption preemption_ GUARDED_BY(mutex_);
  Figures totals_ GUARDED_BY(mutex_);
};

}  // namespace headgate::backends

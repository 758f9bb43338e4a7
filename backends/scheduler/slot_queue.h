#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>

#include "backends/scheduler/band.h"
#include "backends/scheduler/clock.h"
#include "backends/scheduler/preemption.h"
#include "backends/scheduler/service_times.h"
#include "backends/scheduler/slot_count.h"
#include "backends/scheduler/slot_demand.h"
#include "backends/scheduler/wait_forecast.h"
#include "backends/scheduler/waiting_line.h"
#include "config/base/mutex.h"

namespace headgate::backends {

// The queue of one backend with slots: who gets the next slot that becomes free, how long a
// newcomer would wait, and which batch attempt is moved aside. There is one for each list of
// replicas of the backend. A reload that keeps the list keeps the queue (Configure); a reload that
// changes the list makes a new queue, which shares the SlotCounts of the replicas that stay.
// Workers share it. Thread-safe: one private mutex, no method suspends.
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
//   if (count.Return(tokens)) count.KickQueues(now);
//
// Order of the line: see WaitingLine. The head blocks the line while it has no room: otherwise
// small requests would pass a long prompt for ever. Kick must be called whenever room or a circuit
// may have changed without a return: after new limits, when a circuit closes or opens, and every
// 100 ms.
//
// Order of locks: the queue's lock, then a SlotCount's or a leaf lock of a taker. Never the
// reverse.
class SlotQueue : public SlotContender, public std::enable_shared_from_this<SlotQueue> {
 public:
  // Assumed from the moment in which a batch attempt is told to move aside to the grant of its
  // slot.
  static constexpr Duration kMoveAsideTime = std::chrono::milliseconds(50);

  struct Settings {
    int limit = 1000;                    // requests that may wait
    std::int64_t batch_floor = 100'000;  // millionths of the slots that are for batch
    bool preempt = false;
  };
  // `replicas`: constant for the life of the queue. `previous`: the queue of the backend's previous
  // list of replicas, or null. The new queue knows its service times and counts its running batch.
  // While both queues have waiters, the previous queue gets a freed slot first.
  static std::shared_ptr<SlotQueue> Make(SlotCounts replicas, const Settings& settings,
                                         const SlotQueue* previous = nullptr);
  // REQUIRES: no taker waits.
  ~SlotQueue() override;
  SlotQueue(const SlotQueue&) = delete;
  SlotQueue& operator=(const SlotQueue&) = delete;

  // After a reload with the same replicas. Waiters beyond a smaller limit stay. The limits of the
  // replicas are set at their SlotCounts, before.
  void Configure(const Settings& settings, TimePoint now);

  // --- waiting -----------------------------------------------------------------------------------

  enum class Outcome : std::uint8_t { kGranted, kWaiting, kFull, kUnusable };
  struct Joined {
    Outcome outcome = Outcome::kUnusable;
    // Of kWaiting and kFull: how long the request would wait.
    Duration predicted{0};
  };
  // Tries to take a slot for the request at once if it would be the first of the line, else it
  // waits. If the line is longer than the limit then, the youngest waiter of the lowest band below
  // the newcomer's is shed; without one the newcomer does not wait (kFull). Requests with
  // SlotDemand::front always wait. kWaiting: `taker` must live until it was woken or has left.
  // Wake is called only for takers that wait, never within their own Join.
  Joined Join(SlotTaker& taker, const SlotDemand& demand, TimePoint now);
  // The request waits no more: its client is gone, it spills, or its time is over. Returns false if
  // the taker is not in the line: it has just been woken, and if the reason is kGranted it holds a
  // lease, which it must return.
  bool Leave(SlotTaker& taker, TimePoint now);
  // Grants free slots to the line, wakes heads that are unusable, and moves batch aside.
  void Kick(TimePoint now) override;

  // Lock-free; what it returns may be out of date at once.
  bool HasWaiters() const { return waiting_.load(std::memory_order_relaxed) != 0; }

  // --- running -----------------------------------------------------------------------------------

  // A slot was taken without the queue, by SlotCount::TryTake or Take. A grant by the queue counts
  // by itself. Lock-free.
  void Started(Band band) { AddRunning(band, 1); }
  // A slot is returned, whichever way it was taken. Lock-free if it was taken without the queue.
  void Released(const SlotUse& use);
  int running_batch() const { return running_->batch.load(std::memory_order_relaxed); }

  // --- forecast and figures ----------------------------------------------------------------------

  // How long a request of the band that comes now would wait. 0 while nothing waits and a replica
  // has room, without the lock. The first form counts all waiters of the band as earlier; the
  // second one those that go first by the shares of the teams.
  Duration Predicted(Band band, TimePoint now) const;
  Duration Predicted(Band band, std::string_view team, int share, TimePoint now) const;

  struct Figures {
    std::array<std::size_t, kBands> waiting{};
    std::array<Duration, kBands> predicted{};
    int running_batch = 0;
    int batch_floor = 0;  // in slots
    // Since the creation of the queue. Granted: to requests that waited or joined.
    std::array<std::uint64_t, kBands> granted{};
    std::array<std::uint64_t, kBands> shed{};  // woken with kShed
    std::array<std::uint64_t, kBands> full{};  // turned away with kFull
    std::uint64_t moved_aside = 0;             // told to move aside
  };
  Figures figures(TimePoint now) const;

 private:
  struct Private {};  // so that only Make calls the constructor

 public:
  SlotQueue(Private, SlotCounts replicas, const Settings& settings, const SlotQueue* previous);

 private:
  friend class BatchHold;
  // What the queues of all generations of the backend have in common.
  struct Running {
    std::atomic<int> batch{0};
    ServiceTimes service_times;
  };

  void AddRunning(Band band, int change) {
    if (band == Band::kBatch) running_->batch.fetch_add(change, std::memory_order_relaxed);
  }
  bool AnyRoom() const;
  int InFlight() const;
  std::uint64_t AddHold(Preemptible& attempt);
  void RemoveHold(std::uint64_t number);
  int BatchFloor() const REQUIRES_LOCK(mutex_);
  WaitForecast::View ViewOf(TimePoint now) const REQUIRES_LOCK(mutex_);
  Duration Predict(Band band, std::size_t ahead, const WaitForecast::View& view) const
      REQUIRES_LOCK(mutex_);
  Waiter* Head() const REQUIRES_LOCK(mutex_);
  void BeginContention() REQUIRES_LOCK(mutex_);
  void GrantHeads(TimePoint now, const SlotTaker* newcomer, Outcome* of_newcomer)
      REQUIRES_LOCK(mutex_);
  void Grant(const Waiter& waiter, TimePoint now) REQUIRES_LOCK(mutex_);
  void Remove(Waiter& waiter) REQUIRES_LOCK(mutex_);
  Outcome KeepWithinLimit(Waiter& newcomer, TimePoint now) REQUIRES_LOCK(mutex_);
  void Settle(TimePoint now) REQUIRES_LOCK(mutex_);

  // Constant after construction.
  const SlotCounts replicas_;
  const std::uint64_t generation_;
  const std::shared_ptr<Running> running_;  // atomics

  std::atomic<std::size_t> waiting_{0};  // mirrors line_.size()

  mutable Mutex mutex_;
  Settings settings_ GUARDED_BY(mutex_);
  WaitingLine line_ GUARDED_BY(mutex_);
  bool contending_ GUARDED_BY(mutex_) = false;  // the replicas know that the line has waiters
  WaitForecast forecast_ GUARDED_BY(mutex_);
  Preemption preemption_ GUARDED_BY(mutex_);
  Figures totals_ GUARDED_BY(mutex_);
};

}  // namespace headgate::backends

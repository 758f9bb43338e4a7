#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "backends/scheduler/clock.h"
#include "config/base/mutex.h"

namespace headgate::backends {

// A queue with waiters for slots of some replicas. SlotQueue is the implementation.
class SlotContender {
 public:
  virtual ~SlotContender() = default;
  // Grants the room that has become free. Called without any lock held.
  virtual void Kick(TimePoint now) = 0;
};

// What runs at one replica, and how much may run: requests against slots, tokens against KV room.
// Workers share it, and so do the queues of several generations of a backend: each replica that a
// reload keeps takes its SlotCount along. Requests in flight, tokens and the flag "contended" are
// one atomic word, so that an uncontended take or return is one compare-and-swap. Thread-safe.
//
// While a queue has waiters the count is contended. TryTake then refuses, so that a newcomer joins
// the queue behind them, and Return says so, so that the caller kicks the queues. Both change the
// same word, so one of them always sees the other: a slot that is returned while a waiter joins is
// seen by the waiter's own first try, or the return is told to kick.
//
// A request counts as at most kMostTokens tokens. kMostInFlight such requests fit into the word, so
// the sum is always exact.
class SlotCount {
 public:
  static constexpr int kMostInFlight = (1 << 18) - 1;
  static constexpr std::int64_t kMostTokens = (std::int64_t{1} << 26) - 1;

  // `slots` and `slot_tokens`: 0 means unbounded.
  explicit SlotCount(int slots = 0, std::int64_t slot_tokens = 0) { SetLimits(slots, slot_tokens); }

  // Requests that are in flight beyond a new limit stay. Kick the queues after limits have risen.
  void SetLimits(int slots, std::int64_t slot_tokens);
  // The requests of other clients at the same engine. They reduce the slots, but never below one.
  void SetOthers(int others);

  // Takes a slot, unless a queue has waiters or there is no room: the slots are taken, or `tokens`
  // do not fit. A request that is larger than all slot tokens fits when nothing else runs.
  bool TryTake(std::int64_t tokens);
  // The same for the queue itself: takes a slot although there are waiters.
  bool TryGrant(std::int64_t tokens);
  // Takes a slot in any case: backends without slots, probes, and the panic rule.
  void Take(std::int64_t tokens);
  // Returns a slot that was taken with the same number of tokens. If it returns true, the caller
  // must call KickQueues.
  [[nodiscard]] bool Return(std::int64_t tokens);
  // Kicks each queue that has waiters here, the oldest generation first. Call it with no lock held.
  void KickQueues(TimePoint now);

  // A queue has got its first waiter, or lost its last one. Queues of smaller generations are
  // kicked first. The queue calls them with its own lock held.
  void Contend(const std::shared_ptr<SlotContender>& queue, std::uint64_t generation);
  void EndContention(const SlotContender& queue);

  int in_flight() const { return InFlightOf(word_.load(std::memory_order_relaxed)); }
  std::int64_t tokens() const { return TokensOf(word_.load(std::memory_order_relaxed)); }
  bool contended() const { return (word_.load(std::memory_order_relaxed) & kContended) != 0; }
  bool HasRoom(std::int64_t tokens) const;
  // Returns the slots that others leave: at least 1, or 0 if they are unbounded.
  int SlotsLeft() const;
  int slots() const { return slots_.load(std::memory_order_relaxed); }
  std::int64_t slot_tokens() const { return slot_tokens_.load(std::memory_order_relaxed); }
  int others() const { return others_.load(std::memory_order_relaxed); }

 private:
  // From the lowest bit: 18 bits of requests in flight, 44 bits of tokens, the flag.
  static constexpr unsigned kTokenShift = 18;
  static constexpr std::uint64_t kInFlightMask = (std::uint64_t{1} << kTokenShift) - 1;
  static constexpr std::uint64_t kContended = std::uint64_t{1} << 62;

  struct Contention {
    std::uint64_t generation;
    const SlotContender* queue;
    std::weak_ptr<SlotContender> alive;
  };

  static int InFlightOf(std::uint64_t word) { return static_cast<int>(word & kInFlightMask); }
  static std::int64_t TokensOf(std::uint64_t word) {
    return static_cast<std::int64_t>((word & ~kContended) >> kTokenShift);
  }
  static std::uint64_t Share(std::int64_t tokens);
  bool Fits(std::uint64_t word, std::int64_t tokens) const;
  bool Enter(std::int64_t tokens, std::uint64_t refusing);

  std::atomic<std::uint64_t> word_{0};
  std::atomic<int> slots_{0};
  std::atomic<int> others_{0};
  std::atomic<std::int64_t> slot_tokens_{0};
  Mutex mutex_;
  std::vector<Contention> queues_ GUARDED_BY(mutex_);  // with waiters, the oldest first
};

using SlotCounts = std::vector<std::shared_ptr<SlotCount>>;

}  // namespace headgate::backends

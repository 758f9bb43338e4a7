#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "backends/scheduler/clock.h"
#include "config/base/mutex.h"

namespace headgate::backends {

// The queue with the waiters for a replica's slots. SlotQueue is the implementation.
class SlotContender {
 public:
  virtual ~SlotContender() = default;
  // Grants the room that has become free. Called without any lock held.
  virtual void Kick(TimePoint now) = 0;
};

// What runs at one replica, and how much may run: requests against slots, tokens against KV room.
// Workers share it, and a reload that keeps the replica keeps it. Requests in flight, tokens and
// the flag "contended" are one atomic word, so that an uncontended take or return is one
// compare-and-swap. Thread-safe.
//
// While the queue has waiters for the replica, the count is contended. TryTake then refuses, so
// that a newcomer joins the queue behind them, and Return says so, so that the caller kicks the
// queue. Both change the same word, so one of them always sees the other: a slot that is returned
// while a waiter joins is seen by the waiter's own first try, or the return is told to kick.
//
// A request counts as at most kMostTokens tokens. kMostInFlight such requests fit into the word, so
// the sum is always exact.
class SlotCount : public std::enable_shared_from_this<SlotCount> {
 public:
  static constexpr int kMostInFlight = (1 << 18) - 1;
  static constexpr std::int64_t kMostTokens = (std::int64_t{1} << 26) - 1;

  // `slots` and `slot_tokens`: 0 means unbounded.
  explicit SlotCount(int slots = 0, std::int64_t slot_tokens = 0) { SetLimits(slots, slot_tokens); }

  // Requests that are in flight beyond a new limit stay. Kick the queue after limits have risen.
  void SetLimits(int slots, std::int64_t slot_tokens);
  // What other clients of the same engine have there. It reduces the slots, but never below one,
  // and the slot tokens.
  void SetOthers(int requests, std::int64_t tokens);
  // The replica is ejected: its slots serve nobody, so they are not divided among the bands. Takes
  // and grants do not ask: whoever wants a slot asks the circuit.
  void SetDown(bool down) { down_.store(down, std::memory_order_relaxed); }

  // Takes a slot, unless the queue has waiters or there is no room: the slots are taken, or
  // `tokens` do not fit. A request that is larger than all slot tokens fits when nothing else runs.
  bool TryTake(std::int64_t tokens);
  // The same for the queue itself: takes a slot although there are waiters.
  bool TryGrant(std::int64_t tokens);
  // Returns a slot that was taken with the same number of tokens. If it returns true, the caller
  // must call KickQueue.
  [[nodiscard]] bool Return(std::int64_t tokens);
  // Notes that requests in flight are `change` sequences more for the engine than requests: several
  // choices, or several prompts. Slots are requests, so this has no effect on them.
  void AddSequences(std::int64_t change) {
    more_sequences_.fetch_add(change, std::memory_order_relaxed);
  }
  // Kicks the queue that has waiters here, if there is one. Call it with no lock held.
  void KickQueue(TimePoint now);

  // The queue has waiters for this replica, or has none any more. It calls them with its own lock
  // held. A replica has one queue.
  void Contend(std::weak_ptr<SlotContender> queue);
  void EndContention();

  int in_flight() const { return InFlightOf(word_.load(std::memory_order_relaxed)); }
  std::int64_t tokens() const { return TokensOf(word_.load(std::memory_order_relaxed)); }
  // Returns the sequences in flight beyond one for each request.
  std::int64_t more_sequences() const { return more_sequences_.load(std::memory_order_relaxed); }
  bool contended() const { return (word_.load(std::memory_order_relaxed) & kContended) != 0; }
  bool HasRoom(std::int64_t tokens) const;
  // Returns the slots and the tokens that others leave: at least 1, or 0 if they are unbounded.
  int SlotsLeft() const;
  std::int64_t TokensLeft() const;
  bool down() const { return down_.load(std::memory_order_relaxed); }
  int slots() const { return slots_.load(std::memory_order_relaxed); }
  std::int64_t slot_tokens() const { return slot_tokens_.load(std::memory_order_relaxed); }
  int others() const { return others_.load(std::memory_order_relaxed); }
  std::int64_t others_tokens() const { return others_tokens_.load(std::memory_order_relaxed); }

 private:
  // From the lowest bit: 18 bits of requests in flight, 44 bits of tokens, the flag.
  static constexpr unsigned kTokenShift = 18;
  static constexpr std::uint64_t kInFlightMask = (std::uint64_t{1} << kTokenShift) - 1;
  static constexpr std::uint64_t kContended = std::uint64_t{1} << 62;

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
  std::atomic<std::int64_t> others_tokens_{0};
  std::atomic<std::int64_t> more_sequences_{0};
  std::atomic<bool> down_{false};
  Mutex mutex_;
  std::weak_ptr<SlotContender> queue_ GUARDED_BY(mutex_);  // with waiters
};

using SlotCounts = std::vector<std::shared_ptr<SlotCount>>;

}  // namespace headgate::backends

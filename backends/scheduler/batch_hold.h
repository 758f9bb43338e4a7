#pragma once

#include <cstdint>
#include <memory>

#include "backends/scheduler/preemption.h"
#include "backends/scheduler/slot_queue.h"

namespace headgate::backends {

// Says that a running batch attempt can still be moved aside, for as long as the hold exists. Make
// one when the attempt starts, on a backend with `preempt`, unless its request has been moved aside
// kMostMoves times. Destroy it before the slot is returned. Move-only; worker-bound.
class BatchHold {
 public:
  static constexpr int kMostMoves = 2;  // of one request

  BatchHold() = default;
  // The queue may call MoveAside once, from any thread, until Committed or the destructor returns.
  // `replica`: where the attempt runs; outlives the hold. `tokens`: those that it was granted.
  BatchHold(std::shared_ptr<SlotQueue> queue, Preemptible& attempt, const SlotCount& replica,
            std::int64_t tokens);
  BatchHold(BatchHold&& other) noexcept;
  BatchHold& operator=(BatchHold&& other) noexcept;
  BatchHold(const BatchHold&) = delete;
  BatchHold& operator=(const BatchHold&) = delete;
  ~BatchHold() { Committed(); }

  // The attempt has committed to its client: it cannot be moved aside any more. If it was told to
  // move aside just before, it stays, and another attempt is told instead at the next kick.
  void Committed();

 private:
  std::shared_ptr<SlotQueue> queue_;
  std::uint64_t number_ = 0;
};

}  // namespace headgate::backends

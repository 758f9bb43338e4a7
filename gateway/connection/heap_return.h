#pragma once

#include <cstddef>

#include "backends/net/types.h"

namespace headgate::gateway {

// Sets how much memory the C library's allocator (glibc) keeps, and how much it takes at a time.
// Called once, before any thread runs.
void ConfigureHeap();

// Decides when a worker returns memory to the system. Freed blocks stay with the allocator for the
// next request, and a single living block behind them keeps hundreds of MiB. Large requests would
// then cost memory until the process ends. So the worker samples how much its requests hold, and
// memory that was not needed for a whole period is returned. A steady load is left alone: returning
// memory and taking it again costs a page fault for each 4 KiB. Pure; worker-bound.
class HeapReturn {
 public:
  static constexpr std::chrono::seconds kPeriod{3};
  // Less than this is not worth a walk over the heap.
  static constexpr std::size_t kLeast = 8u << 20;

  // `held`: bytes that the worker's requests hold now. Returns true if malloc_trim() is due.
  bool Due(std::size_t held, TimePoint now);

 private:
  TimePoint period_end_{};
  std::size_t period_peak_ = 0;
  std::size_t taken_ = 0;  // the most that was held since memory was last returned
};

}  // namespace headgate::gateway

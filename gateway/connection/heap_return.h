#pragma once

#include <cstddef>

#include "backends/net/types.h"

namespace headgate::gateway {

// Sets what the C library's allocator (glibc) keeps and what it takes by itself. Once, before any
// thread runs.
void ConfigureHeap();

// Decides when a worker gives memory back to the system. Freed blocks stay with the allocator, for
// the next request, and a single living block behind them keeps hundreds of MiB: large requests
// would be paid for until the process ends. So the worker samples how much its requests hold, and
// what has not been needed for a whole period goes. A steady load is left alone: giving back and
// taking again costs a page fault for each 4 KiB. Pure; worker-bound.
class HeapReturn {
 public:
  static constexpr std::chrono::seconds kPeriod{3};
  // Less than this is not worth a walk over the heap.
  static constexpr std::size_t kLeast = 8u << 20;

  // `held`: bytes that the worker's requests hold now. True: malloc_trim() is due.
  bool Due(std::size_t held, TimePoint now);

 private:
  TimePoint period_end_{};
  std::size_t period_peak_ = 0;
  std::size_t taken_ = 0;  // the most that was held since memory was given back
};

}  // namespace headgate::gateway

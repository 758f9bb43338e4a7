#pragma once

#include <cstddef>

namespace headgate {

// How often this process has taken memory with operator new so far, in all threads. Linking
// allocations.cc replaces the operators of the whole binary. Thread-safe.
std::size_t AllocationCount();

// How often `work` takes memory, when nothing else runs.
template <typename Work>
std::size_t AllocationsIn(Work work) {
  const std::size_t before = AllocationCount();
  work();
  return AllocationCount() - before;
}

}  // namespace headgate

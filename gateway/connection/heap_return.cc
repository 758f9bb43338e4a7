#include "gateway/connection/heap_return.h"

#include <malloc.h>

#include <algorithm>

namespace headgate::gateway {

void ConfigureHeap() {
  // Bytes. Blocks of this size or more are mapped one by one and returned as soon as they are
  // freed. By default, glibc raises this to the largest block that was ever freed (up to 32 MiB).
  constexpr int kMapFrom = 1 << 20;
  // Bytes at the free end of each thread's heap that stay. With less, some dozen requests of 32 KiB
  // that come and go cost a page fault for each of their pages.
  constexpr int kFreeEnd = 4 << 20;
  mallopt(M_MMAP_THRESHOLD, kMapFrom);
  mallopt(M_TRIM_THRESHOLD, kFreeEnd);
}

bool HeapReturn::Due(std::size_t held, TimePoint now) {
  taken_ = std::max(taken_, held);
  period_peak_ = std::max(period_peak_, held);
  if (now < period_end_) return false;
  const bool due = taken_ - period_peak_ >= kLeast;
  if (due) taken_ = period_peak_;
  period_end_ = now + kPeriod;
  period_peak_ = held;
  return due;
}

}  // namespace headgate::gateway

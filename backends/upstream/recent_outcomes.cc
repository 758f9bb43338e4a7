#include "backends/upstream/recent_outcomes.h"

#include <cstddef>

namespace headgate::backends {

std::int64_t RecentOutcomes::SecondOf(Clock::time_point now) {
  return std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
}

void RecentOutcomes::Add(bool failed, Clock::time_point now) {
  const std::int64_t second = SecondOf(now);
  std::atomic<std::uint64_t>& bucket = buckets_[static_cast<std::size_t>(second % kSeconds)];
  const std::uint64_t one = failed ? 1 : std::uint64_t{1} << kCountBits;
  std::uint64_t held = bucket.load(std::memory_order_relaxed);
  if (StampOf(held) == Stamp(second)) {
    bucket.fetch_add(one, std::memory_order_relaxed);
    return;
  }
  // Another thread may have begun the second first: its outcome stays.
  if (!bucket.compare_exchange_strong(held, Stamp(second) + one, std::memory_order_relaxed)) {
    bucket.fetch_add(one, std::memory_order_relaxed);
  }
}

bool RecentOutcomes::MostlyFailures(Clock::time_point now) const {
  const std::int64_t second = SecondOf(now);
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
  for (std::int64_t age = 0; age < kSeconds; ++age) {
    const std::int64_t then = second - age;
    if (then < 0) break;
    const std::uint64_t bucket =
        buckets_[static_cast<std::size_t>(then % kSeconds)].load(std::memory_order_relaxed);
    if (StampOf(bucket) != Stamp(then)) continue;
    succeeded += (bucket >> kCountBits) & kCountMask;
    failed += bucket & kCountMask;
  }
  return succeeded + failed >= kFewest && succeeded < failed;
}

}  // namespace headgate::backends

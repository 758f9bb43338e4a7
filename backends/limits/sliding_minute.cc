#include "backends/limits/sliding_minute.h"

#include <algorithm>

namespace headgate::backends {

// 24 bits of seconds repeat after 194 days. A cell that was not written for so long and is hit by
// the same number counts what it had then for at most a minute.
std::uint64_t SlidingMinute::SecondOf(Clock::time_point time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
  // Never 0, which is the second of a cell that was never written.
  return static_cast<std::uint64_t>(seconds) % ((1u << 24) - 1) + 1;
}

std::uint64_t SlidingMinute::AmountOf(std::uint64_t second) const {
  const std::uint64_t cell = cells_[second % kCells].load(std::memory_order_relaxed);
  return cell >> kAmountBits == second ? cell & kMostAmount : 0;
}

void SlidingMinute::Add(std::int64_t amount, Clock::time_point now) {
  const std::uint64_t second = SecondOf(now);
  std::atomic<std::uint64_t>& cell = cells_[second % kCells];
  std::uint64_t known = cell.load(std::memory_order_relaxed);
  std::uint64_t next = 0;
  do {
    const std::uint64_t before = known >> kAmountBits == second ? known & kMostAmount : 0;
    const std::uint64_t after = std::min(
        before + static_cast<std::uint64_t>(std::max<std::int64_t>(amount, 0)), kMostAmount);
    next = second << kAmountBits | after;
  } while (!cell.compare_exchange_weak(known, next, std::memory_order_relaxed));
}

void SlidingMinute::Correct(std::int64_t change, Clock::time_point added) {
  const std::uint64_t second = SecondOf(added);
  std::atomic<std::uint64_t>& cell = cells_[second % kCells];
  std::uint64_t known = cell.load(std::memory_order_relaxed);
  std::uint64_t next = 0;
  do {
    if (known >> kAmountBits != second) return;
    const auto before = static_cast<std::int64_t>(known & kMostAmount);
    const auto after =
        std::clamp<std::int64_t>(before + change, 0, static_cast<std::int64_t>(kMostAmount));
    next = second << kAmountBits | static_cast<std::uint64_t>(after);
  } while (!cell.compare_exchange_weak(known, next, std::memory_order_relaxed));
}

std::int64_t SlidingMinute::Sum(Clock::time_point now) const {
  std::uint64_t sum = 0;
  for (std::uint64_t age = 0; age < kCounted; ++age) {
    sum += AmountOf(SecondOf(now - std::chrono::seconds(age)));
  }
  return static_cast<std::int64_t>(sum);
}

SlidingMinute::Clock::time_point SlidingMinute::WhenFits(std::int64_t amount, std::int64_t most,
                                                         Clock::time_point now) const {
  std::int64_t too_much = Sum(now) + std::min(amount, most) - most;
  if (too_much <= 0) return now;
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  for (std::uint64_t age = kCounted; age-- > 0;) {
    const Clock::time_point then = second - std::chrono::seconds(age);
    too_much -= static_cast<std::int64_t>(AmountOf(SecondOf(then)));
    if (too_much <= 0) return then + std::chrono::seconds(kCounted);
  }
  return now;  // what counted has been corrected meanwhile
}

}  // namespace headgate::backends

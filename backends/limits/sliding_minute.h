#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace headgate::backends {

// The sum of what was added in the last minute, in cells of one second: what was added counts for
// 60 to 61 seconds. A sliding window and not a token bucket, because a full bucket that refills
// permits nearly twice its limit within a minute. Shared by workers; lock-free, thread-safe. Times
// of callers are at most a minute apart.
class SlidingMinute {
 public:
  using Clock = std::chrono::steady_clock;

  // `amount` >= 0.
  void Add(std::int64_t amount, Clock::time_point now);
  // Corrects what was added at `added`, if that still counts. `change` may be negative.
  void Correct(std::int64_t change, Clock::time_point added);
  std::int64_t Sum(Clock::time_point now) const;
  // Returns when `amount` more fits under `most`, if nothing else is added: `now`, or the end of a
  // second in the next minute. An amount over `most` fits when nothing else counts.
  Clock::time_point WhenFits(std::int64_t amount, std::int64_t most, Clock::time_point now) const;

 private:
  // A cell is one word, so that its second and its amount change together: the second in the upper
  // 24 bits, the amount in the lower 40.
  static constexpr std::size_t kCells = 64;
  static constexpr std::uint64_t kCounted = 61;  // seconds
  static constexpr unsigned kAmountBits = 40;
  static constexpr std::uint64_t kMostAmount = (std::uint64_t{1} << kAmountBits) - 1;
  static std::uint64_t SecondOf(Clock::time_point time);
  std::uint64_t AmountOf(std::uint64_t second) const;

  std::array<std::atomic<std::uint64_t>, kCells> cells_{};
};

}  // namespace headgate::backends

#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "backends/upstream/circuit_breaker.h"

namespace headgate::backends {

// How the attempts at a backend have ended in the last 10 s, in steps of a second. It decides
// whether a move to the backend is drawn from the retry budget. Lock-free: two threads that begin a
// second at once may lose one outcome. Thread-safe.
class RecentOutcomes {
 public:
  void Add(bool failed, Clock::time_point now);

  // Returns whether under half of the outcomes are successes. Fewer than kFewest outcomes say
  // nothing.
  bool MostlyFailures(Clock::time_point now) const;

 private:
  static constexpr std::uint64_t kFewest = 5;
  static constexpr std::int64_t kSeconds = 10;
  // Of a bucket's bits: the second (modulo 2^20), successes, failures.
  static constexpr int kCountBits = 22;
  static constexpr std::uint64_t kCountMask = (std::uint64_t{1} << kCountBits) - 1;
  static constexpr std::uint64_t kSecondMask = (std::uint64_t{1} << 20) - 1;

  static std::int64_t SecondOf(Clock::time_point now);
  static std::uint64_t Stamp(std::int64_t second) {
    return (static_cast<std::uint64_t>(second) & kSecondMask) << (2 * kCountBits);
  }
  static std::uint64_t StampOf(std::uint64_t bucket) {
    return bucket & (kSecondMask << (2 * kCountBits));
  }

  std::array<std::atomic<std::uint64_t>, kSeconds> buckets_{};
};

}  // namespace headgate::backends

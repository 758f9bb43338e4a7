#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace headgate::backends {

// A replica that returns from an ejection, or joins a set in use, gets a part of its share of the
// requests first: its caches are cold, and it may fail again. Pure; thread-safe.

inline constexpr std::chrono::seconds kSlowStartTime{10};

// Parts are counted in 65536ths of the share.
inline constexpr std::uint32_t kWholeShare = 1u << 16;

// Returns the part that a replica gets `age` after its return: a quarter in the first second, then
// in even growth the whole after kSlowStartTime.
constexpr std::uint32_t SlowStartPart(std::chrono::nanoseconds age) {
  constexpr std::chrono::nanoseconds kFirst = std::chrono::seconds(1);
  constexpr std::int64_t kQuarter = kWholeShare / 4;
  if (age >= kSlowStartTime) return kWholeShare;
  const std::chrono::nanoseconds beyond =
      std::max<std::chrono::nanoseconds>(age - kFirst, std::chrono::nanoseconds(0));
  const std::int64_t grown = (kWholeShare - kQuarter) * (beyond / std::chrono::microseconds(1)) /
                             ((kSlowStartTime - kFirst) / std::chrono::microseconds(1));
  return static_cast<std::uint32_t>(kQuarter + grown);
}

}  // namespace headgate::backends

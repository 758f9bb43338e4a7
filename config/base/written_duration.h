#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "config/base/text.h"

namespace headgate::config {

// A time as people write it in a configuration, with the longest unit that divides it: "1h", "10m",
// "90s" or "500ms". Pure.
inline std::string WrittenDuration(std::chrono::milliseconds time) {
  constexpr std::int64_t kMinute = 60'000;
  constexpr std::int64_t kHour = 60 * kMinute;
  const std::int64_t ms = time.count();
  if (ms == 0 || ms % kMinute != 0) return DurationText(time);
  return ms % kHour == 0 ? Concat(ms / kHour, "h") : Concat(ms / kMinute, "m");
}

}  // namespace headgate::config

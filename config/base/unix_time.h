#pragma once

#include <chrono>
#include <cstdint>

namespace headgate {

// Returns the seconds since 1970 by the system's clock, which may jump. Thread-safe.
inline std::int64_t UnixSeconds() {
  return std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
}

}  // namespace headgate

#pragma once

#include <chrono>
#include <cstdint>

namespace headgate::gateway {

// Returns the time as the ledger and budgets have it: milliseconds since 1970.
inline std::int64_t WallClockMs() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace headgate::gateway

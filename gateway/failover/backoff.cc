#include "gateway/failover/backoff.h"

#include <algorithm>

namespace headgate::gateway {

std::chrono::milliseconds Backoff(std::chrono::milliseconds base, int nth, std::uint64_t random) {
  std::chrono::milliseconds pause = std::min(base, kLongestBackoff);
  for (int i = 1; i < nth && pause < kLongestBackoff; ++i) pause *= 2;
  const auto whole = static_cast<std::uint64_t>(std::min(pause, kLongestBackoff).count());
  const std::uint64_t fixed = whole - whole / 2;
  return std::chrono::milliseconds(fixed + random % (whole / 2 + 1));
}

}  // namespace headgate::gateway

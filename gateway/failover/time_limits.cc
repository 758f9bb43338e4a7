#include "gateway/failover/time_limits.h"

#include <algorithm>
#include <cmath>

namespace headgate::gateway {

using config::Milliseconds;

Milliseconds FirstByteLimit(const config::Timeouts& timeouts, float ms_per_output_token,
                            std::optional<std::int64_t> most_output) {
  if (timeouts.first_byte) return std::min(*timeouts.first_byte, timeouts.total);
  if (!most_output || ms_per_output_token <= 0) return timeouts.total;
  const double generating =
      static_cast<double>(ms_per_output_token) * static_cast<double>(*most_output);
  const double total = static_cast<double>(timeouts.total.count());
  if (generating >= total) return timeouts.total;
  const Milliseconds limit =
      timeouts.first_token + Milliseconds(static_cast<std::int64_t>(std::ceil(generating)));
  return std::min(limit, timeouts.total);
}

std::optional<Milliseconds> HedgeDelay(const config::Hedge& hedge, float p95_ms,
                                       std::uint32_t samples) {
  if (hedge.after) return hedge.after;
  if (samples < kHedgeSamples) return std::nullopt;
  return Milliseconds(static_cast<std::int64_t>(std::ceil(static_cast<double>(p95_ms))));
}

}  // namespace headgate::gateway

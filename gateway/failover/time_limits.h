#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "config/failover.h"
#include "config/supply.h"

namespace headgate::gateway {

// Limits that depend on what is measured at a target (routing::LearnedTarget). Pure.

// Returns how long the first byte of a non-streamed answer may take. Without `first_byte` in the
// configuration it is `first_token` plus the time that `most_output` tokens take at
// `ms_per_output_token`. At most `total`, which is also the answer if one of the two is not known.
// `most_output`: tokens of all choices, as if they came one after another; nullopt: the request has
// no limit. `ms_per_output_token`: 0 = nothing learned.
config::Milliseconds FirstByteLimit(const config::Timeouts& timeouts, float ms_per_output_token,
                                    std::optional<std::int64_t> most_output);

// Returns the silence after which a stream is hedged: `after`, or else the 95th percentile of the
// target's times to first token, from LearnedTarget::FirstToken. Returns nullopt if that is not
// known yet: under `kHedgeSamples` samples.
inline constexpr std::uint32_t kHedgeSamples = 20;
std::optional<config::Milliseconds> HedgeDelay(const config::Hedge& hedge, float p95_ms,
                                               std::uint32_t samples);

}  // namespace headgate::gateway

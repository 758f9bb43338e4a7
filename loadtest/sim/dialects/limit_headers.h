// The header fields in which a provider tells its limits: OpenAI's `x-ratelimit-*` and Anthropic's
// `anthropic-ratelimit-*`. *stateless*
#pragma once

#include <chrono>
#include <string>

#include "loadtest/sim/replica/options.h"
#include "loadtest/sim/replica/rate_limit.h"

namespace headgate::loadtest::sim {

// Returns the lines, each with its CRLF. `wall` is the time of day at `now`.
std::string LimitHeaders(Personality personality, RateLimits& limits, TimePoint now,
                         std::chrono::system_clock::time_point wall);

// Returns `span` as Go writes durations: `12ms`, `1.5s`, `6m0s`.
std::string GoDuration(Nanoseconds span);

}  // namespace headgate::loadtest::sim

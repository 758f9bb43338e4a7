#pragma once

#include <chrono>

namespace headgate::backends {

// The types of times in the scheduler. No code of this folder reads the clock: times are arguments.
// Clock is the same type as in upstream/circuit_breaker.h, and TimePoint the same as in
// net/types.h, which the scheduler does not include because of Asio.
using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = std::chrono::nanoseconds;

}  // namespace headgate::backends

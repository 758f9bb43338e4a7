// The clock of the simulator: monotonic, nanosecond resolution. *immutable*
#pragma once

#include <chrono>

namespace headgate::loadtest::sim {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Nanoseconds = std::chrono::nanoseconds;

inline double Seconds(Nanoseconds span) { return std::chrono::duration<double>(span).count(); }

}  // namespace headgate::loadtest::sim

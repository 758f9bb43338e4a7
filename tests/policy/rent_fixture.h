#pragma once

#include <chrono>

#include "config/base/money.h"
#include "policy/money/rent.h"

namespace headgate::policy {

// Units for the tests of rents.

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using AttoUsd = RentMeter::AttoUsd;
using Clock = RentMeter::Clock;

inline constexpr Clock::time_point kStart{hours(1000)};
inline constexpr AttoUsd kAttoPerNano = 1'000'000'000;
inline constexpr NanoUsd kDollar = kNanoPerUsd;
inline constexpr AttoUsd kCent = AttoUsd{kDollar / 100} * kAttoPerNano;

}  // namespace headgate::policy

#pragma once

#include <array>

#include "config/reader/value_types.h"
#include "config/supply.h"

namespace headgate::config {

// The fields of `timeouts`, which a backend (Timeouts) and a route (RouteTimeouts) have.
template <typename T>
inline constexpr std::array kTimeoutFields = {
    Optional<T, &T::connect, Duration<1>>("connect", "Until a connection is open, TLS too."),
    Optional<T, &T::first_token, Duration<1>>(
        "first_token", "From the request until the first byte of its answer."),
    Optional<T, &T::between_tokens, Duration<1>>("between_tokens",
                                                 "Between two events of a stream."),
    Optional<T, &T::total, Duration<1>>("total", "For the whole attempt."),
};

}  // namespace headgate::config

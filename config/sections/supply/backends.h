#pragma once

#include <array>

#include "config/config.h"
#include "config/reader/value_types.h"

namespace headgate::config {

// One of `backends`. Stateless and thread-safe.

struct BackendSection {
  static constexpr std::string_view kExpects = "a mapping";
  static bool Read(const Value& value, Backend& backend);
  static Json JsonSchema(Definitions& definitions);
};

// The fields of `timeouts`, for a backend (T is Timeouts) and for a route that overrides them
// (RouteTimeouts).
template <typename T>
inline constexpr std::array kTimeoutFields = {
    Optional<T, &T::connect, Duration<1>>("connect", "Until the connection is open, TLS included."),
    Optional<T, &T::first_token, Duration<1>>(
        "first_token", "From the request until the first token of a stream."),
    Optional<T, &T::first_byte, Duration<1>>(
        "first_byte",
        "From the request until a non-streamed answer begins; by default first_token and the time "
        "that max_tokens take at the measured speed of the target."),
    Optional<T, &T::between_tokens, Duration<1>>("between_tokens",
                                                 "Between two events of a stream."),
    Optional<T, &T::total, Duration<1>>("total", "For the whole attempt."),
};

}  // namespace headgate::config

#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace headgate::backends {

// Returns how long an answer asks clients to wait. Its head's `retry-after-ms` (OpenAI's) is used
// first, then Retry-After: seconds, with decimals too, or a date in one of the three forms of RFC
// 9110 section 5.6.7. A date is counted from the answer's own Date if there is one, so that a wrong
// clock on either side does not matter, else from `now`. A date that has passed is 0. Returns
// nullopt if neither field can be understood. At most a day is believed: a longer wait is an epoch
// number or a wrong clock, and would keep clients away for years. Pure; thread-safe.
std::optional<std::chrono::milliseconds> ReadRetryAfter(std::string_view retry_after_ms,
                                                        std::string_view retry_after,
                                                        std::string_view date,
                                                        std::chrono::system_clock::time_point now);

// Returns whether a value of Retry-After, or of `retry-after-ms`, can be read. Pure; thread-safe.
bool IsRetryAfter(std::string_view value);
bool IsRetryAfterMs(std::string_view value);

}  // namespace headgate::backends

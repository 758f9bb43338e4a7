#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace headgate::backends {

// How long an answer asks to be left alone, from its head's `retry-after-ms` (OpenAI's, believed
// first) and Retry-After: seconds, with decimals too, or a date in one of the three forms of RFC
// 9110 section 5.6.7. A date is counted from the answer's own Date where there is one, so that it
// does not matter whose clock is wrong, else from `now`; a date that has passed is 0. nullopt:
// neither says anything that can be understood. At most a day is believed: what asks for more is an
// epoch number or a clock that is wrong, and would keep clients away for years. Pure; thread-safe.
std::optional<std::chrono::milliseconds> ReadRetryAfter(std::string_view retry_after_ms,
                                                        std::string_view retry_after,
                                                        std::string_view date,
                                                        std::chrono::system_clock::time_point now);

// Whether a value of Retry-After, or of `retry-after-ms`, can be read. Pure; thread-safe.
bool IsRetryAfter(std::string_view value);
bool IsRetryAfterMs(std::string_view value);

}  // namespace headgate::backends

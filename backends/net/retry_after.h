#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace headgate::backends {

// How long an answer asks to be left alone, from its head's `retry-after-ms` (OpenAI's, believed
// first) and Retry-After: seconds, with decimals too, or a date in one of the three forms of RFC
// 9110 section 5.6.7. A date is counted from the answer's own Date where there is one, so that it
// does not matter whose clock is wrong, else from `now`; a date that has passed is 0. nullopt:
// neither says anything that can be understood. Pure; thread-safe.
std::optional<std::chrono::milliseconds> ReadRetryAfter(std::string_view retry_after_ms,
                                                        std::string_view retry_after,
                                                        std::string_view date,
                                                        std::chrono::system_clock::time_point now);

}  // namespace headgate::backends

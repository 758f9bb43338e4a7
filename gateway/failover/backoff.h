#pragma once

#include <chrono>
#include <cstdint>

namespace headgate::gateway {

// Returns the pause before the same server is asked again for the `nth` time (from 1): `base`,
// doubled with each further time, at most kLongestBackoff. A random part of up to a half is left
// out, so that requests which failed together do not come back together (M. Brooker, "Exponential
// Backoff And Jitter", AWS, 2015: "equal jitter"). `random`: all 64 bits. Pure.
inline constexpr std::chrono::milliseconds kLongestBackoff{5000};
std::chrono::milliseconds Backoff(std::chrono::milliseconds base, int nth, std::uint64_t random);

}  // namespace headgate::gateway

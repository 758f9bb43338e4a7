#pragma once

#include <cstdint>

namespace headgate {

// Money is integers everywhere. Floating-point sums drift, and nobody trusts a gateway whose books
// differ from the bill by a rounding error.

// 1e-9 US dollars.
using NanoUsd = std::int64_t;

// A price: nano-dollars per 1,000,000 tokens, >= 0. The reader refuses prices finer than 1e-9 USD
// per 1M tokens.
using NanoUsdPerMillion = std::int64_t;

inline constexpr NanoUsd kNanoPerUsd = 1'000'000'000;

}  // namespace headgate

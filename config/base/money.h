#pragma once

#include <cstdint>

namespace headgate {

// Money is integers everywhere. A floating-point dollar drifts, and a gateway whose books differ
// from the bill by a rounding is one that nobody trusts.

// 1e-9 US dollars.
using NanoUsd = std::int64_t;

// A price: nano-dollars per 1,000,000 tokens, >= 0. The finest that exists is 1e-9 USD per 1M
// tokens; the reader refuses anything finer.
using NanoUsdPerMillion = std::int64_t;

inline constexpr NanoUsd kNanoPerUsd = 1'000'000'000;

}  // namespace headgate

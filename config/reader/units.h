#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/base/money.h"
#include "config/base/parsed.h"
#include "config/config.h"

namespace headgate::config {

// Parse texts with units into exact integers. A unit is never guessed: a duration without a unit,
// `MB` for `MiB` or a price with an exponent is refused, with the correct spelling. All functions
// are pure and thread-safe. Only ParseScore uses floating point; scores are not money.

// The highest price or rent per hour. Anything higher is a misplaced decimal point, and 1e14
// nano-dollars leave room for products in 128 bits.
inline constexpr NanoUsd kMaxUsdAmount = 100'000 * kNanoPerUsd;
// The highest budget. Spent and reserved under several of them fit into 64 bits.
inline constexpr NanoUsd kMaxBudget = 1'000'000'000 * kNanoPerUsd;

// Decimal US dollars ("0.55", "$2", "0.0000001") in nano-dollars; 0 … kMaxUsdAmount. For prices per
// 1M tokens and rents per hour.
Parsed<NanoUsd> ParseUsd(std::string_view text);
// The same; 0 … kMaxBudget. For what a company may spend in a month.
Parsed<NanoUsd> ParseBudgetUsd(std::string_view text);

// "50ms", "2s", "10m", "1h"; 0 … 7 days.
Parsed<Milliseconds> ParseDuration(std::string_view text);
// The same; 0 … 30 days. For what is kept, not for what is waited for.
Parsed<Milliseconds> ParseLongDuration(std::string_view text);

// Bytes: "32MiB", "32KiB", "1GiB" or a plain number; 0 … 2^40.
Parsed<std::int64_t> ParseSize(std::string_view text);

inline constexpr std::int64_t kMaxTokens = 1'000'000'000'000;

// Tokens: "32k" is 32,000, "2M" is 2,000,000, or a plain number; 0 … kMaxTokens.
Parsed<std::int64_t> ParseTokens(std::string_view text);

// ">= 32k", "< 4000"; also "<=", ">", "=", "==". A number without a sign is refused: "= 32k" is
// rarely meant.
Parsed<Comparison> ParseComparison(std::string_view text);

// The same for other units.
Parsed<Comparison> ParseUsdComparison(std::string_view text);         // "<= $5", in nano-dollars
Parsed<Comparison> ParseDurationComparison(std::string_view text);    // "<= 3s", in milliseconds
Parsed<Comparison> ParseRateComparison(std::string_view text);        // "<= 5%", in millionths
Parsed<ScoreComparison> ParseScoreComparison(std::string_view text);  // ">= 90"

// "5%", "0.25%" in millionths; 0% … 100%, at most four decimals.
Parsed<std::int64_t> ParsePercentage(std::string_view text);
// The same; 0% … `most`%.
Parsed<std::int64_t> ParsePercentageUpTo(std::string_view text, int most);
// The same as a share of a price; 0% … 10000%.
Parsed<PriceShare> ParsePriceShare(std::string_view text);

// "true" or "false", nothing else.
Parsed<bool> ParseFlag(std::string_view text);

// A whole decimal number in [min, max].
Parsed<std::int64_t> ParseInteger(std::string_view text, std::int64_t min, std::int64_t max);

// A benchmark score, 0 … 10,000 (percentages and Elo ratings).
Parsed<double> ParseScore(std::string_view text);

}  // namespace headgate::config

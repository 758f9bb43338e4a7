#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/base/money.h"
#include "config/base/parsed.h"
#include "config/config.h"

namespace headgate::config {

// Texts with units, turned into exact integers. A unit is never guessed: a bare duration, `MB` for
// `MiB` or a price with an exponent is refused with the spelling that is meant. All functions are
// pure and thread-safe; none uses floating point, except ParseScore, which is no money.

// The most that one price or one hour may cost. Anything above is a slip of the decimal point, and
// 1e14 nano-dollars leave room for products in 128 bits.
inline constexpr NanoUsd kMaxUsdAmount = 100'000 * kNanoPerUsd;

// Decimal US dollars ("0.55", "$2", "0.0000001") in nano-dollars; 0 … kMaxUsdAmount. Prices per 1M
// tokens and rents per hour are both read by it.
Parsed<NanoUsd> ParseUsd(std::string_view text);

// "50ms", "2s", "10m", "1h"; 0 … 7 days.
Parsed<Milliseconds> ParseDuration(std::string_view text);

// Bytes: "32MiB", "32KiB", "1GiB" or a plain number; 0 … 2^40.
Parsed<std::int64_t> ParseSize(std::string_view text);

// Tokens: "32k" is 32,000, "2M" is 2,000,000, or a plain number; 0 … 10^12.
Parsed<std::int64_t> ParseTokens(std::string_view text);

// ">= 32k", "< 4000"; also "<=", ">", "=", "==". A plain number is refused: who writes it rarely
// means exactly that.
Parsed<Comparison> ParseComparison(std::string_view text);

// The same with a unit of its own on the right.
Parsed<Comparison> ParseUsdComparison(std::string_view text);         // "<= $5", in nano-dollars
Parsed<Comparison> ParseDurationComparison(std::string_view text);    // "<= 3s", in milliseconds
Parsed<Comparison> ParseRateComparison(std::string_view text);        // "<= 5%", in millionths
Parsed<ScoreComparison> ParseScoreComparison(std::string_view text);  // ">= 90"

// "5%", "0.25%" in millionths; 0% … 100%, at most four decimals.
Parsed<std::int64_t> ParsePercentage(std::string_view text);

// "true" or "false", nothing else.
Parsed<bool> ParseFlag(std::string_view text);

// A whole decimal number in [min, max].
Parsed<std::int64_t> ParseInteger(std::string_view text, std::int64_t min, std::int64_t max);

// RFC 3339 without fractions, from 1970 on ("2026-11-24T09:30:00+01:00", "…Z"), in seconds since
// 1970-01-01 UTC.
Parsed<std::int64_t> ParseTimestamp(std::string_view text);

// A benchmark score, 0 … 10,000 (percentages and Elo ratings).
Parsed<double> ParseScore(std::string_view text);

// What ParseTarget takes, as a regular expression.
inline constexpr std::string_view kTargetPattern = "[^@]+@[^@]+";

// "model@backend" taken apart; no value when it is not of that form.
Parsed<TargetReference> ParseTarget(std::string_view text);

}  // namespace headgate::config

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config/base/parsed.h"

namespace headgate::config {

// Percentages, in millionths. Pure and thread-safe.

inline constexpr std::int64_t kMillionthsPerPercent = 10'000;

// A kind of percentage: the highest one, in percent, and examples.
struct PercentageRange {
  std::int64_t most;
  std::string_view examples;
};

// "5%", "0.25%", at most four decimals.
Parsed<std::int64_t> ParseMillionths(std::string_view text, const PercentageRange& range);

// What was probably meant by a number without a percent sign: "10%" for "10" and for "0.1". Empty
// if the text is not such a number, or if the percentage is not in the range.
std::string CorrectedPercentage(std::string_view text, const PercentageRange& range);

}  // namespace headgate::config

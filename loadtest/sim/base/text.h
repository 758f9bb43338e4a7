// Reads numbers, durations and lists from the text of options and faults. All functions are pure
// and refuse text that has anything behind the value.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "loadtest/sim/base/clock.h"

namespace headgate::loadtest::sim {

// A whole number from 0 up, decimal digits only.
inline std::optional<std::int64_t> ParseCount(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

// A finite decimal number from 0 up, such as `0.4`.
std::optional<double> ParseReal(std::string_view text);

// A number with its unit: `250us`, `20ms`, `1.5s`, `2m`. At most 24 hours.
std::optional<Nanoseconds> ParseDuration(std::string_view text);

// Decimal text times 10^9 as an exact integer, so `0.55` is 550,000,000. Refuses signs, exponents,
// more than nine digits after the point and values above 10^9.
std::optional<std::int64_t> ParseBillionths(std::string_view text);

// The parts before and after the first `mark`. Without a `mark`: the whole text and an empty rest.
inline std::pair<std::string_view, std::string_view> SplitOnce(std::string_view text, char mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return {text, {}};
  return {text.substr(0, at), text.substr(at + 1)};
}

// The parts between `mark`s, without empty parts.
std::vector<std::string_view> Split(std::string_view text, char mark);

}  // namespace headgate::loadtest::sim

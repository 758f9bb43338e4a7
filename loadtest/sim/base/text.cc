#include "loadtest/sim/base/text.h"

#include <array>
#include <cmath>

namespace headgate::loadtest::sim {

std::optional<double> ParseReal(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (!std::isfinite(value) || std::signbit(value)) return std::nullopt;
  return value;
}

std::optional<Nanoseconds> ParseDuration(std::string_view text) {
  struct Unit {
    std::string_view name;
    double nanoseconds;
  };
  // `s` comes after `ns`, `us` and `ms`; otherwise `20ms` would be read as `20m` seconds.
  static constexpr std::array<Unit, 5> kUnits{
      {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}}};
  constexpr double kLongest = 24 * 3600e9;
  for (const Unit& unit : kUnits) {
    if (!text.ends_with(unit.name)) continue;
    const std::optional<double> number = ParseReal(text.substr(0, text.size() - unit.name.size()));
    if (!number || *number * unit.nanoseconds > kLongest) return std::nullopt;
    return Nanoseconds(std::llround(*number * unit.nanoseconds));
  }
  return std::nullopt;
}

std::optional<std::int64_t> ParseBillionths(std::string_view text) {
  constexpr std::size_t kDigits = 9;
  const auto [whole, fraction] = SplitOnce(text, '.');
  const bool has_point = whole.size() != text.size();
  if (whole.empty() || fraction.size() > kDigits || (has_point && fraction.empty())) {
    return std::nullopt;
  }
  const std::optional<std::int64_t> units = ParseCount(whole);
  if (!units || *units > 1'000'000'000) return std::nullopt;
  std::int64_t billionths = 0;
  if (has_point) {
    const std::optional<std::int64_t> digits = ParseCount(fraction);
    if (!digits || fraction.front() == '-') return std::nullopt;
    billionths = *digits;
    for (std::size_t i = fraction.size(); i < kDigits; ++i) billionths *= 10;
  }
  return *units * 1'000'000'000 + billionths;
}

std::vector<std::string_view> Split(std::string_view text, char mark) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const auto [part, rest] = SplitOnce(text, mark);
    if (!part.empty()) parts.push_back(part);
    text = rest;
  }
  return parts;
}

}  // namespace headgate::loadtest::sim

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace headgate::policy {

// Days and hours in UTC, as numbers since 1970. A time is in milliseconds since 1970. All functions
// are pure.

inline constexpr std::int64_t kMsPerHour = 3'600'000;
inline constexpr std::int64_t kHoursPerDay = 24;

constexpr std::int64_t FloorDivide(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}
constexpr std::int64_t HourOf(std::int64_t ms) { return FloorDivide(ms, kMsPerHour); }
constexpr std::int64_t DayOfHour(std::int64_t hour) { return FloorDivide(hour, kHoursPerDay); }
constexpr std::int64_t DayOf(std::int64_t ms) { return DayOfHour(HourOf(ms)); }

// Returns the first day of the month that `day` is in.
std::int64_t MonthStart(std::int64_t day);

std::string HourText(std::int64_t hour);  // 2026-11-29T13
std::string DayText(std::int64_t day);    // 2026-11-29
std::string MonthText(std::int64_t day);  // 2026-11

// Reads a month, a day or an hour in one of the forms above, with `Z` or not: its first hour.
// nullopt if the text is none of them, or no such day exists.
std::optional<std::int64_t> ParseHour(std::string_view text);
// Reads 2026-11-29.
std::optional<std::int64_t> ParseDay(std::string_view text);
// Reads RFC 3339 in UTC, such as 2026-11-29T13:05:09.123Z, in milliseconds.
std::optional<std::int64_t> ParseTime(std::string_view text);

}  // namespace headgate::policy

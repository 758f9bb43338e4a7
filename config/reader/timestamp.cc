#include "config/reader/timestamp.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "config/base/day_hours.h"
#include "config/base/text.h"

namespace headgate::config {
namespace {

// The value of `count` digits at `at`; -1 if there are other characters.
int Digits(std::string_view text, std::size_t at, std::size_t count) {
  int number = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (i >= text.size() || !IsDigit(text[i])) return -1;
    number = number * 10 + (text[i] - '0');
  }
  return number;
}

std::optional<std::int64_t> SecondsOf(std::string_view text) {
  const bool utc = text.size() == 20 && (text[19] == 'Z' || text[19] == 'z');
  const bool offset = text.size() == 25 && (text[19] == '+' || text[19] == '-') && text[22] == ':';
  if (!utc && !offset) return std::nullopt;
  const bool well_formed = text[4] == '-' && text[7] == '-' &&
                           (text[10] == 'T' || text[10] == ' ') && text[13] == ':' &&
                           text[16] == ':';
  const int hour = Digits(text, 11, 2);
  const int minute = Digits(text, 14, 2);
  const int second = Digits(text, 17, 2);
  const std::chrono::year_month_day date{
      std::chrono::year(Digits(text, 0, 4)),
      std::chrono::month(static_cast<unsigned>(Digits(text, 5, 2))),
      std::chrono::day(static_cast<unsigned>(Digits(text, 8, 2)))};
  if (!well_formed || !date.ok() || date.year() < std::chrono::year(1970) || hour < 0 ||
      hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) {
    return std::nullopt;
  }
  std::int64_t seconds = std::chrono::sys_days(date).time_since_epoch().count() * 86'400LL +
                         hour * 3600LL + minute * 60LL + second;
  if (utc) return seconds;
  const int hours = Digits(text, 20, 2);
  const int minutes = Digits(text, 23, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  const int east = (text[19] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
  return seconds - east;
}

}  // namespace

Parsed<std::int64_t> ParseTimestamp(std::string_view text) {
  if (const std::optional<std::int64_t> seconds = SecondsOf(text)) return {seconds, {}};
  return {std::nullopt,
          {"is not a time with an offset",
           "write RFC 3339, for example \"2026-11-24T09:30:00+01:00\" or "
           "\"2026-11-24T08:30:00Z\""}};
}

Parsed<std::int64_t> ParseDateOrTimestamp(std::string_view text) {
  if (const std::optional<std::int64_t> seconds = SecondsOf(text)) return {seconds, {}};
  if (text.size() == 10) {
    const std::string midnight = std::string(text) + "T00:00:00Z";
    if (const std::optional<std::int64_t> seconds = SecondsOf(midnight)) return {seconds, {}};
  }
  return {std::nullopt,
          {"is not a date", "write for example 2026-09-01, or \"2026-09-01T08:00:00Z\""}};
}

Parsed<int> ParseTimeOfDay(std::string_view text) {
  const int hours = Digits(text, 0, 2);
  const int minutes = Digits(text, 3, 2);
  const bool well_formed = text.size() == 5 && text[2] == ':' && hours >= 0 && minutes >= 0 &&
                           minutes < 60 && hours * 60 + minutes <= kMinutesADay;
  if (!well_formed) {
    return {std::nullopt, {"is not a time of day", "write \"00:00\" to \"24:00\""}};
  }
  return {hours * 60 + minutes, {}};
}

}  // namespace headgate::config

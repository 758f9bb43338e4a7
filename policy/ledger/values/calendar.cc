#include "policy/ledger/values/calendar.h"

#include <charconv>
#include <chrono>
#include <cstddef>

#include "config/base/text.h"

namespace headgate::policy {
namespace {

using std::chrono::year_month_day;

year_month_day DateOf(std::int64_t day) {
  return year_month_day(std::chrono::sys_days(std::chrono::days(day)));
}

std::string TwoDigits(unsigned number) {
  return {static_cast<char>('0' + number / 10), static_cast<char>('0' + number % 10)};
}

// Takes `digits` digits from the beginning of `text`. Returns nullopt if they are not there.
std::optional<int> TakeNumber(std::string_view& text, std::size_t digits) {
  int number = 0;
  if (text.size() < digits) return std::nullopt;
  const char* const end = text.data() + digits;
  if (text.front() == '-') return std::nullopt;
  const auto [last, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || last != end) return std::nullopt;
  text.remove_prefix(digits);
  return number;
}

bool TakeMark(std::string_view& text, char mark) {
  if (!text.starts_with(mark)) return false;
  text.remove_prefix(1);
  return true;
}

// Takes `mark` and two digits: a number up to `most`.
std::optional<int> TakePart(std::string_view& text, char mark, int most) {
  if (!TakeMark(text, mark)) return std::nullopt;
  const std::optional<int> number = TakeNumber(text, 2);
  return number && *number <= most ? number : std::nullopt;
}

std::optional<std::int64_t> DayNumber(int year, int month, int day) {
  const year_month_day date{std::chrono::year(year),
                            std::chrono::month(static_cast<unsigned>(month)),
                            std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

// Takes a month, and a day if there is one.
std::optional<std::int64_t> TakeDay(std::string_view& text, bool& has_day) {
  constexpr int kMonths = 12;
  constexpr int kDays = 31;
  const std::optional<int> year = TakeNumber(text, 4);
  if (!year) return std::nullopt;
  const std::optional<int> month = TakePart(text, '-', kMonths);
  if (!month) return std::nullopt;
  has_day = text.starts_with('-');
  const std::optional<int> day = has_day ? TakePart(text, '-', kDays) : 1;
  if (!day) return std::nullopt;
  return DayNumber(*year, *month, *day);
}

}  // namespace

std::int64_t MonthStart(std::int64_t day) {
  const year_month_day date = DateOf(day);
  return std::chrono::sys_days(date.year() / date.month() / 1).time_since_epoch().count();
}

std::string MonthText(std::int64_t day) {
  const year_month_day date = DateOf(day);
  return config::Concat(static_cast<int>(date.year()), "-",
                        TwoDigits(static_cast<unsigned>(date.month())));
}

std::string DayText(std::int64_t day) {
  return config::Concat(MonthText(day), "-", TwoDigits(static_cast<unsigned>(DateOf(day).day())));
}

std::string HourText(std::int64_t hour) {
  const std::int64_t day = DayOfHour(hour);
  return config::Concat(DayText(day), "T",
                        TwoDigits(static_cast<unsigned>(hour - day * kHoursPerDay)));
}

std::optional<std::int64_t> ParseHour(std::string_view text) {
  bool has_day = false;
  const std::optional<std::int64_t> day = TakeDay(text, has_day);
  if (!day) return std::nullopt;
  std::int64_t hour = *day * kHoursPerDay;
  if (has_day && text.starts_with('T')) {
    const std::optional<int> of_day = TakePart(text, 'T', kHoursPerDay - 1);
    if (!of_day) return std::nullopt;
    hour += *of_day;
    TakeMark(text, 'Z');
  }
  if (!text.empty()) return std::nullopt;
  return hour;
}

std::optional<std::int64_t> ParseDay(std::string_view text) {
  bool has_day = false;
  const std::optional<std::int64_t> day = TakeDay(text, has_day);
  if (!has_day || !text.empty()) return std::nullopt;
  return day;
}

std::optional<std::int64_t> ParseTime(std::string_view text) {
  bool has_day = false;
  const std::optional<std::int64_t> day = TakeDay(text, has_day);
  if (!day || !has_day) return std::nullopt;
  const std::optional<int> hour = TakePart(text, 'T', kHoursPerDay - 1);
  const std::optional<int> minute = hour ? TakePart(text, ':', 59) : hour;
  const std::optional<int> second = minute ? TakePart(text, ':', 60) : minute;
  if (!second) return std::nullopt;
  std::int64_t milliseconds = 0;
  if (TakeMark(text, '.')) {
    int scale = 100;
    while (!text.empty() && config::IsDigit(text.front())) {
      milliseconds += std::int64_t{text.front() - '0'} * scale;
      scale /= 10;
      text.remove_prefix(1);
    }
  }
  if (text != "Z") return std::nullopt;
  const std::int64_t minutes = (*day * kHoursPerDay + *hour) * 60 + *minute;
  return (minutes * 60 + *second) * 1000 + milliseconds;
}

}  // namespace headgate::policy

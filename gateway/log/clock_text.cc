#include "gateway/log/clock_text.h"

#include <array>
#include <ctime>

namespace headgate::gateway {

namespace {

std::int64_t MillisecondsOf(std::chrono::system_clock::time_point now) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
}

}  // namespace

void ClockText::Refresh(std::int64_t second) {
  if (second == second_) return;
  second_ = second;
  const std::time_t time = second;
  std::tm utc{};
  gmtime_r(&time, &utc);
  // The C locale's names, whatever the process's locale is: the format is fixed by the RFC.
  static constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                            "Thu", "Fri", "Sat"};
  static constexpr std::array<std::string_view, 12> kMonths = {
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  char text[40];
  std::size_t n = std::strftime(text, sizeof text, "%d ", &utc);
  http_date_.assign(kDays[static_cast<std::size_t>(utc.tm_wday)]).append(", ").append(text, n);
  n = std::strftime(text, sizeof text, " %Y %H:%M:%S GMT", &utc);
  http_date_.append(kMonths[static_cast<std::size_t>(utc.tm_mon)]).append(text, n);
  n = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.000Z", &utc);
  log_time_.assign(text, n);
}

std::string_view ClockText::HttpDate(std::chrono::system_clock::time_point now) {
  Refresh(MillisecondsOf(now) / 1000);
  return http_date_;
}

std::string_view ClockText::LogTime(std::chrono::system_clock::time_point now) {
  const std::int64_t unix_ms = MillisecondsOf(now);
  Refresh(unix_ms / 1000);
  const auto part = static_cast<int>(unix_ms % 1000);
  constexpr std::size_t kFraction = 20;  // "2026-11-23T12:34:56." is 20 characters
  log_time_[kFraction] = static_cast<char>('0' + part / 100);
  log_time_[kFraction + 1] = static_cast<char>('0' + part / 10 % 10);
  log_time_[kFraction + 2] = static_cast<char>('0' + part % 10);
  return log_time_;
}

}  // namespace headgate::gateway

#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace headgate::gateway {

// The wall clock as text, made once a second at most: a date in every answer and a time in every
// log line are read far more often than they change. Worker-bound.
class ClockText {
 public:
  // RFC 9110 section 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT".
  std::string_view HttpDate(std::chrono::system_clock::time_point now);
  // RFC 3339 in UTC with milliseconds. The view holds until the next call.
  std::string_view LogTime(std::chrono::system_clock::time_point now);

 private:
  void Refresh(std::int64_t second);
  std::int64_t second_ = -1;
  std::string http_date_;
  std::string log_time_;
};

}  // namespace headgate::gateway

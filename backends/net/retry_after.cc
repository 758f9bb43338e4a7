#include "backends/net/retry_after.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace headgate::backends {
namespace {

using std::chrono::milliseconds;

constexpr double kLongestMs = 24.0 * 3600 * 1000;  // a day

// A decimal number, not negative and without an exponent.
std::optional<double> Number(std::string_view text) {
  double value = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value, std::chars_format::fixed);
  if (error == std::errc::result_out_of_range && end == last) return kLongestMs;
  if (error != std::errc() || end != last || !std::isfinite(value) || std::signbit(value)) {
    return std::nullopt;
  }
  return value;
}

milliseconds Bounded(double ms) {
  return milliseconds(static_cast<std::int64_t>(std::min(ms, kLongestMs)));
}

// RFC 9110 section 5.6.7: IMF-fixdate, and the two obsolete forms that must be read.
std::optional<absl::Time> HttpDate(std::string_view text, absl::Time now) {
  constexpr std::string_view kForms[] = {
      "%a, %d %b %Y %H:%M:%S GMT",
      "%A, %d-%b-%y %H:%M:%S GMT",
      "%a %b %e %H:%M:%S %Y",
  };
  for (const std::string_view form : kForms) {
    absl::Time time;
    std::string error;
    if (!absl::ParseTime({form.data(), form.size()}, {text.data(), text.size()}, &time, &error)) {
      continue;
    }
    // A year of two digits is never more than 50 years off.
    const absl::Duration kCentury = absl::Hours(24) * 36525;
    const bool two_digits = form == kForms[1];
    if (two_digits && time < now - kCentury / 2) time += kCentury;
    return time;
  }
  return std::nullopt;
}

}  // namespace

std::optional<milliseconds> ReadRetryAfter(std::string_view retry_after_ms,
                                           std::string_view retry_after, std::string_view date,
                                           std::chrono::system_clock::time_point now) {
  if (const std::optional<double> ms = Number(retry_after_ms)) return Bounded(*ms);
  if (const std::optional<double> seconds = Number(retry_after)) return Bounded(*seconds * 1000);
  const absl::Time our_time = absl::FromChrono(now);
  const std::optional<absl::Time> until = HttpDate(retry_after, our_time);
  if (!until) return std::nullopt;
  const absl::Time from = HttpDate(date, our_time).value_or(our_time);
  return Bounded(std::max(0.0, absl::ToDoubleMilliseconds(*until - from)));
}

bool IsRetryAfter(std::string_view value) {
  return Number(value).has_value() || HttpDate(value, absl::UnixEpoch()).has_value();
}

bool IsRetryAfterMs(std::string_view value) { return Number(value).has_value(); }

}  // namespace headgate::backends

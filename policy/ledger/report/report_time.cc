#include "policy/ledger/report/report_time.h"

#include <charconv>
#include <optional>

#include "absl/status/status.h"
#include "config/base/text.h"
#include "policy/ledger/values/calendar.h"

namespace headgate::policy {
namespace {

// Reads `7d` or `12h` as hours.
std::optional<std::int64_t> ReadSpan(std::string_view text) {
  constexpr std::int64_t kMost = 100'000;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (error != std::errc() || number < 1 || number > kMost) return std::nullopt;
  if (unit == "h") return number;
  return unit == "d" ? std::optional(number * kHoursPerDay) : std::nullopt;
}

}  // namespace

absl::StatusOr<std::int64_t> ReadReportTime(std::string_view text, const LocalHours& zone,
                                            std::int64_t now) {
  const std::int64_t today = DayOfHour(zone.Shown(now));
  if (text == "today") return zone.WhenShown(today * kHoursPerDay);
  if (text == "yesterday") return zone.WhenShown((today - 1) * kHoursPerDay);
  if (const std::optional<std::int64_t> span = ReadSpan(text)) return now - *span;
  if (const std::optional<std::int64_t> hour = ParseHour(text)) return zone.WhenShown(*hour);
  return absl::InvalidArgumentError(config::Concat(
      text,
      " is not a time; write 2026-11, 2026-11-29, 2026-11-29T13, today, yesterday, 7d or 12h (",
      zone.name(), ")"));
}

}  // namespace headgate::policy

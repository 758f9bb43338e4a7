#include "policy/plan/month.h"

#include <algorithm>
#include <limits>

namespace headgate::policy {
namespace {

__extension__ using Wide = __int128;

constexpr std::int64_t kDaysOfTenMonths = 304;

std::int64_t Saturated(Wide value) {
  return static_cast<std::int64_t>(std::min<Wide>(value, std::numeric_limits<std::int64_t>::max()));
}

}  // namespace

std::int64_t Scaled(std::int64_t amount, std::int64_t by, std::int64_t of) {
  return Saturated((Wide{amount} * by + of / 2) / of);
}

std::int64_t MonthFromDay(std::int64_t per_day) { return Scaled(per_day, kDaysOfTenMonths, 10); }
std::int64_t MonthFromHour(std::int64_t per_hour) {
  return Scaled(per_hour, kHoursOfTenMonths, 10);
}
std::int64_t DayFromMonth(std::int64_t per_month) {
  return Scaled(per_month, 10, kDaysOfTenMonths);
}

std::int64_t Product(std::int64_t a, std::int64_t b) { return Saturated(Wide{a} * b); }

}  // namespace headgate::policy

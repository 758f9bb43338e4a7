#pragma once

#include <cstdint>

#include "config/base/money.h"

namespace headgate::policy {

// A month has 30.4 days here, a twelfth of a year. Pure functions; amounts and factors are >= 0.

// A month has 729.6 hours.
inline constexpr std::int64_t kHoursOfTenMonths = 7296;

// `amount` * `by` / `of`, rounded once, half up. Saturates at the int64 maximum. REQUIRES: of > 0.
std::int64_t Scaled(std::int64_t amount, std::int64_t by, std::int64_t of);

// Tokens or nano-dollars of a month, from those of a day or an hour; and of a day, from a month.
std::int64_t MonthFromDay(std::int64_t per_day);
std::int64_t MonthFromHour(std::int64_t per_hour);
std::int64_t DayFromMonth(std::int64_t per_month);

// The product, saturating at the int64 maximum.
std::int64_t Product(std::int64_t a, std::int64_t b);

}  // namespace headgate::policy

#include "policy/money/rent_terms.h"

namespace headgate::policy {

NanoUsd RentAt(const config::RentTerms& terms, std::int64_t unix_seconds) {
  if (terms.hours.empty()) return terms.per_hour;
  const std::int64_t minute = config::MinuteOfDay(unix_seconds);
  for (const config::RentHours& hours : terms.hours) {
    if (hours.Covers(minute)) return hours.per_hour;
  }
  return terms.per_hour;
}

NanoUsd RentOfDay(const config::RentTerms& terms) {
  constexpr int kMinutesAnHour = 60;
  // At most 1,440 times 1e14, so nothing overflows.
  std::int64_t rest = config::kMinutesADay;
  std::int64_t sum = 0;  // of minutes times the rent of an hour
  for (const config::RentHours& hours : terms.hours) {
    sum += hours.Minutes() * hours.per_hour;
    rest -= hours.Minutes();
  }
  sum += rest * terms.per_hour;
  return (sum + kMinutesAnHour / 2) / kMinutesAnHour;
}

NanoUsd MeanRent(const config::RentTerms& terms) { return RentOfDay(terms) / 24; }

config::RentTerms OfOneSlot(const config::RentTerms& terms, int slots) {
  config::RentTerms one = terms;
  one.per_hour /= slots;
  for (config::RentHours& hours : one.hours) hours.per_hour /= slots;
  return one;
}

}  // namespace headgate::policy

#include "policy/ledger/values/local_hours.h"

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "config/base/text.h"
#include "policy/ledger/values/calendar.h"

namespace headgate::policy {
namespace {

constexpr std::int64_t kSecondsPerHour = 3600;
constexpr absl::CivilHour kEpoch(1970);

absl::Time TimeOf(std::int64_t hour) { return absl::FromUnixSeconds(hour * kSecondsPerHour); }

}  // namespace

absl::StatusOr<LocalHours> LocalHours::Of(const std::string& name, std::int64_t hour) {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(name, &zone)) {
    return absl::InvalidArgumentError(config::Concat(
        name, " is not a time zone of this system; write UTC or a name such as Europe/Berlin"));
  }
  if (zone.At(TimeOf(hour)).offset % kSecondsPerHour != 0) {
    return absl::InvalidArgumentError(config::Concat(
        name,
        " is not whole hours from UTC, and the ledger has sums by hours of UTC; write UTC, "
        "or a zone of whole hours"));
  }
  return LocalHours(zone);
}

std::int64_t LocalHours::Shown(std::int64_t hour) const {
  return absl::CivilHour(zone_.At(TimeOf(hour)).cs) - kEpoch;
}

std::int64_t LocalHours::WhenShown(std::int64_t shown) const {
  const absl::Time time = absl::FromCivil(absl::CivilSecond(kEpoch + shown), zone_);
  return FloorDivide(absl::ToUnixSeconds(time), kSecondsPerHour);
}

}  // namespace headgate::policy

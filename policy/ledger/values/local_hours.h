#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace headgate::policy {

// The hours of the ledger, which are those of UTC, as the clocks of a time zone show them. A shown
// hour is numbered as if the clock were in UTC. Where clocks are set back, two hours are shown as
// one. Immutable; all functions are pure.
class LocalHours {
 public:
  LocalHours() = default;  // UTC
  explicit LocalHours(const absl::TimeZone& zone) : zone_(zone) {}

  // Returns the zone with this IANA name. kInvalidArgument says what to write: if this system does
  // not know it, or if it is not whole hours from UTC at `hour` (since 1970), because the ledger
  // has sums by hours of UTC.
  static absl::StatusOr<LocalHours> Of(const std::string& name, std::int64_t hour);

  std::int64_t Shown(std::int64_t hour) const;
  // Returns the first hour at which the clocks show `shown`, or more if they skip it.
  std::int64_t WhenShown(std::int64_t shown) const;
  std::string name() const { return zone_.name(); }

 private:
  absl::TimeZone zone_ = absl::UTCTimeZone();
};

}  // namespace headgate::policy

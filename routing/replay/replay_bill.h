#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "config/base/money.h"
#include "routing/policy/policy.h"

namespace headgate::routing {

struct ReplaySide;

// When the replayed requests came, in seconds since 1970, and how evenly. Thread-compatible.
class ReplaySpan {
 public:
  void Add(std::int64_t unix_seconds);

  std::int64_t first() const { return first_; }
  std::int64_t last() const { return last_; }
  // From the first request to the last, both seconds included. REQUIRES: Add was called.
  std::int64_t Seconds() const { return last_ - first_ + 1; }

  // A span under a minute is not extrapolated: one request more would change the result.
  bool CanExtrapolate() const { return Seconds() >= 60; }
  bool IsUnderADay() const { return Seconds() < kDay; }
  bool IsUnderAWeek() const { return Seconds() < 7 * kDay; }
  // Whether the busiest hour has over five times the requests of the average hour. The factor
  // between days and nights of an office is two or three.
  bool IsBursty() const;
  // The hours from the first request to the last, and those of them without requests.
  std::int64_t Hours() const { return last_ / kHour - first_ / kHour + 1; }
  std::int64_t SilentHours() const { return Hours() - static_cast<std::int64_t>(hours_.size()); }

 private:
  static constexpr std::int64_t kHour = 3600;
  static constexpr std::int64_t kDay = 24 * kHour;

  std::int64_t first_ = 0;
  std::int64_t last_ = 0;
  std::uint64_t requests_ = 0;
  absl::flat_hash_map<std::int64_t, std::uint64_t> hours_;  // requests by hour since 1970
};

// What one side costs a day in nano-dollars, exact except for one rounding, half up. The rent is
// that of all configured replicas, busy or not: moving requests off them saves none of it.
struct ReplayBill {
  std::optional<NanoUsd>
      paid;  // by the token, failed attempts included; nullopt: the span is too short
  std::optional<NanoUsd> rent;  // nullopt: the recording has no rents
  std::optional<NanoUsd> Total() const;
  // Requests and attempts that are in no sum because their cost is unknown.
  std::uint64_t unknown = 0;
};
ReplayBill BillOf(const ReplaySide& side, const ReplaySpan& span);

// The amount a day, from the amount in `seconds`. REQUIRES: seconds > 0.
NanoUsd PerDay(NanoUsd amount, std::int64_t seconds);
// A month has 30.4 days here, a twelfth of a year.
NanoUsd PerMonth(NanoUsd per_day);

}  // namespace headgate::routing

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
  // From the first request to the last, both seconds included. REQUIRES: one was added.
  std::int64_t Seconds() const { return last_ - first_ + 1; }

  // Under a minute nothing is extrapolated: one request more or less would change all of it.
  bool CanExtrapolate() const { return Seconds() >= 60; }
  bool IsUnderADay() const { return Seconds() < kDay; }
  bool IsUnderAWeek() const { return Seconds() < 7 * kDay; }
  // The busiest hour has over five times the requests of the average one. Days and nights of an
  // office are apart by two or three.
  bool IsBursty() const;
  // Hours between the first and the last request, and those of them without a single one.
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

// What one side costs a day in nano-dollars, exact but for one rounding, half up. The rent is that
// of all replicas that are configured, busy or not: moving requests off them saves none of it.
struct ReplayBill {
  std::optional<NanoUsd> paid;  // by the token, failed attempts too; none: too short a span
  std::optional<NanoUsd> rent;  // none: the recording does not say what was configured
  std::optional<NanoUsd> Total() const;
  // Requests and attempts whose cost is not known, and so in no sum.
  std::uint64_t unknown = 0;
};
ReplayBill BillOf(const ReplaySide& side, const ReplaySpan& span);

// An amount of `seconds` as an amount of a day. REQUIRES: seconds > 0.
NanoUsd PerDay(NanoUsd amount, std::int64_t seconds);
// A month is 30.4 days here, a twelfth of a year.
NanoUsd PerMonth(NanoUsd per_day);

}  // namespace headgate::routing

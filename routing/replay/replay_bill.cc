#include "routing/replay/replay_bill.h"

#include <algorithm>

#include "routing/replay/replay_totals.h"

namespace headgate::routing {
namespace {

__extension__ using Wide = __int128;

NanoUsd Scaled(NanoUsd amount, std::int64_t by, std::int64_t of) {
  return static_cast<NanoUsd>((Wide{amount} * by + of / 2) / of);
}

}  // namespace

void ReplaySpan::Add(std::int64_t unix_seconds) {
  first_ = requests_ == 0 ? unix_seconds : std::min(first_, unix_seconds);
  last_ = requests_ == 0 ? unix_seconds : std::max(last_, unix_seconds);
  ++requests_;
  ++hours_[unix_seconds / kHour];
}

bool ReplaySpan::IsBursty() const {
  constexpr std::uint64_t kTimesTheAverage = 5;
  std::uint64_t busiest = 0;
  for (const auto& [hour, requests] : hours_) busiest = std::max(busiest, requests);
  return busiest * static_cast<std::uint64_t>(Hours()) > kTimesTheAverage * requests_;
}

std::optional<NanoUsd> ReplayBill::Total() const {
  if (!paid || !rent) return std::nullopt;
  return *paid + *rent;
}

NanoUsd PerDay(NanoUsd amount, std::int64_t seconds) { return Scaled(amount, 86'400, seconds); }

NanoUsd PerMonth(NanoUsd per_day) { return Scaled(per_day, 304, 10); }

ReplayBill BillOf(const ReplaySide& side, const ReplaySpan& span) {
  ReplayBill bill;
  if (span.CanExtrapolate()) bill.paid = PerDay(side.cost + side.failed_cost, span.Seconds());
  if (side.rents) {
    bill.rent = 0;
    for (const BackendRent& rent : *side.rents) *bill.rent += 24 * rent.PerHour();
  }
  bill.unknown = side.cost_coverage.unknown + side.failed_cost_coverage.unknown;
  return bill;
}

}  // namespace headgate::routing

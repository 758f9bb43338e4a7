#include "backends/scheduler/waiting_line.h"

#include <algorithm>
#include <utility>

#include "config/base/check.h"

namespace headgate::backends {
namespace {

// A request without a deadline is never late.
TimePoint LatestGrant(const SlotDemand& demand) {
  if (demand.deadline == TimePoint::max()) return TimePoint::max();
  return demand.deadline - std::clamp<Duration>(demand.lead, Duration(0), std::chrono::hours(1));
}

}  // namespace

Waiter& WaitingLine::Add(const SlotDemand& demand, SlotTaker& taker) {
  auto made = std::make_unique<Waiter>();
  Waiter& waiter = *made;
  waiter.taker = &taker;
  waiter.band = demand.band;
  waiter.deadline = demand.deadline;
  waiter.latest_grant = LatestGrant(demand);
  waiter.sequence = next_sequence_++;
  waiter.front = demand.front;
  const bool added = places_.emplace(&taker, std::move(made)).second;
  HEADGATE_CHECK(added);
  of(demand.band).Add(waiter, demand.team, demand.share);
  return waiter;
}

void WaitingLine::Remove(Waiter& waiter) {
  of(waiter.band).Remove(waiter);
  places_.erase(waiter.taker);
}

Waiter* WaitingLine::Find(const SlotTaker& taker) const {
  const auto found = places_.find(&taker);
  return found == places_.end() ? nullptr : found->second.get();
}

Waiter* WaitingLine::Head(bool batch_below_floor) const {
  if (batch_below_floor) {
    if (Waiter* const batch = of(Band::kBatch).Head()) return batch;
  }
  for (const BandLine& line : bands_) {
    if (Waiter* const waiter = line.Head()) return waiter;
  }
  return nullptr;
}

Waiter* WaitingLine::YoungestBelow(Band band) const {
  for (std::size_t lowest = kBands - 1; lowest > IndexOf(band); --lowest) {
    if (Waiter* const waiter = bands_[lowest].Youngest()) return waiter;
  }
  return nullptr;
}

}  // namespace headgate::backends

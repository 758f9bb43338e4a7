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
  waiter.lane = demand.lane;
  waiter.tokens = demand.tokens;
  waiter.deadline = demand.deadline;
  waiter.latest_grant = LatestGrant(demand);
  waiter.sequence = next_sequence_++;
  waiter.front = demand.front;
  const bool added = places_.emplace(&taker, std::move(made)).second;
  HEADGATE_CHECK(added);
  of(demand.band).Add(waiter, demand.team, demand.share);
  ++lanes_[demand.lane];
  return waiter;
}

void WaitingLine::Remove(Waiter& waiter) {
  of(waiter.band).Remove(waiter);
  const auto lane = lanes_.find(waiter.lane);
  if (--lane->second == 0) lanes_.erase(lane);
  places_.erase(waiter.taker);
}

Waiter* WaitingLine::Find(const SlotTaker& taker) const {
  const auto found = places_.find(&taker);
  return found == places_.end() ? nullptr : found->second.get();
}

Waiter* WaitingLine::Head(bool batch_below_floor, std::span<const void* const> blocked) const {
  if (batch_below_floor) {
    if (Waiter* const batch = of(Band::kBatch).Head(blocked)) return batch;
  }
  for (const BandLine& line : bands_) {
    if (Waiter* const waiter = line.Head(blocked)) return waiter;
  }
  return nullptr;
}

std::size_t WaitingLine::arrivals() const {
  std::size_t sum = 0;
  for (const BandLine& line : bands_) sum += line.arrivals();
  return sum;
}

Waiter* WaitingLine::YoungestBelow(Band band) const {
  for (std::size_t lowest = kBands - 1; lowest > IndexOf(band); --lowest) {
    if (Waiter* const waiter = bands_[lowest].Youngest()) return waiter;
  }
  return nullptr;
}

}  // namespace headgate::backends

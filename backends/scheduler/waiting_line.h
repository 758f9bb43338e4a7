#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "backends/scheduler/band.h"
#include "backends/scheduler/band_line.h"
#include "backends/scheduler/slot_demand.h"

namespace headgate::backends {

// The order of the requests that wait at one backend: batch while it is below its floor, else the
// most urgent band that has waiters. The order inside a band is that of BandLine. It knows nothing
// of slots. Thread-compatible; all operations are O(log n).
class WaitingLine {
 public:
  // REQUIRES: `taker` is not in the line.
  Waiter& Add(const SlotDemand& demand, SlotTaker& taker);
  // Destroys the waiter.
  void Remove(Waiter& waiter);
  // Returns the taker's place, or nullptr.
  Waiter* Find(const SlotTaker& taker) const;

  // Returns the next waiter whose lane is not among `blocked` (BandLine::Head), or nullptr.
  Waiter* Head(bool batch_below_floor, std::span<const void* const> blocked = {}) const;
  // Returns the waiter to shed for a newcomer of the band: the youngest of the lowest band below
  // it, or nullptr. Requests that were moved aside are never shed.
  Waiter* YoungestBelow(Band band) const;

  BandLine& of(Band band) { return bands_[IndexOf(band)]; }
  const BandLine& of(Band band) const { return bands_[IndexOf(band)]; }
  std::size_t size() const { return places_.size(); }
  std::size_t arrivals() const;  // without the requests that were moved aside
  bool empty() const { return places_.empty(); }
  std::size_t lanes() const { return lanes_.size(); }  // of all waiters

 private:
  std::uint64_t next_sequence_ = 0;
  std::array<BandLine, kBands> bands_;
  absl::flat_hash_map<const void*, std::size_t> lanes_;  // how many wait in each
  absl::flat_hash_map<const SlotTaker*, std::unique_ptr<Waiter>> places_;
};

}  // namespace headgate::backends

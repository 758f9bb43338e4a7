#pragma once

#include <cstdint>
#include <memory>

#include "backends/scheduler/slot_demand.h"
#include "backends/scheduler/slot_queue.h"
#include "backends/upstream/replica_set.h"
#include "config/base/money.h"
#include "gateway/snapshot/fleet.h"
#include "policy/money/rent.h"

namespace headgate::gateway {

// One slot at one replica for one attempt: what runs there and, at a self-hosted backend, the rent
// while it is held and its part in the figures of the queue. Move-only; the destructor returns all
// of it, and charges nobody.
class SlotLease {
 public:
  using Clock = policy::RentMeter::Clock;
  // How the slot was taken: while nobody waited for it, or by a grant of the queue.
  enum class By : std::uint8_t { kItself, kQueue };

  SlotLease() = default;
  // `use` has the band and the team, which outlives the lease.
  SlotLease(const BackendState& backend, backends::ReplicaSet::Lease lease,
            const backends::SlotUse& use, By by, Clock::time_point now);
  SlotLease(SlotLease&& other) noexcept = default;
  SlotLease& operator=(SlotLease&& other) noexcept;  // returns the slot that it had, unused
  ~SlotLease();

  explicit operator bool() const { return static_cast<bool>(lease_); }
  std::size_t replica() const { return lease_.replica(); }
  backends::ReplicaSet::Lease& lease() { return lease_; }
  // Notes what the queue has charged to the team for this slot.
  void NoteCharge(backends::Duration charged) { use_.charged = charged; }

  // Ends the lease and returns the rent it cost, in nano-dollars; 0 at a paid API.
  NanoUsd Release(Clock::time_point now);

 private:
  void ReturnUnused();
  void Leave(Clock::time_point now);

  backends::ReplicaSet::Lease lease_;
  policy::RentMeter* rent_ = nullptr;
  policy::RentMeter::AttoUsd acquired_at_ = 0;
  std::shared_ptr<backends::SlotQueue> queue_;  // null at a paid API
  backends::SlotUse use_;
  Clock::time_point taken_{};
};

}  // namespace headgate::gateway

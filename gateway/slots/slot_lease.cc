#include "gateway/slots/slot_lease.h"

#include <utility>

namespace headgate::gateway {

SlotLease::SlotLease(const BackendState& backend, backends::ReplicaSet::Lease lease,
                     const backends::SlotUse& use, By by, Clock::time_point now)
    : lease_(std::move(lease)), queue_(backend.queue), use_(use), taken_(now) {
  if (!backend.rent.empty()) {
    rent_ = backend.rent[lease_.replica()].get();
    acquired_at_ = rent_->Acquire(now);
  }
  if (queue_ != nullptr && by == By::kItself) queue_->Started(use_.band);
}

SlotLease& SlotLease::operator=(SlotLease&& other) noexcept {
  if (this == &other) return *this;
  ReturnUnused();
  lease_ = std::move(other.lease_);
  rent_ = other.rent_;
  acquired_at_ = other.acquired_at_;
  queue_ = std::move(other.queue_);
  use_ = other.use_;
  taken_ = other.taken_;
  return *this;
}

SlotLease::~SlotLease() { ReturnUnused(); }

void SlotLease::ReturnUnused() {
  if (!lease_) return;
  const Clock::time_point now = Clock::now();
  if (rent_ != nullptr) rent_->ReleaseUnused(acquired_at_, now);
  Leave(now);
}

NanoUsd SlotLease::Release(Clock::time_point now) {
  NanoUsd cost = 0;
  if (!lease_) return cost;
  if (rent_ != nullptr) cost = rent_->Release(acquired_at_, now);
  Leave(now);
  return cost;
}

// The queue is told before the slot is free, so that it chooses the next request by what still
// runs.
void SlotLease::Leave(Clock::time_point now) {
  if (queue_ != nullptr) {
    use_.held = now - taken_;
    queue_->Released(use_);
  }
  lease_ = {};
}

}  // namespace headgate::gateway

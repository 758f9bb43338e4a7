#pragma once

#include <chrono>
#include <cstdint>

#include "config/base/money.h"
#include "config/base/mutex.h"

namespace headgate::policy {

// The rent of one self-hosted replica, split between the requests that hold its slots and idle
// time.
//
// Rent accrues every nanosecond that the replica is configured, used or not. With n holders of s
// slots, a step of accrued rent dA advances a virtual price V by floor((dA + carry) / max(n, s)). A
// request that holds a slot from V0 to V1 costs V1 - V0. The part below a nano-dollar is carried to
// the next release of this replica, and so is the cost of a slot that nobody used.
//
// While n < s, allocated grows by n*dV and idle by the rest. Nothing is carried, because a
// remainder that was booked as idle could be allocated later only if idle fell. While n >= s, idle
// stays and allocated grows by dA. The remainder of the division by n is the carry: it is allocated
// but not yet in V, and goes to the release that frees a slot again. So neither counter ever falls,
// and these always hold exactly:
//   allocated + idle == accrued, and accrued depends on elapsed time only, not on the steps;
//   allocated == the costs that releases returned + the costs of present holders + the carries.
// A reload may change rent and slots. Time before the reload accrues with the former values. If
// there are fewer holders than slots afterwards, the carry goes to the next release.
//
// A retired meter (its replica is no longer configured) accrues only while a request holds a slot.
// Its rent ends with the last holder.
//
// Units inside are 1e-18 USD in 128 bits. Thread-safe; methods never block on anything else.
class RentMeter {
 public:
  using Clock = std::chrono::steady_clock;
  __extension__ using AttoUsd = __int128;

  // `rent_per_hour` >= 0, `slots` >= 1. Accrual starts at `start`.
  RentMeter(NanoUsd rent_per_hour, int slots, Clock::time_point start);

  // All methods treat a `now` before the latest one as the latest, because threads read the clock
  // before they get the lock.

  // Takes a slot and returns V, for Release. More requests than `slots` may hold one.
  AttoUsd Acquire(Clock::time_point now) EXCLUDES_LOCK(mutex_);

  // Returns the slot, and the cost of holding it.
  // REQUIRES: `acquired_at` came from Acquire of this meter and was not released before.
  NanoUsd Release(AttoUsd acquired_at, Clock::time_point now) EXCLUDES_LOCK(mutex_);

  // Returns a slot that nobody has used, for example because the client left while it was granted.
  // No request can be charged for it, so its cost is carried to the next release.
  // REQUIRES: as for Release.
  void ReleaseUnused(AttoUsd acquired_at, Clock::time_point now) EXCLUDES_LOCK(mutex_);

  // Sets rent and slots from now on, with the ranges of the constructor. A retired replica is
  // configured again.
  void Configure(NanoUsd rent_per_hour, int slots, Clock::time_point now) EXCLUDES_LOCK(mutex_);

  // Sets the rent alone: another hour of the day has begun.
  void SetRent(NanoUsd rent_per_hour, Clock::time_point now) EXCLUDES_LOCK(mutex_);

  // Call this when the replica is no longer configured.
  void Retire(Clock::time_point now) EXCLUDES_LOCK(mutex_);

  struct Books {
    AttoUsd accrued = 0;
    AttoUsd allocated = 0;  // to present and former holders
    AttoUsd idle = 0;
    int holders = 0;
  };
  // Steps to `now` and reads the books (for a scrape).
  Books Read(Clock::time_point now) EXCLUDES_LOCK(mutex_);

 private:
  void Step(Clock::time_point now) REQUIRES_LOCK(mutex_);
  AttoUsd Leave(AttoUsd acquired_at, Clock::time_point now) REQUIRES_LOCK(mutex_);

  Mutex mutex_;
  NanoUsd rent_per_hour_ GUARDED_BY(mutex_);
  int slots_ GUARDED_BY(mutex_);
  bool retired_ GUARDED_BY(mutex_) = false;
  Clock::time_point last_ GUARDED_BY(mutex_);
  std::int64_t hour_remainder_ GUARDED_BY(mutex_) = 0;  // of rent * ns / 3600
  AttoUsd carry_ GUARDED_BY(mutex_) = 0;                // 0 unless holders >= slots
  AttoUsd virtual_price_ GUARDED_BY(mutex_) = 0;
  AttoUsd release_carry_ GUARDED_BY(mutex_) = 0;
  Books books_ GUARDED_BY(mutex_);
};

}  // namespace headgate::policy

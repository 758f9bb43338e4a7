#pragma once

#include <chrono>
#include <cstdint>

#include "config/base/money.h"
#include "config/base/mutex.h"

namespace headgate::policy {

// Rent of one self-hosted replica, split between the requests that hold its slots and idleness.
//
// Rent accrues every nanosecond the replica is configured, whether it is used or not. With n
// holders of s slots, a step of accrued rent dA advances a virtual price V by
// floor((dA + carry) / max(n, s)). A request that holds a slot from V0 to V1 costs V1 - V0; what is
// below a nano-dollar is carried to the next release of this replica.
//
// While n < s, allocated grows by n*dV and idle by the rest, and nothing is carried: a remainder
// once booked as idle could only be handed out later by letting idle fall. From n >= s on idle
// stands still and allocated grows by all of dA; the part that does not divide by n is the carry,
// already allocated though not yet in V, and goes to the release that frees a slot again. So
// neither counter ever falls, and these hold exactly, always:
//   allocated + idle == accrued, and accrued depends on elapsed time only, not on the steps;
//   allocated == what releases returned + what holders have run up + what is carried.
// A reload may change rent and slots: time up to then is accrued as it was agreed before. When that
// leaves fewer holders than slots, the carry goes to the next release.
//
// A retired meter (its replica is no longer configured) accrues only while somebody holds a slot:
// what runs there is still paid for, and with its last holder the rent ends.
//
// Units inside are 1e-18 USD in 128 bits. Thread-safe; methods never block on anything else.
class RentMeter {
 public:
  using Clock = std::chrono::steady_clock;
  __extension__ using AttoUsd = __int128;

  // `rent_per_hour` >= 0, `slots` >= 1. Accrual starts at `start`.
  RentMeter(NanoUsd rent_per_hour, int slots, Clock::time_point start);

  // In all methods, a `now` before the latest one seen counts as the latest: threads read the clock
  // before they get the lock.

  // V at the moment a request takes a slot; pass it to Release. More than `slots` may hold one.
  AttoUsd Acquire(Clock::time_point now) EXCLUDES_LOCK(mutex_);

  // Gives the slot back; returns what holding it cost.
  // REQUIRES: `acquired_at` came from Acquire of this meter, and is released once.
  NanoUsd Release(AttoUsd acquired_at, Clock::time_point now) EXCLUDES_LOCK(mutex_);

  // The replica stays, with another rent or another number of slots (or the same); one that was
  // retired is configured again. Same ranges as in the constructor.
  void Configure(NanoUsd rent_per_hour, int slots, Clock::time_point now) EXCLUDES_LOCK(mutex_);

  // The replica is no longer configured.
  void Retire(Clock::time_point now) EXCLUDES_LOCK(mutex_);

  struct Books {
    AttoUsd accrued = 0;
    AttoUsd allocated = 0;  // to holders, released or still running
    AttoUsd idle = 0;
    int holders = 0;
  };
  // Steps to `now` and reads the books (for a scrape).
  Books Read(Clock::time_point now) EXCLUDES_LOCK(mutex_);

 private:
  void Step(Clock::time_point now) REQUIRES_LOCK(mutex_);

  Mutex mutex_;
  NanoUsd rent_per_hour_ GUARDED_BY(mutex_);
  int slots_ GUARDED_BY(mutex_);
  bool retired_ GUARDED_BY(mutex_) = false;
  Clock::time_point last_ GUARDED_BY(mutex_);
  std::int64_t hour_remainder_ GUARDED_BY(mutex_) = 0;  // of rent * ns / 3600, so nothing is lost
  AttoUsd carry_ GUARDED_BY(mutex_) = 0;                // not 0 only while holders >= slots
  AttoUsd virtual_price_ GUARDED_BY(mutex_) = 0;
  AttoUsd release_carry_ GUARDED_BY(mutex_) = 0;
  Books books_ GUARDED_BY(mutex_);
};

}  // namespace headgate::policy

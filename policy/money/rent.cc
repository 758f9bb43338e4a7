#include "policy/money/rent.h"

#include <algorithm>
#include <limits>

#include "config/base/check.h"

namespace headgate::policy {
namespace {

// 1 nano-dollar per hour is 1e9 atto-dollars in 3600e9 ns: one atto-dollar in 3600 ns.
constexpr std::int64_t kNanosecondsPerAtto = 3600;

constexpr RentMeter::AttoUsd kAttoPerNano = 1'000'000'000;

}  // namespace

RentMeter::RentMeter(NanoUsd rent_per_hour, int slots, Clock::time_point start)
    : rent_per_hour_(rent_per_hour), slots_(slots), last_(start) {
  HEADGATE_CHECK(rent_per_hour >= 0);
  HEADGATE_CHECK(slots >= 1);
}

RentMeter::AttoUsd RentMeter::Acquire(Clock::time_point now) {
  const MutexLock lock(mutex_);
  Step(now);
  ++books_.holders;
  return virtual_price_;
}

// Returns the cost of holding the slot, with all that was carried.
RentMeter::AttoUsd RentMeter::Leave(AttoUsd acquired_at, Clock::time_point now) {
  Step(now);
  HEADGATE_CHECK(books_.holders > 0);
  HEADGATE_CHECK(acquired_at >= 0 && acquired_at <= virtual_price_);
  --books_.holders;

  AttoUsd cost = virtual_price_ - acquired_at + release_carry_;
  if (books_.holders < slots_) {
    cost += carry_;
    carry_ = 0;
  }
  return cost;
}

NanoUsd RentMeter::Release(AttoUsd acquired_at, Clock::time_point now) {
  const MutexLock lock(mutex_);
  const AttoUsd cost = Leave(acquired_at, now);
  const AttoUsd nano = std::min<AttoUsd>(cost / kAttoPerNano, std::numeric_limits<NanoUsd>::max());
  release_carry_ = cost - nano * kAttoPerNano;
  return static_cast<NanoUsd>(nano);
}

void RentMeter::ReleaseUnused(AttoUsd acquired_at, Clock::time_point now) {
  const MutexLock lock(mutex_);
  release_carry_ = Leave(acquired_at, now);
}

void RentMeter::Configure(NanoUsd rent_per_hour, int slots, Clock::time_point now) {
  HEADGATE_CHECK(rent_per_hour >= 0);
  HEADGATE_CHECK(slots >= 1);
  const MutexLock lock(mutex_);
  Step(now);
  rent_per_hour_ = rent_per_hour;
  slots_ = slots;
  retired_ = false;
  if (books_.holders < slots_) {
    release_carry_ += carry_;
    carry_ = 0;
  }
}

void RentMeter::SetRent(NanoUsd rent_per_hour, Clock::time_point now) {
  HEADGATE_CHECK(rent_per_hour >= 0);
  const MutexLock lock(mutex_);
  Step(now);
  rent_per_hour_ = rent_per_hour;
}

void RentMeter::Retire(Clock::time_point now) {
  const MutexLock lock(mutex_);
  Step(now);
  retired_ = true;
}

RentMeter::Books RentMeter::Read(Clock::time_point now) {
  const MutexLock lock(mutex_);
  Step(now);
  return books_;
}

void RentMeter::Step(Clock::time_point now) {
  if (now <= last_) return;
  const std::int64_t elapsed =
      std::chrono::duration_cast<std::chrono::nanoseconds>(now - last_).count();
  last_ = now;
  if (retired_ && books_.holders == 0) return;

  const AttoUsd due = AttoUsd{rent_per_hour_} * elapsed + hour_remainder_;
  const AttoUsd accrued = due / kNanosecondsPerAtto;
  hour_remainder_ = static_cast<std::int64_t>(due % kNanosecondsPerAtto);

  const int sharers = std::max(books_.holders, slots_);
  const AttoUsd price_step = (accrued + carry_) / sharers;
  virtual_price_ += price_step;

  const bool all_slots_held = books_.holders >= slots_;
  const AttoUsd allocated = all_slots_held ? accrued : price_step * books_.holders;
  if (all_slots_held) carry_ = (accrued + carry_) % sharers;
  books_.accrued += accrued;
  books_.allocated += allocated;
  books_.idle += accrued - allocated;
}

}  // namespace headgate::policy

#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "absl/time/time.h"
#include "config/base/money.h"
#include "config/limits.h"

namespace headgate::policy {

// When a day or a month begins and ends; milliseconds since 1970.
struct BudgetBounds {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  bool Has(std::int64_t time) const { return begin <= time && time < end; }
};
// Returns the day or month that `time` is in. A day in which clocks change has 23 or 25 hours.
BudgetBounds BoundsOf(config::BudgetPeriod per, const absl::TimeZone& zone, std::int64_t time);

// What the operator was told last of a budget in one day or month: that so much of this limit is
// spent, and that it refuses requests. The share is in millionths; 0: no share was told.
struct ToldShare {
  NanoUsd limit = 0;
  std::int64_t share = 0;
  bool refuses = false;

  bool operator==(const ToldShare&) const = default;
};

// What a budget had spent in its window when a day began. Times are in milliseconds since 1970.
struct SpentMark {
  std::int64_t time = 0;
  NanoUsd spent = 0;
};

// What one budget has spent and reserved in one day or month. Spent and reserved money is one
// atomic number, so that their sum never exceeds a limit, whatever workers do at once. Lock-free,
// thread-safe.
class BudgetWindow {
 public:
  explicit BudgetWindow(const BudgetBounds& bounds) : bounds_(bounds) {}

  const BudgetBounds& bounds() const { return bounds_; }

  // Reserves `amount` if it fits under `limit` with all that is spent and reserved.
  bool Reserve(NanoUsd amount, NanoUsd limit) {
    NanoUsd before = committed_.load(std::memory_order_relaxed);
    do {
      if (amount > limit - before) return false;
    } while (!committed_.compare_exchange_weak(before, before + amount, std::memory_order_relaxed));
    return true;
  }
  // Reserves `amount` whatever is spent. Returns what was reserved: less if the sum would come near
  // the end of its range.
  NanoUsd ReserveAnyway(NanoUsd amount) {
    constexpr NanoUsd kMost = std::numeric_limits<NanoUsd>::max() / 2;  // room for what is spent
    NanoUsd before = committed_.load(std::memory_order_relaxed);
    NanoUsd reserved = 0;
    do {
      reserved = std::clamp<NanoUsd>(kMost - before, 0, amount);
    } while (
        !committed_.compare_exchange_weak(before, before + reserved, std::memory_order_relaxed));
    return reserved;
  }
  // Replaces what was reserved by what was spent.
  void Settle(NanoUsd reserved, NanoUsd spent) {
    spent_.fetch_add(spent, std::memory_order_relaxed);
    committed_.fetch_add(spent - reserved, std::memory_order_relaxed);
  }

  // Count the calls that have reserved something: those that run.
  void BeginCall() { calls_.fetch_add(1, std::memory_order_relaxed); }
  void EndCall() { calls_.fetch_sub(1, std::memory_order_relaxed); }
  std::int64_t calls() const { return calls_.load(std::memory_order_relaxed); }

  // Notes that the budget has refused a request for lack of room. `most` is > 0: what the request
  // could have cost.
  void NoteRefused(NanoUsd most) {
    NanoUsd none = 0;
    refused_most_.compare_exchange_strong(none, most, std::memory_order_relaxed);
  }
  // Returns what the first refused request could have cost; 0: none was refused.
  NanoUsd refused_most() const { return refused_most_.load(std::memory_order_relaxed); }

  NanoUsd spent() const { return spent_.load(std::memory_order_relaxed); }
  // Spent and reserved together.
  NanoUsd committed() const { return committed_.load(std::memory_order_relaxed); }

  // A window of which the ledger may know more counts what its calls spend, and waits for the rest.
  // Both are called before anybody else sees the window.
  void AwaitRest() { whole_.store(false, std::memory_order_relaxed); }
  // `rows`: how many rows had been put into the ledger before. The rest is made of them alone.
  void NoteRowsBefore(std::int64_t rows) { rows_before_ = rows; }
  // Adds the rest, and what the operator was told. Called once, by any thread.
  void AddRest(NanoUsd rest, const ToldShare& what_was_told) {
    Settle(0, rest);
    told = what_was_told;
    whole_.store(true, std::memory_order_release);
  }
  bool IsWhole() const { return whole_.load(std::memory_order_acquire); }
  std::int64_t rows_before() const { return rows_before_; }

  // For one thread, once the window is whole.
  ToldShare told;
  std::vector<SpentMark> marks;  // in the order of time

 private:
  const BudgetBounds bounds_;
  std::atomic<NanoUsd> committed_{0};
  std::atomic<NanoUsd> spent_{0};
  std::atomic<NanoUsd> refused_most_{0};
  std::atomic<std::int64_t> calls_{0};
  std::int64_t rows_before_ = 0;
  std::atomic<bool> whole_{true};
};

}  // namespace headgate::policy

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

#include "config/base/mutex.h"
#include "policy/money/cost.h"
#include "policy/money/rent.h"

namespace headgate::policy {

// What a self-hosted backend has served for its rent, in the last minutes, hour and day. Workers
// add tokens; one thread samples the sums once a minute. Thread-safe. `now` is an argument; units
// inside as in RentMeter. Memory: one sample a minute for 24 hours, 72 bytes each.
class ServedWindow {
 public:
  using Clock = RentMeter::Clock;
  static constexpr std::chrono::minutes kSampled{1};
  static constexpr std::chrono::hours kLongest{24};

  // The rent of all replicas since the start, those that were removed included. It never falls.
  struct Rent {
    RentMeter::AttoUsd accrued = 0;
    RentMeter::AttoUsd allocated = 0;
  };

  // Adds the tokens of an attempt. Never blocks.
  void Add(const Usage& usage);

  // Remembers the sums at `now`. Call this every kSampled.
  void Sample(const Rent& rent, Clock::time_point now) EXCLUDES_LOCK(mutex_);

  struct Span {
    std::chrono::duration<double> time{};  // as long as asked for, and up to kSampled longer
    Rent rent;
    Usage tokens;
  };
  // What was served in the last `window`, up to `now`; less long after a start. Nullopt before the
  // first sample, and in the first second after it.
  std::optional<Span> Over(std::chrono::seconds window, const Rent& rent,
                           Clock::time_point now) const EXCLUDES_LOCK(mutex_);

 private:
  struct Point {
    Clock::time_point at;
    Rent rent;
    Usage tokens;
  };
  Usage Tokens() const;

  std::atomic<std::int64_t> input_{0};
  std::atomic<std::int64_t> cached_input_{0};
  std::atomic<std::int64_t> cache_write_{0};
  std::atomic<std::int64_t> output_{0};
  mutable Mutex mutex_;
  std::deque<Point> points_ GUARDED_BY(mutex_);  // ascending in time
};

// The part of the rent that requests used; 0 .. 1. Nullopt if no rent was due.
std::optional<double> UtilisationOf(const ServedWindow::Span& span);

// The rent, idle time included, for 1M tokens of input and output. US dollars; nullopt if no token
// was served.
std::optional<double> EffectivePriceOf(const ServedWindow::Span& span);

// The bill for the same tokens at these prices, in nano-dollars: the standard row that holds at a
// time, without context tiers and charges per request, which sums of tokens do not tell.
NanoUsd BillElsewhere(const ServedWindow::Span& span, const config::Prices& prices,
                      std::int64_t unix_seconds);

// The tokens a day at which the bill at these prices would be as high as the rent of a day, with
// the mix of the span: rent of a day / (bill elsewhere / tokens). Nullopt if no token was served or
// they would cost nothing elsewhere.
std::optional<double> BreakEvenTokensPerDay(const ServedWindow::Span& span,
                                            const config::Prices& prices, std::int64_t unix_seconds,
                                            NanoUsd rent_per_day);

}  // namespace headgate::policy

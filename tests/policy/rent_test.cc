#include "policy/money/rent.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/multiprecision/cpp_int.hpp>
#include <cstdint>
#include <iterator>
#include <limits>
#include <random>
#include <thread>
#include <vector>

#include "tests/policy/rent_fixture.h"

namespace headgate::policy {
namespace {

// The rent after `elapsed`, computed without steps.
AttoUsd Accrued(NanoUsd rent_per_hour, nanoseconds elapsed) {
  using boost::multiprecision::cpp_int;
  const cpp_int atto_per_hour = cpp_int(rent_per_hour) * 1'000'000'000;
  const cpp_int atto = atto_per_hour * elapsed.count() / 3'600'000'000'000;
  return atto.convert_to<AttoUsd>();
}

TEST(RentMeter, idle_replica_costs_its_rent) {
  RentMeter meter(21 * kDollar / 10, 48, kStart);
  const RentMeter::Books books = meter.Read(kStart + hours(1));
  EXPECT_EQ(books.accrued, AttoUsd{2'100'000'000} * kAttoPerNano);
  EXPECT_EQ(books.idle, books.accrued);
  EXPECT_EQ(books.allocated, 0);
  EXPECT_EQ(books.holders, 0);
}

TEST(RentMeter, a_new_rent_holds_from_then_on) {
  RentMeter meter(36 * kDollar, 4, kStart);  // a cent a second
  const AttoUsd slot = meter.Acquire(kStart);
  meter.SetRent(72 * kDollar, kStart + seconds(10));
  EXPECT_EQ(meter.Release(slot, kStart + seconds(20)), kDollar / 40 + kDollar / 20);
  const RentMeter::Books books = meter.Read(kStart + seconds(20));
  EXPECT_EQ(books.accrued, AttoUsd{3} * kDollar / 10 * kAttoPerNano);
  EXPECT_EQ(books.allocated + books.idle, books.accrued);
}

TEST(RentMeter, holder_pays_for_its_slot_and_no_other) {
  RentMeter meter(36 * kDollar, 4, kStart);  // a cent a second, a quarter of it per slot
  const AttoUsd slot = meter.Acquire(kStart + seconds(10));
  EXPECT_EQ(meter.Read(kStart + seconds(11)).holders, 1);
  EXPECT_EQ(meter.Release(slot, kStart + seconds(14)), kDollar / 100);
  const RentMeter::Books books = meter.Read(kStart + seconds(20));
  EXPECT_EQ(books.accrued, AttoUsd{kDollar / 5} * kAttoPerNano);
  EXPECT_EQ(books.allocated, AttoUsd{kDollar / 100} * kAttoPerNano);
  EXPECT_EQ(books.holders, 0);
}

TEST(RentMeter, holders_beyond_the_slots_share_the_rent) {
  RentMeter meter(36 * kDollar, 2, kStart);
  std::vector<AttoUsd> slots;
  slots.reserve(8);
  for (int i = 0; i < 8; ++i) slots.push_back(meter.Acquire(kStart));
  NanoUsd total = 0;
  for (const AttoUsd slot : slots) total += meter.Release(slot, kStart + seconds(8));
  EXPECT_EQ(total, 8 * kDollar / 100);
  EXPECT_EQ(meter.Read(kStart + seconds(8)).idle, 0);
}

TEST(RentMeter, parts_below_a_nano_dollar_reach_a_later_release) {
  RentMeter meter(kDollar / 1000, 1, kStart);  // 0.28 nano-dollars per microsecond
  NanoUsd total = 0;
  Clock::time_point now = kStart;
  for (int i = 0; i < 3'600'000; ++i) {
    const AttoUsd slot = meter.Acquire(now);
    now += nanoseconds(1000);
    total += meter.Release(slot, now);
  }
  EXPECT_EQ(total, 1000);  // 3.6 s of a tenth of a cent per hour
}

TEST(RentMeter, a_slot_that_nobody_used_is_paid_by_the_next_release) {
  RentMeter meter(36 * kDollar, 2, kStart);  // a slot costs half a cent a second
  const AttoUsd dropped = meter.Acquire(kStart);
  const AttoUsd used = meter.Acquire(kStart + seconds(3));
  meter.ReleaseUnused(dropped, kStart + seconds(4));
  const NanoUsd cost = meter.Release(used, kStart + seconds(5));
  EXPECT_EQ(cost, (4 + 2) * kDollar / 200);
  const RentMeter::Books books = meter.Read(kStart + seconds(5));
  EXPECT_EQ(books.allocated, AttoUsd{cost} * kAttoPerNano);
  EXPECT_EQ(books.allocated + books.idle, books.accrued);
}

TEST(RentMeter, time_that_goes_back_has_not_passed) {
  RentMeter meter(kDollar, 1, kStart);
  EXPECT_EQ(meter.Read(kStart - hours(1)).accrued, 0);
  const AttoUsd slot = meter.Acquire(kStart + seconds(36));
  EXPECT_EQ(meter.Release(slot, kStart + seconds(18)), 0);
  EXPECT_EQ(meter.Read(kStart + seconds(36)).accrued, AttoUsd{kDollar / 100} * kAttoPerNano);
  EXPECT_EQ(meter.Read(kStart + seconds(72)).accrued, AttoUsd{kDollar / 50} * kAttoPerNano);
}

TEST(RentMeter, free_replica_costs_nothing) {
  RentMeter meter(0, 1, kStart);
  const AttoUsd slot = meter.Acquire(kStart);
  EXPECT_EQ(meter.Release(slot, kStart + hours(10'000)), 0);
  EXPECT_EQ(meter.Read(kStart + hours(10'000)).accrued, 0);
}

TEST(RentMeter, cost_beyond_int64_is_paid_in_parts) {
  constexpr NanoUsd kMax = std::numeric_limits<NanoUsd>::max();
  RentMeter meter(kMax, 1, kStart);
  const AttoUsd slot = meter.Acquire(kStart);
  const Clock::time_point end = kStart + hours(2);
  EXPECT_EQ(meter.Release(slot, end), kMax);
  EXPECT_EQ(meter.Release(meter.Acquire(end), end), kMax);
  EXPECT_EQ(meter.Release(meter.Acquire(end), end), 0);
}

TEST(RentMeter, accrual_does_not_depend_on_the_steps) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    const auto rent = static_cast<NanoUsd>(random() >> (1 + random() % 63));
    RentMeter meter(rent, static_cast<int>(1 + random() % 100), kStart);
    nanoseconds elapsed{0};
    for (int step = 0; step < 200; ++step) {
      elapsed += nanoseconds(random() >> (24 + random() % 40));
      if (random() % 4 == 0) meter.Acquire(kStart + elapsed);
      ASSERT_EQ(meter.Read(kStart + elapsed).accrued, Accrued(rent, elapsed))
          << "rent " << rent << " after " << elapsed.count() << " ns";
    }
  }
}

// A meter driven at random, with every promise of the header checked after every step.
class RandomLife {
 public:
  explicit RandomLife(std::uint64_t seed)
      : random_(seed),
        rent_(static_cast<NanoUsd>(random_() >> (8 + random_() % 56))),
        slots_(static_cast<int>(1 + random_() % 12)),
        meter_(rent_, slots_, kStart) {}

  void Live(int steps) {
    for (int step = 0; step < steps && !testing::Test::HasFatalFailure(); ++step) {
      const bool was_full = Holders() >= slots_;
      const auto action = random_() % 8;
      if (action < 3 && Holders() < 3 * slots_) {
        held_.push_back(meter_.Acquire(Later()));
      } else if (action < 6 && !held_.empty()) {
        ReleaseOne();
      } else {
        Later();
      }
      Check(was_full);
    }
    while (!held_.empty()) ReleaseOne();
    Check(/*was_full=*/false);
  }

 private:
  int Holders() const { return static_cast<int>(held_.size()); }

  Clock::time_point Later() {
    // Steps of 0 to two minutes, small and long ones equally likely; sometimes the clock is older.
    if (random_() % 10 == 0) return now_ - seconds(1);
    now_ += nanoseconds(random_() >> (27 + random_() % 37));
    return now_;
  }

  void ReleaseOne() {
    const auto which = static_cast<std::ptrdiff_t>(random_() % held_.size());
    const NanoUsd cost = meter_.Release(held_[static_cast<std::size_t>(which)], Later());
    EXPECT_GE(cost, 0);
    released_ += cost;
    held_.erase(held_.begin() + which);
  }

  void Check(bool was_full) {
    const RentMeter::Books books = meter_.Read(now_);
    ASSERT_EQ(books.holders, Holders());
    ASSERT_EQ(books.accrued, Accrued(rent_, now_ - kStart));
    ASSERT_EQ(books.allocated + books.idle, books.accrued);
    ASSERT_GE(books.allocated, last_.allocated);
    ASSERT_GE(books.idle, last_.idle);
    // If all slots were held at the last check, time has passed only while they were held: a
    // release ends that time, and this read is at the same instant.
    if (was_full) {
      ASSERT_EQ(books.idle, last_.idle);
    }
    ASSERT_GE(books.allocated, released_ * kAttoPerNano);
    if (held_.empty()) {
      ASSERT_LT(books.allocated - released_ * kAttoPerNano, kAttoPerNano);
    }
    last_ = books;
  }

  std::mt19937_64 random_;
  const NanoUsd rent_;
  const int slots_;
  RentMeter meter_;
  Clock::time_point now_ = kStart;
  std::vector<AttoUsd> held_;
  AttoUsd released_ = 0;
  RentMeter::Books last_;
};

TEST(RentMeter, books_hold_through_random_lives) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    RandomLife(seed).Live(300);
    if (HasFatalFailure()) return;
  }
}

TEST(RentMeter, books_hold_between_threads) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 5'000;
  RentMeter meter(1000 * kDollar, 2, Clock::now());
  std::vector<NanoUsd> released(kThreads, 0);
  std::vector<std::jthread> threads;  // joined also when an assertion leaves early
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&meter, &sum = released[static_cast<std::size_t>(t)]] {
      for (int i = 0; i < kRounds; ++i) {
        const AttoUsd slot = meter.Acquire(Clock::now());
        sum += meter.Release(slot, Clock::now());
      }
    });
  }
  RentMeter::Books last;
  for (int i = 0; i < kRounds; ++i) {
    const RentMeter::Books books = meter.Read(Clock::now());
    ASSERT_EQ(books.allocated + books.idle, books.accrued);
    ASSERT_GE(books.allocated, last.allocated);
    ASSERT_GE(books.idle, last.idle);
    last = books;
  }
  threads.clear();

  AttoUsd total = 0;
  for (const NanoUsd sum : released) total += sum;
  const RentMeter::Books books = meter.Read(Clock::now());
  EXPECT_EQ(books.holders, 0);
  EXPECT_EQ(books.allocated + books.idle, books.accrued);
  EXPECT_GE(books.allocated - total * kAttoPerNano, 0);
  EXPECT_LT(books.allocated - total * kAttoPerNano, kAttoPerNano);
}

}  // namespace
}  // namespace headgate::policy

#include "policy/money/retired_rent.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/policy/rent_fixture.h"

namespace headgate::policy {
namespace {

TEST(RentMeter, a_new_rent_counts_from_the_reload) {
  RentMeter meter(36 * kDollar, 4, kStart);  // a cent a second
  meter.Configure(72 * kDollar, 4, kStart + seconds(10));
  EXPECT_EQ(meter.Read(kStart + seconds(15)).accrued, 20 * kCent);
}

TEST(RentMeter, who_holds_a_slot_pays_each_part_as_it_was_agreed) {
  RentMeter meter(36 * kDollar, 4, kStart);
  const AttoUsd slot = meter.Acquire(kStart);
  meter.Configure(72 * kDollar, 2, kStart + seconds(4));
  // A quarter of a cent for four seconds, a whole one for the next.
  EXPECT_EQ(meter.Release(slot, kStart + seconds(5)), 2 * kDollar / 100);
}

TEST(RentMeter, a_removed_replica_accrues_until_its_last_request_is_gone) {
  RentMeter meter(36 * kDollar, 2, kStart);
  const AttoUsd slot = meter.Acquire(kStart);
  meter.Retire(kStart + seconds(2));
  EXPECT_EQ(meter.Release(slot, kStart + seconds(6)), 3 * kDollar / 100);
  const RentMeter::Books books = meter.Read(kStart + hours(5));
  EXPECT_EQ(books.accrued, 6 * kCent);
  EXPECT_EQ(books.allocated + books.idle, books.accrued);
}

TEST(RentMeter, a_removed_replica_without_a_request_stops_at_once_and_may_come_back) {
  RentMeter meter(36 * kDollar, 2, kStart);
  meter.Retire(kStart + seconds(2));
  EXPECT_EQ(meter.Read(kStart + seconds(50)).accrued, 2 * kCent);
  meter.Configure(36 * kDollar, 2, kStart + seconds(60));
  EXPECT_EQ(meter.Read(kStart + seconds(61)).accrued, 3 * kCent);
}

// Replicas that come, change and go at random, with everything that must hold checked each step
// against the rent computed without a meter.
class RandomReloads {
 public:
  explicit RandomReloads(std::uint64_t seed) : random_(seed) {
    for (std::size_t i = 0; i < 3; ++i) Join(i);
  }

  void Live(int steps) {
    for (int step = 0; step < steps && !testing::Test::HasFatalFailure(); ++step) {
      const std::size_t which = random_() % places_.size();
      Pass(nanoseconds(random_() >> (27 + random_() % 37)));
      switch (random_() % 10) {
        case 0:
          Reconfigure(which);
          break;
        case 1:
          places_[which].configured ? Leave(which) : Join(which);
          break;
        case 2:
          retired_.MergeUnshared({"pool"}, now_);
          break;
        case 3:
        case 4:
        case 5:
          Release();
          break;
        default:
          if (places_[which].configured) Acquire(which);
      }
      Check();
    }
    while (!held_.empty()) Release();
    Check();
    // No slot is held: the charged and the allocated amounts differ by the carries of the meters,
    // less than a nano-dollar each.
    EXPECT_LT(last_.allocated - released_ * kAttoPerNano, kAttoPerNano * meters_);
  }

 private:
  struct Place {
    std::shared_ptr<RentMeter> meter;
    bool configured = false;
  };
  // A request keeps its meter as its snapshot would.
  struct Held {
    std::shared_ptr<RentMeter> meter;
    AttoUsd acquired_at;
  };
  // The rent of one meter in 1/3600 of 1e-18 USD.
  struct Reckoned {
    std::weak_ptr<RentMeter> meter;  // a meter that the test owned would never merge
    NanoUsd rent = 0;
    int holders = 0;
    bool configured = true;
    AttoUsd due = 0;
  };

  Reckoned& Of(const std::shared_ptr<RentMeter>& meter) {
    for (Reckoned& reckoned : reckoned_) {
      if (reckoned.meter.lock() == meter) return reckoned;
    }
    ++meters_;
    return reckoned_.emplace_back(Reckoned{.meter = meter});
  }

  void Pass(nanoseconds time) {
    now_ += time;
    for (Reckoned& reckoned : reckoned_) {
      if (reckoned.configured || reckoned.holders > 0) {
        reckoned.due += AttoUsd{reckoned.rent} * time.count();
      }
    }
  }

  void Join(std::size_t which) {
    Place& place = places_[which];
    place.meter = retired_.Find("pool", Name(which));
    if (!place.meter) place.meter = std::make_shared<RentMeter>(0, 1, now_);
    retired_.Remove(place.meter);
    place.configured = true;
    Reconfigure(which);
  }

  void Reconfigure(std::size_t which) {
    if (!places_[which].configured) return;
    const auto rent = static_cast<NanoUsd>(random_() >> (16 + random_() % 40));
    places_[which].meter->Configure(rent, static_cast<int>(1 + random_() % 6), now_);
    Reckoned& reckoned = Of(places_[which].meter);
    reckoned.rent = rent;
    reckoned.configured = true;
  }

  void Leave(std::size_t which) {
    Of(places_[which].meter).configured = false;
    retired_.Add("pool", Name(which), std::move(places_[which].meter), now_);
    places_[which] = {};
  }

  void Acquire(std::size_t which) {
    held_.push_back({places_[which].meter, places_[which].meter->Acquire(now_)});
    ++Of(places_[which].meter).holders;
  }

  void Release() {
    if (held_.empty()) return;
    const std::size_t which = random_() % held_.size();
    std::swap(held_[which], held_.back());
    const NanoUsd cost = held_.back().meter->Release(held_.back().acquired_at, now_);
    ASSERT_GE(cost, 0);
    released_ += cost;
    --Of(held_.back().meter).holders;
    held_.pop_back();
  }

  void Check() {
    RetiredRent::Totals sum = retired_.Read(now_)["pool"];
    for (const Place& place : places_) {
      if (!place.configured) continue;
      const RentMeter::Books books = place.meter->Read(now_);
      sum.accrued += books.accrued;
      sum.allocated += books.allocated;
      sum.idle += books.idle;
    }
    AttoUsd due = 0;
    for (const Reckoned& reckoned : reckoned_) due += reckoned.due / 3600;
    ASSERT_EQ(sum.accrued, due);
    ASSERT_EQ(sum.allocated + sum.idle, sum.accrued);
    ASSERT_GE(sum.allocated, last_.allocated);
    ASSERT_GE(sum.idle, last_.idle);
    ASSERT_GE(sum.allocated, released_ * kAttoPerNano);
    last_ = sum;
  }

  static std::string Name(std::size_t which) { return "replica-" + std::to_string(which); }

  std::mt19937_64 random_;
  Clock::time_point now_ = kStart;
  std::vector<Place> places_ = std::vector<Place>(4);
  std::vector<Held> held_;
  std::vector<Reckoned> reckoned_;
  RetiredRent retired_;
  RetiredRent::Totals last_;
  AttoUsd released_ = 0;
  int meters_ = 0;
};

TEST(RetiredRent, books_hold_over_random_reloads) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    RandomReloads(seed).Live(300);
    if (HasFatalFailure()) return;
  }
}

TEST(RetiredRent, finds_a_replica_while_something_holds_its_meter) {
  RetiredRent retired;
  auto meter = std::make_shared<RentMeter>(kDollar, 1, kStart);
  const std::shared_ptr<RentMeter> held = meter;
  retired.Add("gpu", "http://a", std::move(meter), kStart);
  retired.MergeUnshared({"gpu"}, kStart);
  EXPECT_EQ(retired.Find("gpu", "http://a"), held);
  EXPECT_EQ(retired.Find("other", "http://a"), nullptr);
  retired.Remove(held);
  EXPECT_EQ(retired.Find("gpu", "http://a"), nullptr);
}

TEST(RetiredRent, a_backend_is_forgotten_an_hour_after_it_has_gone) {
  RetiredRent retired;
  retired.Add("gpu", "http://a", std::make_shared<RentMeter>(36 * kDollar, 1, kStart),
              kStart + seconds(1));
  retired.MergeUnshared({"gpu"},
                        kStart + hours(10));  // another replica of `gpu` is still configured
  EXPECT_EQ(retired.Read(kStart + hours(10))["gpu"].accrued, kCent);
  retired.MergeUnshared({}, kStart + hours(10) + minutes(59));
  EXPECT_EQ(retired.Read(kStart + hours(10))["gpu"].accrued, kCent);
  retired.MergeUnshared({}, kStart + hours(11));
  EXPECT_TRUE(retired.Read(kStart + hours(11)).empty());
}

}  // namespace
}  // namespace headgate::policy

#include "policy/money/rent_terms.h"

#include <gtest/gtest.h>

namespace headgate::policy {
namespace {

constexpr std::int64_t kDayBegins = 1'795'910'400;  // 2026-11-29 00:00 UTC
constexpr std::int64_t TimeAt(std::int64_t hour, std::int64_t minute = 0, std::int64_t second = 0) {
  return kDayBegins + (hour * 60 + minute) * 60 + second;
}

// $2.10 by day, $0.90 from eight in the evening until eight in the morning.
config::RentTerms CheapNights() {
  config::RentTerms terms;
  terms.per_hour = 2'100'000'000;
  terms.hours = {{{20 * 60, 8 * 60}, 900'000'000}};
  return terms;
}

TEST(RentTerms, hours_of_the_day_have_their_own_rent) {
  const config::RentTerms terms = CheapNights();
  EXPECT_EQ(RentAt(terms, TimeAt(7, 59, 59)), 900'000'000);
  EXPECT_EQ(RentAt(terms, TimeAt(8)), 2'100'000'000);
  EXPECT_EQ(RentAt(terms, TimeAt(19, 59, 59)), 2'100'000'000);
  EXPECT_EQ(RentAt(terms, TimeAt(20)), 900'000'000);
  EXPECT_EQ(RentAt(terms, TimeAt(24)), 900'000'000);
  EXPECT_EQ(RentAt(terms, -1), 900'000'000) << "the last second before 1970";
  EXPECT_EQ(RentAt({.per_hour = 5, .hours = {}}, TimeAt(3)), 5);
}

TEST(RentTerms, a_day_costs_each_hour_at_its_rent) {
  EXPECT_EQ(RentOfDay(CheapNights()), 12 * 2'100'000'000LL + 12 * 900'000'000LL);
  EXPECT_EQ(MeanRent(CheapNights()), 1'500'000'000);
  EXPECT_EQ(RentOfDay({.per_hour = 7, .hours = {}}), 24 * 7);
  config::RentTerms quarter;  // 15 minutes at $0.000000002 an hour are half a nano-dollar
  quarter.hours = {{{0, 15}, 2}};
  EXPECT_EQ(RentOfDay(quarter), 1);
  config::RentTerms always;
  always.hours = {{{0, config::kMinutesADay}, 3}};
  EXPECT_EQ(RentOfDay(always), 72);
}

TEST(RentTerms, a_slot_pays_its_part_at_every_hour) {
  const config::RentTerms slot = OfOneSlot(CheapNights(), 8);
  EXPECT_EQ(slot.per_hour, 262'500'000);
  ASSERT_EQ(slot.hours.size(), 1u);
  EXPECT_EQ(slot.hours[0].per_hour, 112'500'000);
  EXPECT_EQ(slot.hours[0].from_minute, 20 * 60);
}

}  // namespace
}  // namespace headgate::policy

#include "policy/budgets/budget_pace.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "policy/budgets/budget_spend.h"
#include "tests/policy/budgets/budget_fixture.h"

namespace headgate::policy {
namespace {

using config::BudgetPeriod;

TEST(BudgetWindow, days_and_months_begin_in_their_zone) {
  const auto millis = [](const char* text) {
    absl::Time time;
    std::string error;
    EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, &error)) << error;
    return absl::ToUnixMillis(time);
  };
  absl::TimeZone berlin;
  ASSERT_TRUE(absl::LoadTimeZone("Europe/Berlin", &berlin));
  struct Case {
    BudgetPeriod per;
    absl::TimeZone zone;
    const char* time;
    const char* begin;
    const char* end;
  };
  const std::vector<Case> cases = {
      {BudgetPeriod::kDay, absl::UTCTimeZone(), "2026-11-29T13:00:00Z", "2026-11-29T00:00:00Z",
       "2026-11-30T00:00:00Z"},
      {BudgetPeriod::kMonth, absl::UTCTimeZone(), "2026-12-31T23:59:59.999Z",
       "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"},
      {BudgetPeriod::kMonth, absl::UTCTimeZone(), "2028-02-29T12:00:00Z", "2028-02-01T00:00:00Z",
       "2028-03-01T00:00:00Z"},
      {BudgetPeriod::kDay, berlin, "2026-11-29T23:30:00Z", "2026-11-29T23:00:00Z",
       "2026-11-30T23:00:00Z"},
      // Clocks go back on 2026-10-25, so the day has 25 hours.
      {BudgetPeriod::kDay, berlin, "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z",
       "2026-10-25T23:00:00Z"},
      {BudgetPeriod::kMonth, berlin, "2026-10-25T12:00:00Z", "2026-09-30T22:00:00Z",
       "2026-10-31T23:00:00Z"},
  };
  for (const Case& one : cases) {
    const BudgetBounds bounds = BoundsOf(one.per, one.zone, millis(one.time));
    EXPECT_EQ(bounds.begin, millis(one.begin)) << one.time;
    EXPECT_EQ(bounds.end, millis(one.end)) << one.time;
  }
}

TEST(BudgetSpend, marks_what_is_spent_when_a_day_begins) {
  BudgetSpend spend(BudgetPeriod::kMonth, "UTC");
  spend.MarkDay(kNoon);
  spend.At(kNoon).Settle(0, 70);
  EXPECT_TRUE(spend.At(kNoon).marks.empty()) << "the day had begun before";
  spend.MarkDay(kNoon + kMsPerDay);
  spend.MarkDay(kNoon + kMsPerDay + 1000);
  ASSERT_EQ(spend.At(kNoon).marks.size(), 1u);
  EXPECT_EQ(spend.At(kNoon).marks[0].spent, 70);
  EXPECT_EQ(spend.At(kNoon).marks[0].time % kMsPerDay, 0);
}

TEST(ForecastSpend, takes_the_days_that_are_complete) {
  constexpr NanoUsd kTen = 10 * kDollar;
  const BudgetBounds month{.begin = 0, .end = 30 * kMsPerDay};
  struct Case {
    const char* what;
    std::vector<SpentMark> marks;
    PaceMoment moment;
    std::optional<NanoUsd> forecast;
  };
  const std::vector<Case> cases = {
      {"not a day yet", {}, {.now = kMsPerDay - 1, .spent = kTen}, std::nullopt},
      {"the time so far", {}, {.now = 2 * kMsPerDay, .spent = kTen}, 15 * kTen},
      {"two days are too few",
       {{.time = kMsPerDay, .spent = kDollar}, {.time = 3 * kMsPerDay, .spent = 3 * kDollar}},
       {.now = 5 * kMsPerDay, .spent = kTen},
       6 * kTen},
      {"three days",
       {{.time = 7 * kMsPerDay, .spent = 0}, {.time = 10 * kMsPerDay, .spent = 3 * kDollar}},
       {.now = 10 * kMsPerDay + kMsPerDay / 2, .spent = 3 * kDollar + kDollar / 2},
       23 * kDollar},
      {"the last seven of many",
       {{.time = 0, .spent = 0},
        {.time = 13 * kMsPerDay, .spent = kTen},
        {.time = 20 * kMsPerDay, .spent = kTen + 7 * kDollar}},
       {.now = 20 * kMsPerDay, .spent = kTen + 7 * kDollar},
       kTen + 17 * kDollar},
      {"the end", {}, {.now = 30 * kMsPerDay, .spent = kTen}, kTen},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(ForecastSpend(month, one.marks, one.moment), one.forecast) << one.what;
  }
}

}  // namespace
}  // namespace headgate::policy

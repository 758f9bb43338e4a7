#include "policy/ledger/clock_watch.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <vector>

#include "tests/policy/ledger/ledger_fixture.h"

namespace headgate::policy {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr std::int64_t kToday = kNoon / kMsPerDay;

struct ClockStep {
  std::int64_t days = 0;  // by which the wall clock is off kNoon when the steady clock is at 0
  milliseconds steady{0};
  bool believed = false;
  milliseconds set_by{0};
};

void Check(std::optional<std::int64_t> last_day, const std::vector<ClockStep>& steps) {
  ClockWatch watch(last_day);
  for (const ClockStep& step : steps) {
    const ClockWatch::Finding finding = watch.Look(
        {.wall = kNoon + step.days * kMsPerDay + step.steady.count(), .steady = step.steady});
    EXPECT_EQ(finding.believed, step.believed) << step.days << " at " << step.steady.count();
    EXPECT_EQ(finding.set_by, step.set_by) << step.days << " at " << step.steady.count();
  }
}

TEST(ClockWatchTest, BelievesAClockThatGoesOn) {
  Check(kToday, {{0, minutes(0), true}, {0, minutes(1), true}, {0, hours(24 * 9), true}});
  Check(kToday - 7, {{0, minutes(0), true}});
  Check(std::nullopt, {{900, minutes(0), true}});
}

TEST(ClockWatchTest, WaitsAnHourForAClockThatIsFarAhead) {
  Check(kToday, {{900, minutes(0), false},
                 {900, minutes(59), false},
                 {900, minutes(60), true},
                 {900, minutes(61), true}});
  Check(kToday - 8, {{0, minutes(0), false}, {0, minutes(60), true}});
}

TEST(ClockWatchTest, TheHourBeginsAnewWhenTheClockIsSet) {
  const auto days = [](int number) { return milliseconds(number * kMsPerDay); };
  Check(kToday, {{900, minutes(0), false},
                 {800, minutes(30), false, -days(100)},
                 {800, minutes(89), false},
                 {0, minutes(90), true, -days(800)},
                 {20, minutes(91), false, days(20)},
                 {20, minutes(151), true}});
}

TEST(ClockWatchTest, AClockThatIsBehindIsBelieved) {
  const auto day = milliseconds(kMsPerDay);
  Check(kToday, {{-1, minutes(0), true}, {0, minutes(1), true, day}, {-1, minutes(2), true, -day}});
}

TEST(ClockWatchTest, SmallCorrectionsAreNotTold) {
  ClockWatch watch(kToday);
  EXPECT_EQ(watch.Look({.wall = kNoon, .steady = minutes(1)}).set_by, milliseconds(0));
  EXPECT_EQ(watch.Look({.wall = kNoon + 120'000, .steady = minutes(2)}).set_by, milliseconds(0));
  EXPECT_EQ(watch.Look({.wall = kNoon + 240'001, .steady = minutes(3)}).set_by,
            milliseconds(60'001));
}

}  // namespace
}  // namespace headgate::policy

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "routing/policy/condition.h"
#include "tests/routing/fixture.h"

namespace headgate::routing {
namespace {

std::int64_t At(const std::string& rfc3339) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, rfc3339, &time, &error)) << rfc3339;
  return absl::ToUnixSeconds(time);
}

constexpr unsigned long kWeekdays = 0x1f;  // Monday is bit 0
constexpr unsigned long kFriday = 1u << 4;
constexpr unsigned long kSunday = 1u << 6;
constexpr unsigned long kEveryDay = 0x7f;

config::TimeWindow Window(unsigned long days, int from, int to, std::string zone) {
  config::TimeWindow window;
  window.days = days;
  window.from_minute = from;
  window.to_minute = to;
  window.zone = std::move(zone);
  return window;
}

bool HoldsAt(const config::TimeWindow& window, std::int64_t unix_seconds) {
  WeekHours hours{window.days, window.from_minute, window.to_minute, {}};
  EXPECT_TRUE(absl::LoadTimeZone(window.zone, &hours.zone)) << window.zone;
  return Holds(hours, unix_seconds);
}

TEST(TimeWindow, holds_by_the_wall_clock_of_its_zone) {
  struct Case {
    const char* name;
    unsigned long days;
    int from;
    int to;
    const char* zone;
    const char* time;
    bool holds;
  };
  // 2026-03-02 is a Monday. Clocks in Berlin go forward on 2026-03-29 and back on 2026-10-25.
  constexpr Case kCases[] = {
      {"always", kEveryDay, 0, 1440, "UTC", "2026-03-02T00:00:00Z", true},
      {"first second", kWeekdays, 540, 1020, "UTC", "2026-03-02T09:00:00Z", true},
      {"second before", kWeekdays, 540, 1020, "UTC", "2026-03-02T08:59:59Z", false},
      {"last second", kWeekdays, 540, 1020, "UTC", "2026-03-02T16:59:59Z", true},
      {"the end is exclusive", kWeekdays, 540, 1020, "UTC", "2026-03-02T17:00:00Z", false},
      {"Friday", kWeekdays, 540, 1020, "UTC", "2026-03-06T12:00:00Z", true},
      {"Saturday", kWeekdays, 540, 1020, "UTC", "2026-03-07T12:00:00Z", false},
      {"Sunday", kSunday, 0, 1440, "UTC", "2026-03-08T23:59:59Z", true},
      {"Monday after", kSunday, 0, 1440, "UTC", "2026-03-09T00:00:00Z", false},
      {"no day at all", 0, 0, 1440, "UTC", "2026-03-09T00:00:00Z", false},

      {"evening", kEveryDay, 1320, 360, "UTC", "2026-03-02T22:00:00Z", true},
      {"before the evening", kEveryDay, 1320, 360, "UTC", "2026-03-02T21:59:59Z", false},
      {"midnight", kEveryDay, 1320, 360, "UTC", "2026-03-03T00:00:00Z", true},
      {"morning", kEveryDay, 1320, 360, "UTC", "2026-03-03T05:59:59Z", true},
      {"end of the night", kEveryDay, 1320, 360, "UTC", "2026-03-03T06:00:00Z", false},
      {"Friday evening", kFriday, 1320, 360, "UTC", "2026-03-06T23:00:00Z", true},
      {"the night belongs to Friday", kFriday, 1320, 360, "UTC", "2026-03-07T01:00:00Z", true},
      {"Friday morning does not", kFriday, 1320, 360, "UTC", "2026-03-06T01:00:00Z", false},
      {"Saturday evening does not", kFriday, 1320, 360, "UTC", "2026-03-07T23:00:00Z", false},
      {"Sunday's night, on Monday", kSunday, 1320, 360, "UTC", "2026-03-09T05:00:00Z", true},
      {"until midnight", kFriday, 1320, 0, "UTC", "2026-03-06T23:59:59Z", true},
      {"until midnight, then", kFriday, 1320, 0, "UTC", "2026-03-07T00:00:00Z", false},

      {"equal is the whole day", kFriday, 0, 0, "UTC", "2026-03-06T00:00:00Z", true},
      {"equal, last second", kFriday, 0, 0, "UTC", "2026-03-06T23:59:59Z", true},
      {"equal, next day", kFriday, 0, 0, "UTC", "2026-03-07T00:00:00Z", false},
      {"equal at nine", kFriday, 540, 540, "UTC", "2026-03-07T08:59:59Z", true},
      {"equal at nine, before", kFriday, 540, 540, "UTC", "2026-03-06T08:59:59Z", false},
      {"equal at 24:00", kFriday, 1440, 1440, "UTC", "2026-03-07T12:00:00Z", true},
      {"equal at 24:00, before", kFriday, 1440, 1440, "UTC", "2026-03-06T12:00:00Z", false},
      {"from 24:00", kFriday, 1440, 360, "UTC", "2026-03-07T05:00:00Z", true},
      {"from 24:00, before", kFriday, 1440, 360, "UTC", "2026-03-06T05:00:00Z", false},

      {"winter in Berlin", kWeekdays, 540, 1020, "Europe/Berlin", "2026-03-02T08:00:00Z", true},
      {"before it", kWeekdays, 540, 1020, "Europe/Berlin", "2026-03-02T07:59:59Z", false},
      {"summer in Berlin", kWeekdays, 540, 1020, "Europe/Berlin", "2026-07-06T07:00:00Z", true},
      {"and its end", kWeekdays, 540, 1020, "Europe/Berlin", "2026-07-06T15:00:00Z", false},
      {"the hour that is skipped", kSunday, 120, 180, "Europe/Berlin", "2026-03-29T00:59:59Z",
       false},
      {"is nowhere", kSunday, 120, 180, "Europe/Berlin", "2026-03-29T01:00:00Z", false},
      {"the hour that comes twice", kSunday, 120, 180, "Europe/Berlin", "2026-10-25T00:30:00Z",
       true},
      {"the second time", kSunday, 120, 180, "Europe/Berlin", "2026-10-25T01:30:00Z", true},
      {"and then no more", kSunday, 120, 180, "Europe/Berlin", "2026-10-25T02:00:00Z", false},
      {"already Monday in Tokyo", kSunday, 0, 1440, "Asia/Tokyo", "2026-03-08T15:00:00Z", false},
      {"still Sunday in New York", kSunday, 0, 1440, "America/New_York", "2026-03-09T03:59:59Z",
       true},
      {"half an hour off", kEveryDay, 540, 600, "Asia/Kolkata", "2026-03-02T03:30:00Z", true},
      {"and before", kEveryDay, 540, 600, "Asia/Kolkata", "2026-03-02T03:29:59Z", false},
      {"before 1970", kWeekdays, 540, 1020, "UTC", "1969-12-31T12:00:30Z", true},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(HoldsAt(Window(c.days, c.from, c.to, c.zone), At(c.time)), c.holds) << c.name;
  }
}

TEST(TimeWindow, one_of_several_is_enough) {
  config::Config config = WithRoute(RouteTo("office", {}));
  config.routes[0].when.times = {Window(kWeekdays, 540, 720, "UTC"),
                                 Window(kWeekdays, 780, 1020, "UTC")};
  const auto policy = Compiled(config);
  DecisionInput input = Asking(*policy);
  for (const auto& [time, outcome] : {std::pair{"2026-03-02T09:00:00Z", Outcome::kPlanned},
                                      {"2026-03-02T12:30:00Z", Outcome::kNoRoute},
                                      {"2026-03-02T13:00:00Z", Outcome::kPlanned}}) {
    input.unix_seconds = At(time);
    EXPECT_EQ(Decided(*policy, input).outcome, outcome) << time;
  }
}

TEST(TimeWindow, stands_inside_not_like_any_condition) {
  config::Config config = WithRoute(RouteTo("nights", {}));
  config.routes[0].when.none = {config::When{}};
  config.routes[0].when.none[0].times = {Window(kWeekdays, 540, 1020, "Europe/Berlin")};
  const auto policy = Compiled(config);
  DecisionInput input = Asking(*policy);
  input.unix_seconds = At("2026-03-02T12:00:00Z");
  EXPECT_EQ(Decided(*policy, input).outcome, Outcome::kNoRoute);
  input.unix_seconds = At("2026-03-02T18:00:00Z");
  EXPECT_EQ(Decided(*policy, input).outcome, Outcome::kPlanned);
}

}  // namespace
}  // namespace headgate::routing

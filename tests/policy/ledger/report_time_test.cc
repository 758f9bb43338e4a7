#include "policy/ledger/report/report_time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "policy/ledger/values/calendar.h"
#include "tests/policy/ledger/ledger_fixture.h"

namespace headgate::policy {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kNow = kNoon / kMsPerHour;  // 2026-11-29T13

std::string Read(std::string_view text, const std::string& zone) {
  const absl::StatusOr<LocalHours> hours = LocalHours::Of(zone, kNow);
  if (!hours.ok()) return std::string(hours.status().message());
  const absl::StatusOr<std::int64_t> hour = ReadReportTime(text, *hours, kNow);
  return hour.ok() ? HourText(*hour) : std::string(hour.status().message());
}

TEST(ReportTimeTest, ReadsTimesInTheZone) {
  struct Case {
    std::string_view text;
    const char* zone;
    const char* hour;
  };
  for (const Case& c : {
           Case{"2026-11", "UTC", "2026-11-01T00"},
           Case{"2026-11-29T08", "UTC", "2026-11-29T08"},
           Case{"today", "UTC", "2026-11-29T00"},
           Case{"yesterday", "UTC", "2026-11-28T00"},
           Case{"7d", "UTC", "2026-11-22T13"},
           Case{"12h", "UTC", "2026-11-29T01"},
           Case{"2026-11", "Europe/Berlin", "2026-10-31T23"},
           Case{"2026-07", "Europe/Berlin", "2026-06-30T22"},
           Case{"today", "Asia/Tokyo", "2026-11-28T15"},
           Case{"today", "Pacific/Kiritimati", "2026-11-29T10"},
           Case{"12h", "Asia/Tokyo", "2026-11-29T01"},
       }) {
    EXPECT_EQ(Read(c.text, c.zone), c.hour) << c.text << " " << c.zone;
  }
}

TEST(ReportTimeTest, SaysWhatToWrite) {
  for (const std::string_view text : {"", "2027", "7", "d", "0d", "7w", "99999999d", "tomorrow"}) {
    EXPECT_THAT(Read(text, "UTC"), HasSubstr(" is not a time; write 2026-11,")) << text;
  }
  EXPECT_THAT(Read("today", "Asia/Kolkata"), HasSubstr("is not whole hours from UTC"));
  EXPECT_THAT(Read("today", "Europe/Berlni"), HasSubstr("is not a time zone of this system"));
}

TEST(LocalHoursTest, ShowsTwoHoursAsOneWhenClocksAreSetBack) {
  const LocalHours berlin = *LocalHours::Of("Europe/Berlin", kNow);
  const std::int64_t before = *ParseHour("2026-10-25T00");
  EXPECT_EQ(HourText(berlin.Shown(before)), "2026-10-25T02");
  EXPECT_EQ(HourText(berlin.Shown(before + 1)), "2026-10-25T02");
  EXPECT_EQ(HourText(berlin.Shown(before + 2)), "2026-10-25T03");
  EXPECT_EQ(berlin.name(), "Europe/Berlin");
}

}  // namespace
}  // namespace headgate::policy

#include "backends/net/retry_after.h"

#include <gtest/gtest.h>

#include <optional>
#include <string_view>

#include "absl/time/time.h"

namespace headgate::backends {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Sat, 28 Nov 2026 12:00:00 GMT.
const auto kNow = absl::ToChronoTime(absl::FromUnixSeconds(1'795'867'200));

struct RetryCase {
  std::string_view ms;
  std::string_view retry_after;
  std::string_view date;
  std::optional<milliseconds> wait;
};

TEST(ReadRetryAfter, CountsAsWhatItSays) {
  const RetryCase cases[] = {
      {"", "", "", {}},
      {"", "0", "", milliseconds(0)},
      {"", "7", "", seconds(7)},
      {"", "1.5", "", milliseconds(1500)},
      {"", "3600", "", hours(1)},
      {"250", "", "", milliseconds(250)},
      {"250.7", "9", "", milliseconds(250)},
      {"soon", "9", "", seconds(9)},
      {"-1", "9", "", seconds(9)},
      // The three forms of RFC 9110.
      {"", "Sat, 28 Nov 2026 12:00:20 GMT", "", seconds(20)},
      {"", "Saturday, 28-Nov-26 12:00:20 GMT", "", seconds(20)},
      {"", "Sat Nov 28 12:00:20 2026", "", seconds(20)},
      {"", "Sun Nov 29 11:00:00 2026", "", hours(23)},
      {"", "Sun, 29 Nov 2026 12:00:00 GMT", "", hours(24)},
      // The time has passed.
      {"", "Sun, 06 Nov 1994 08:49:37 GMT", "", milliseconds(0)},
      {"", "Sunday, 06-Nov-94 08:49:37 GMT", "", milliseconds(0)},
      {"", "Sun Nov  6 08:49:37 1994", "", milliseconds(0)},
      // The difference to the answer's own Date counts, whichever clock is wrong.
      {"", "Sat, 28 Nov 2026 13:00:20 GMT", "Sat, 28 Nov 2026 13:00:00 GMT", seconds(20)},
      {"", "Thu, 01 Jan 1970 00:00:30 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", seconds(30)},
      {"", "Sat, 28 Nov 2026 13:00:20 GMT", "Saturday, 28-Nov-26 13:00:00 GMT", seconds(20)},
      {"", "Sat, 28 Nov 2026 12:00:20 GMT", "yesterday", seconds(20)},
      {"", "Sat, 28 Nov 2026 12:00:20 GMT", "Sat, 28 Nov 2026 12:00:21 GMT", milliseconds(0)},
      {"", "5", "Sat, 28 Nov 2026 13:00:00 GMT", seconds(5)},
      // Waits are capped at a day: here an epoch number, one in milliseconds, a clock that stands
      // still.
      {"", "86400", "", hours(24)},
      {"", "86401", "", hours(24)},
      {"", "1795867200", "", hours(24)},
      {"1795867200000", "", "", hours(24)},
      {"", "Sat, 28 Nov 2026 12:00:20 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", hours(24)},
      {"", "Wed, 28 Nov 2029 12:00:00 GMT", "", hours(24)},
      {"", "99999999999999999999", "", hours(24)},
      {"", "Fri, 31 Dec 9999 23:59:59 GMT", "", hours(24)},
      // Garbage gives no wait.
      {"", "-5", "", {}},
      {"", "-0", "", {}},
      {"", "+5", "", {}},
      {"", "1e3", "", {}},
      {"", "inf", "", {}},
      {"", "nan", "", {}},
      {"", "5 seconds", "", {}},
      {"", "5,5", "", {}},
      {"", "later", "", {}},
      {"", "Sat, 28 Nov 2026", "", {}},
      {"", "Sat, 31 Feb 2026 25:00:00 GMT", "", {}},
      {"", "Sat, 28 Nov 2026 12:00:20 CET", "", {}},
  };
  for (const RetryCase& one : cases) {
    EXPECT_EQ(ReadRetryAfter(one.ms, one.retry_after, one.date, kNow), one.wait)
        << "'" << one.ms << "' '" << one.retry_after << "' '" << one.date << "'";
  }
}

TEST(ReadRetryAfter, ReadsAYearOfTwoDigitsAsTheNearest) {
  const auto in_2068 =
      absl::ToChronoTime(absl::FromCivil(absl::CivilHour(2068, 12, 31, 23), absl::UTCTimeZone()));
  EXPECT_EQ(ReadRetryAfter("", "Tuesday, 01-Jan-69 00:00:00 GMT", "", in_2068), hours(1));
}

TEST(ReadRetryAfter, SaysWhatCanBeRead) {
  for (const std::string_view value : {"0", "7", "1.5", "Sat, 28 Nov 2026 12:00:20 GMT"}) {
    EXPECT_TRUE(IsRetryAfter(value)) << value;
  }
  for (const std::string_view value : {"", "-5", "soon", "7, 9", "Sat, 28 Nov 2026"}) {
    EXPECT_FALSE(IsRetryAfter(value)) << value;
  }
  EXPECT_TRUE(IsRetryAfterMs("250"));
  EXPECT_FALSE(IsRetryAfterMs("Sat, 28 Nov 2026 12:00:20 GMT"));
}

}  // namespace
}  // namespace headgate::backends

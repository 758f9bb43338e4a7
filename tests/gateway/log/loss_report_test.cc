#include "gateway/log/loss_report.h"

#include <gtest/gtest.h>

namespace headgate::gateway {
namespace {

using std::chrono::milliseconds;

constexpr LossReport::TimePoint kStart{};

TEST(LossReport, begin_and_end_are_said_once_with_the_systems_words) {
  LossReport report("the access log", "/var/log/a");
  const auto begun = report.Lost(3, "No space left on device", kStart);
  ASSERT_TRUE(begun);
  EXPECT_TRUE(begun->error);
  EXPECT_EQ(begun->message, "the access log loses lines");
  EXPECT_EQ(begun->detail, "/var/log/a: No space left on device");
  EXPECT_FALSE(report.Lost(4, "No space left on device", kStart + milliseconds(100)));
  EXPECT_FALSE(report.Over(kStart + milliseconds(5'000))) << "no line has been written since";
  report.Written();
  const auto over = report.Over(kStart + milliseconds(5'000));
  ASSERT_TRUE(over);
  EXPECT_FALSE(over->error);
  EXPECT_EQ(over->message, "the access log is written again");
  EXPECT_EQ(over->detail, "/var/log/a: 7 lines were lost");
  EXPECT_FALSE(report.Over(kStart + milliseconds(9'000)));
}

TEST(LossReport, a_disk_that_is_full_on_and_off_is_one_trouble) {
  LossReport report("the recording", "r");
  int said = 0;
  for (int i = 0; i < 600; ++i) {  // in a minute, every second block is lost
    const auto now = kStart + milliseconds(100 * i);
    if (i % 2 == 0) {
      said += report.Lost(1, "No space left on device", now).has_value() ? 1 : 0;
    } else {
      report.Written();
    }
    said += report.Over(now).has_value() ? 1 : 0;
  }
  EXPECT_EQ(said, 1);
}

TEST(LossReport, another_reason_is_said_too) {
  LossReport report("the recording", "r");
  EXPECT_TRUE(report.Lost(1, "No space left on device", kStart));
  EXPECT_TRUE(report.Lost(1, "Input/output error", kStart));
  EXPECT_FALSE(report.Lost(1, "No space left on device", kStart));
  report.Written();
  EXPECT_EQ(report.Over(kStart + milliseconds(1'000))->detail, "r: 3 lines were lost");
  EXPECT_TRUE(report.Lost(1, "No space left on device", kStart + milliseconds(2'000)))
      << "a new error is reported at once";
}

TEST(LossReport, one_line_is_one_line) {
  LossReport report("the recording", "r");
  report.Lost(1, "x", kStart);
  report.Written();
  EXPECT_EQ(report.Over(kStart + milliseconds(1'000))->detail, "r: 1 line was lost");
}

}  // namespace
}  // namespace headgate::gateway

#include "loadtest/sim/replica/outage.h"

#include <gtest/gtest.h>

namespace headgate::loadtest::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint kOutageStart{seconds(1000)};

TimePoint SecondsIn(int count) { return kOutageStart + seconds(count); }

TEST(OutageTest, ReadsSpansAndKinds) {
  const std::optional<Outage> plain = ParseOutage("10s-70s");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->kind, OutageKind::kRefuse);
  EXPECT_EQ(plain->from, seconds(10));
  EXPECT_EQ(plain->to, seconds(70));
  for (std::size_t i = 0; i < kOutageNames.size(); ++i) {
    const std::optional<Outage> named = ParseOutage("0s-250ms:" + std::string(kOutageNames.at(i)));
    ASSERT_TRUE(named) << kOutageNames.at(i);
    EXPECT_EQ(named->kind, static_cast<OutageKind>(i));
    EXPECT_EQ(named->to, milliseconds(250));
    EXPECT_EQ(NameOf(named->kind), kOutageNames.at(i));
  }
}

TEST(OutageTest, RefusesOtherTexts) {
  for (const std::string_view text : {"", "10s", "70s-10s", "10s-10s", "10-70",
                                      "1s-2s:", "1s-2s:504", "1s-2s:refuse:503", "-2s"}) {
    EXPECT_FALSE(ParseOutage(text)) << text;
  }
}

TEST(OutageTest, ScheduleKnowsWhatIsNowAndWhatComesNext) {
  OutageSchedule schedule;
  EXPECT_FALSE(schedule.At(SecondsIn(0)));
  EXPECT_FALSE(schedule.NextChange(SecondsIn(0)));
  EXPECT_FALSE(schedule.LastEnd(SecondsIn(100)));
  schedule.Add(*ParseOutage("10s-20s:503"), kOutageStart);
  schedule.Add(*ParseOutage("30s-40s:silence"), kOutageStart);
  EXPECT_FALSE(schedule.At(SecondsIn(9)));
  EXPECT_EQ(schedule.NextChange(SecondsIn(9)), SecondsIn(10));
  EXPECT_EQ(schedule.At(SecondsIn(10)), OutageKind::kUnavailable);
  EXPECT_EQ(schedule.EndAt(SecondsIn(10)), SecondsIn(20));
  EXPECT_EQ(schedule.NextChange(SecondsIn(10)), SecondsIn(20));
  EXPECT_FALSE(schedule.LastEnd(SecondsIn(19)));
  EXPECT_FALSE(schedule.At(SecondsIn(20)));
  EXPECT_EQ(schedule.LastEnd(SecondsIn(20)), SecondsIn(20));
  EXPECT_EQ(schedule.At(SecondsIn(39)), OutageKind::kSilence);
  EXPECT_EQ(schedule.LastEnd(SecondsIn(50)), SecondsIn(40));
  EXPECT_FALSE(schedule.NextChange(SecondsIn(40)));
}

TEST(OutageTest, FirstOfOverlappingOutagesCounts) {
  OutageSchedule schedule;
  schedule.Add(*ParseOutage("10s-20s:503"), kOutageStart);
  schedule.Add(*ParseOutage("0s-30s:refuse"), kOutageStart);
  EXPECT_EQ(schedule.At(SecondsIn(5)), OutageKind::kRefuse);
  EXPECT_EQ(schedule.At(SecondsIn(15)), OutageKind::kUnavailable);
  EXPECT_EQ(schedule.At(SecondsIn(25)), OutageKind::kRefuse);
}

TEST(SlowStartTest, FallsEvenlyToOne) {
  const std::optional<SlowStart> slow = ParseSlowStart("10s,5");
  ASSERT_TRUE(slow);
  EXPECT_DOUBLE_EQ(slow->At(seconds(0)), 5);
  EXPECT_DOUBLE_EQ(slow->At(seconds(5)), 3);
  EXPECT_DOUBLE_EQ(slow->At(seconds(10)), 1);
  EXPECT_DOUBLE_EQ(slow->At(seconds(100)), 1);
  EXPECT_DOUBLE_EQ(SlowStart{}.At(seconds(0)), 1);
}

TEST(SlowStartTest, RefusesOtherTexts) {
  for (const std::string_view text : {"", "10s", "10s,", "0s,4", "10s,0.5", "10,4"}) {
    EXPECT_FALSE(ParseSlowStart(text)) << text;
  }
}

}  // namespace
}  // namespace headgate::loadtest::sim

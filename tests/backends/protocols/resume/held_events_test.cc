#include "backends/protocols/resume/held_events.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace headgate::backends {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using HeldTime = HeldEvents::TimePoint;
using Until = HoldPolicy::Until;

constexpr HeldTime kBegin = HeldTime(seconds(1000));

TEST(HeldEventsTest, HoldsNothingWithoutAHold) {
  HeldEvents held({}, kBegin);
  std::string out;
  EXPECT_FALSE(held.Due());
  held.Add("", kBegin, out);
  EXPECT_FALSE(held.released());
  held.Add("a\n\n", kBegin, out);
  EXPECT_EQ(out, "a\n\n");
  EXPECT_TRUE(held.released());
}

TEST(HeldEventsTest, HoldsForATimeFromTheFirstEvent) {
  HeldEvents held({.until = Until::kTime, .time = seconds(2)}, kBegin);
  std::string out;
  EXPECT_FALSE(held.Due());
  held.Add("a\n\n", kBegin + seconds(5), out);
  held.Add("b\n\n", kBegin + seconds(6), out);
  EXPECT_EQ(out, "");
  EXPECT_EQ(held.Due(), kBegin + seconds(7));
  held.Tick(kBegin + milliseconds(6999), out);
  EXPECT_EQ(out, "");
  held.Tick(kBegin + seconds(7), out);
  EXPECT_EQ(out, "a\n\nb\n\n");
  EXPECT_TRUE(held.released());
  EXPECT_FALSE(held.Due());
  held.Add("c\n\n", kBegin + seconds(7), out);
  EXPECT_EQ(out, "a\n\nb\n\nc\n\n");
}

TEST(HeldEventsTest, AnEventThatComesLateEndsTheHold) {
  HeldEvents held({.until = Until::kTime, .time = seconds(2)}, kBegin);
  std::string out;
  held.Add("a\n\n", kBegin, out);
  held.Add("b\n\n", kBegin + seconds(2), out);
  EXPECT_EQ(out, "a\n\nb\n\n");
}

TEST(HeldEventsTest, HoldsUntilTheAnswerIsWhole) {
  HeldEvents held({.until = Until::kComplete}, kBegin);
  std::string out;
  held.Add("a\n\n", kBegin, out);
  held.Add("b\n\n", kBegin + seconds(3600), out);
  EXPECT_EQ(out, "");
  held.Release(out);
  EXPECT_EQ(out, "a\n\nb\n\n");
  EXPECT_EQ(held.HeldBytes(), std::string().capacity());
}

TEST(HeldEventsTest, TheLimitEndsTheHold) {
  HeldEvents held({.until = Until::kComplete, .limit = 6}, kBegin);
  std::string out;
  held.Add("a\n\n", kBegin, out);
  held.Add("b\n\n", kBegin, out);
  EXPECT_EQ(out, "");
  held.Add("c\n\n", kBegin, out);
  EXPECT_EQ(out, "a\n\nb\n\nc\n\n");
  EXPECT_TRUE(held.released());
}

TEST(HeldEventsTest, AFreshAttemptStartsClean) {
  HeldEvents held({.until = Until::kTime, .time = seconds(2)}, kBegin);
  std::string out;
  held.Add("a\n\n", kBegin, out);
  held.Discard();
  held.Tick(kBegin + seconds(3), out);
  EXPECT_EQ(out, "");
  EXPECT_FALSE(held.Due());
  held.Add("b\n\n", kBegin + seconds(4), out);
  EXPECT_EQ(held.Due(), kBegin + seconds(6));
  held.Tick(kBegin + seconds(6), out);
  EXPECT_EQ(out, "b\n\n");
}

TEST(HeldEventsTest, SendsSignsOfLifeWhileItHolds) {
  HeldEvents held({.until = Until::kComplete, .comment_every = seconds(5)}, kBegin);
  std::string out;
  EXPECT_EQ(held.Due(), kBegin + seconds(5));
  held.Tick(kBegin + seconds(4), out);
  EXPECT_EQ(out, "");
  held.Tick(kBegin + seconds(5), out);
  EXPECT_EQ(out, ": held\n\n");
  held.Add("a\n\n", kBegin + seconds(6), out);
  held.Sent(kBegin + seconds(8));
  EXPECT_EQ(held.Due(), kBegin + seconds(13));
  held.Tick(kBegin + seconds(12), out);
  EXPECT_EQ(out, ": held\n\n");
  held.Tick(kBegin + seconds(13), out);
  EXPECT_EQ(out, ": held\n\n: held\n\n");
  held.Release(out);
  held.Tick(kBegin + seconds(60), out);
  EXPECT_EQ(out, ": held\n\n: held\n\na\n\n");
}

TEST(HeldEventsTest, IsDueAtTheEndOfTheHoldOrForAComment) {
  HeldEvents held({.until = Until::kTime, .time = seconds(2), .comment_every = seconds(1)}, kBegin);
  std::string out;
  held.Add("a\n\n", kBegin + milliseconds(500), out);
  EXPECT_EQ(held.Due(), kBegin + seconds(1));
  held.Tick(kBegin + seconds(2), out);
  EXPECT_EQ(held.Due(), kBegin + milliseconds(2500));
}

}  // namespace
}  // namespace headgate::backends

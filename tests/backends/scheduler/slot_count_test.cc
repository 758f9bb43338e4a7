#include "backends/scheduler/slot_count.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace headgate::backends {
namespace {

TEST(SlotCountTest, TakesUpToItsSlots) {
  SlotCount count(2);
  EXPECT_TRUE(count.TryTake(10));
  EXPECT_TRUE(count.HasRoom(0));
  EXPECT_TRUE(count.TryTake(20));
  EXPECT_FALSE(count.HasRoom(0));
  EXPECT_FALSE(count.TryTake(0));
  EXPECT_FALSE(count.TryGrant(0));
  EXPECT_EQ(count.in_flight(), 2);
  EXPECT_EQ(count.tokens(), 30);
  EXPECT_FALSE(count.Return(10));
  EXPECT_EQ(count.in_flight(), 1);
  EXPECT_EQ(count.tokens(), 20);
  EXPECT_TRUE(count.TryGrant(0));
}

TEST(SlotCountTest, TokensMustFitUnlessNothingElseRuns) {
  struct Case {
    std::vector<std::int64_t> running;
    std::int64_t tokens;
    bool fits;
  };
  const Case cases[] = {
      {{}, 100, true},   {{}, 101, true},      {{1}, 99, true},
      {{1}, 100, false}, {{100}, 1, false},    {{100}, 0, true},
      {{150}, 0, false}, {{40, 40}, 20, true}, {{40, 40}, 21, false},
  };
  for (const Case& a_case : cases) {
    SlotCount count;
    for (const std::int64_t tokens : a_case.running) ASSERT_TRUE(count.TryTake(tokens));
    count.SetLimits(0, 100);
    EXPECT_EQ(count.HasRoom(a_case.tokens), a_case.fits) << a_case.tokens;
    EXPECT_EQ(count.TryTake(a_case.tokens), a_case.fits) << a_case.tokens;
  }
}

TEST(SlotCountTest, WithoutLimitsEverythingFitsAndTheSumsAreExact) {
  SlotCount count;
  constexpr int kMany = 100'000;
  for (int i = 0; i < kMany; ++i) ASSERT_TRUE(count.TryTake(i % 2 == 0 ? -5 : 1'000'000'000));
  EXPECT_EQ(count.in_flight(), kMany);
  EXPECT_EQ(count.tokens(), kMany / 2 * SlotCount::kMostTokens);
  for (int i = 0; i < kMany; ++i) ASSERT_FALSE(count.Return(i % 2 == 0 ? -5 : 1'000'000'000));
  EXPECT_EQ(count.in_flight(), 0);
  EXPECT_EQ(count.tokens(), 0);
}

TEST(SlotCountTest, TheWordHoldsTheMostThatItSays) {
  SlotCount count;
  for (int i = 0; i < SlotCount::kMostInFlight; ++i)
    ASSERT_TRUE(count.TryTake(SlotCount::kMostTokens));
  EXPECT_FALSE(count.TryTake(0));
  EXPECT_FALSE(count.contended());
  EXPECT_EQ(count.in_flight(), SlotCount::kMostInFlight);
  EXPECT_EQ(count.tokens(), SlotCount::kMostInFlight * SlotCount::kMostTokens);
}

TEST(SlotCountTest, OtherClientsReduceTheSlotsButNeverBelowOne) {
  struct Case {
    int slots;
    int others;
    int left;
  };
  for (const Case& a_case : {Case{4, 0, 4}, Case{4, 3, 1}, Case{4, 9, 1}, Case{4, -1, 4},
                             Case{0, 7, 0}, Case{1, 1, 1}}) {
    SlotCount count(a_case.slots);
    count.SetOthers(a_case.others, 0);
    EXPECT_EQ(count.SlotsLeft(), a_case.left) << a_case.slots << " - " << a_case.others;
    for (int i = 0; i < a_case.left; ++i) EXPECT_TRUE(count.TryTake(0));
    EXPECT_EQ(count.TryTake(0), a_case.left == 0);
  }
}

TEST(SlotCountTest, RequestsStayWhenTheLimitFalls) {
  SlotCount count(4);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(count.TryTake(0));
  count.SetLimits(2, 0);
  EXPECT_FALSE(count.Return(0));
  EXPECT_FALSE(count.Return(0));
  EXPECT_FALSE(count.TryTake(0));
  EXPECT_FALSE(count.Return(0));
  EXPECT_TRUE(count.TryTake(0));
}

TEST(SlotCountTest, TheTokensOfOtherClientsReduceTheRoom) {
  SlotCount count(0, 100);
  count.SetOthers(0, 40);
  EXPECT_EQ(count.TokensLeft(), 60);
  ASSERT_TRUE(count.TryTake(50));
  EXPECT_FALSE(count.TryTake(11));
  EXPECT_TRUE(count.TryTake(10));
  count.SetOthers(0, 400);
  EXPECT_EQ(count.TokensLeft(), 1) << "0 would mean that they are unbounded";
  EXPECT_FALSE(count.Return(50));
  EXPECT_FALSE(count.Return(10));
  EXPECT_TRUE(count.TryTake(80)) << "one request always fits";
}

class Contender : public SlotContender {
 public:
  void Kick(TimePoint) override { ++kicks; }
  int kicks = 0;
};

TEST(SlotCountTest, WhileTheQueueHasWaitersNewcomersAreRefusedAndReturnsKick) {
  SlotCount count(1);
  const auto queue = std::make_shared<Contender>();
  ASSERT_TRUE(count.TryTake(0));
  count.Contend(queue);
  EXPECT_TRUE(count.contended());
  EXPECT_TRUE(count.Return(0));
  count.KickQueue({});
  EXPECT_EQ(queue->kicks, 1);
  EXPECT_FALSE(count.TryTake(0)) << "waiters go first";
  EXPECT_TRUE(count.TryGrant(0));
  count.EndContention();
  EXPECT_FALSE(count.contended());
  EXPECT_FALSE(count.Return(0));
  count.KickQueue({});
  EXPECT_EQ(queue->kicks, 1);
  EXPECT_TRUE(count.TryTake(0));
}

TEST(SlotCountTest, AQueueThatIsGoneIsNotKicked) {
  SlotCount count(1);
  auto queue = std::make_shared<Contender>();
  count.Contend(queue);
  queue.reset();
  count.KickQueue({});
}

}  // namespace
}  // namespace headgate::backends

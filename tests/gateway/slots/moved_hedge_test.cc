// A batch request whose two attempts run side by side: one of them or both are told to move aside.
#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "tests/gateway/slots/moved_aside_fixture.h"

namespace headgate::gateway {
namespace {

using backends::AttemptResult;

class HedgedBatch : public MovedAside {
 protected:
  explicit HedgedBatch(std::string_view route = "hedged") : MovedAside(route) {}

  void StartBoth() {
    Start();
    RunUntil([this] { return exchanges_.made.size() == 2; });
    Turn();
  }
};

TEST_F(HedgedBatch, AReadyHedgeIsNotToldWhileTheLoserEnds) {
  ExpectAnswer("slow");
  ExpectAnswer("fast");
  StartBoth();
  exchanges_.made[1]->GoOn();
  const auto urgent = TellAt(kNear);
  Turn();
  EXPECT_EQ(Count("fast"), 1u);
  EXPECT_FALSE(exchanges_.traces[1].aborted.has_value());
  GoOn(1);
  ExpectServed("fast", {AttemptResult::kHedgeLost, AttemptResult::kOk});
}

TEST_F(HedgedBatch, ALoserThatIsToldWhileTheHedgeIsReadyChangesNothing) {
  for (const bool told_first : {true, false}) {
    Begin();
    done_.reset();
    client_.sent.clear();
    exchanges_.made.clear();
    ExpectAnswer("slow");
    ExpectAnswer("fast");
    StartBoth();
    if (!told_first) exchanges_.made[1]->GoOn();
    auto urgent = TellAt(kGpu);
    if (told_first) exchanges_.made[1]->GoOn();
    Turn();
    GoOn(1);
    urgent.reset();
    ExpectServed("fast", {told_first ? AttemptResult::kMovedAside : AttemptResult::kHedgeLost,
                          AttemptResult::kOk});
  }
}

TEST_F(HedgedBatch, AHedgeThatIsToldWhileTheFirstIsReadyChangesNothing) {
  ExpectAnswer("slow");
  ExpectAnswer("hedge");
  StartBoth();
  const auto urgent = TellAt(kNear);
  exchanges_.made[0]->GoOn();
  Turn();
  GoOn(0);
  ExpectServed("slow", {AttemptResult::kOk, AttemptResult::kMovedAside});
}

TEST_F(HedgedBatch, IfBothAreToldTheRequestWaitsAndIsNotToldAgain) {
  for (const bool first_is_told_first : {true, false}) {
    Begin();
    done_.reset();
    client_.sent.clear();
    exchanges_.made.clear();
    const std::size_t before = exchanges_.traces.size();
    ExpectAnswer("one");
    ExpectAnswer("two");
    ExpectAnswer("served");
    StartBoth();
    auto one = TellAt(first_is_told_first ? kGpu : kNear);
    auto two = TellAt(first_is_told_first ? kNear : kGpu);
    Turn();
    EXPECT_EQ(client_.sent, "");
    EXPECT_EQ(exchanges_.made.size(), 2u);
    one.reset();
    two.reset();
    RunUntil([this] { return exchanges_.made.size() == 3; });
    one = TellAt(account_.attempts.back().target);
    Turn();
    EXPECT_FALSE(exchanges_.traces[before + 2].aborted.has_value()) << "moved twice at most";
    GoOn(2);
    GoOn(2);
    one.reset();
    ExpectServed("served",
                 {AttemptResult::kMovedAside, AttemptResult::kMovedAside, AttemptResult::kOk});
  }
}

TEST_F(HedgedBatch, WhenTheOtherFailsTheTargetThatMovedItIsAskedAgain) {
  for (const std::size_t told : {0u, 1u}) {
    Begin();
    done_.reset();
    client_.sent.clear();
    exchanges_.made.clear();
    for (const std::size_t i : {0u, 1u}) {
      if (i == told) {
        ExpectAnswer("lost");
      } else {
        ExpectStream({}, /*waits=*/true, AttemptResult::kReset);
      }
    }
    ExpectAtOnce("served");
    StartBoth();
    const std::size_t target = told == 0 ? kGpu : kNear;
    auto urgent = TellAt(target);
    Turn();
    GoOn(1 - told);
    EXPECT_EQ(client_.sent, "");
    urgent.reset();
    std::vector<AttemptResult> results(3, AttemptResult::kReset);
    results[told] = AttemptResult::kMovedAside;
    results[2] = AttemptResult::kOk;
    ExpectServed("served", results);
    EXPECT_EQ(account_.attempts[2].target, target);
  }
}

class HedgedAndHeldBatch : public HedgedBatch {
 protected:
  HedgedAndHeldBatch() : HedgedBatch("both") {}
};

TEST_F(HedgedAndHeldBatch, AReadyHedgeThatIsToldMoves) {
  ExpectAnswer("slow");
  ExpectAnswer("lost");
  ExpectAtOnce("served");
  StartBoth();
  exchanges_.made[1]->GoOn();
  auto urgent = TellAt(kNear);
  Turn();
  EXPECT_EQ(exchanges_.traces[1].aborted, AttemptResult::kMovedAside);
  EXPECT_EQ(client_.sent, "");
  urgent.reset();
  ExpectServed("served",
               {AttemptResult::kHedgeLost, AttemptResult::kMovedAside, AttemptResult::kOk});
  EXPECT_EQ(account_.attempts[2].target, kNear);
}

TEST_F(HedgedAndHeldBatch, ALoserThatWasToldCountsAmongTheMoves) {
  ExpectAnswer("one");
  ExpectAnswer("two");
  ExpectAnswer("served");
  StartBoth();
  auto urgent = TellAt(kGpu);
  exchanges_.made[1]->GoOn();
  Turn();  // the hedge is held, and the first has moved aside
  urgent = TellAt(kNear);
  Turn();
  urgent.reset();
  RunUntil([this] { return exchanges_.made.size() == 3; });
  urgent = TellAt(account_.attempts.back().target);
  Turn();
  EXPECT_FALSE(exchanges_.traces[2].aborted.has_value()) << "moved twice already";
  GoOn(2);
  GoOn(2);
  ExpectServed("served",
               {AttemptResult::kMovedAside, AttemptResult::kMovedAside, AttemptResult::kOk});
}

}  // namespace
}  // namespace headgate::gateway

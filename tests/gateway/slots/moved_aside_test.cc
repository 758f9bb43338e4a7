// A batch attempt is told to move aside at the very moment at which its answer is decided upon: the
// client has one whole answer, whichever of the two is first.
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "tests/gateway/slots/moved_aside_fixture.h"

namespace headgate::gateway {
namespace {

using backends::AttemptResult;
using std::chrono::seconds;

// --- answers that go on at their first token
// ------------------------------------------------------

class AtTheFirstToken : public MovedAside {
 protected:
  AtTheFirstToken() : MovedAside("now") {}
};

TEST_F(AtTheFirstToken, ToldBeforeTheTokenIsReadItMoves) {
  ExpectAnswer("lost");
  ExpectAtOnce("served");
  Start();
  auto urgent = TellAt(kGpu);
  exchanges_.made[0]->GoOn();
  Turn();
  EXPECT_EQ(client_.sent, "");
  urgent.reset();
  ExpectServed("served", {AttemptResult::kMovedAside, AttemptResult::kOk});
}

TEST_F(AtTheFirstToken, ToldAfterTheTokenIsReadItStays) {
  ExpectAnswer("served");
  Start();
  exchanges_.made[0]->GoOn();
  const auto urgent = TellAt(kGpu);
  Turn();
  EXPECT_EQ(Count("served"), 1u);
  EXPECT_FALSE(exchanges_.traces[0].aborted.has_value());
  GoOn(0);
  ExpectServed("served", {AttemptResult::kOk});
}

// --- answers that are held -----------------------------------------------------------------------

class UntilTheHoldIsOver : public MovedAside {
 protected:
  UntilTheHoldIsOver() : MovedAside("brief") {}
};

TEST_F(UntilTheHoldIsOver, ToldBeforeTheSweepItMoves) {
  ExpectAnswer("lost");
  ExpectAtOnce("served");
  Start();
  GoOn(0);
  auto urgent = TellAt(kGpu);
  io_.restart();
  io_.run_one();  // told; the attempt has not noticed
  ASSERT_EQ(exchanges_.traces[0].aborted, AttemptResult::kMovedAside);
  running_->Tick(SteadyClock::now() + seconds(3));
  Turn();
  EXPECT_EQ(client_.sent, "");
  urgent.reset();
  ExpectServed("served", {AttemptResult::kMovedAside, AttemptResult::kOk});
}

TEST_F(UntilTheHoldIsOver, ToldAfterTheSweepItStays) {
  ExpectAnswer("served");
  Start();
  GoOn(0);
  const auto urgent = TellAt(kGpu);
  running_->Tick(SteadyClock::now() + seconds(3));
  Turn();
  EXPECT_EQ(Count("served"), 1u);
  EXPECT_FALSE(exchanges_.traces[0].aborted.has_value());
  GoOn(0);
  ExpectServed("served", {AttemptResult::kOk});
}

class UntilItIsWhole : public MovedAside {
 protected:
  UntilItIsWhole() : MovedAside("whole") {}

  // More than `hold_limit`, so that it is committed before it is whole.
  static std::string Long() { return "long" + std::string(70'000, 'x'); }
};

// The sweep has begun to send a comment, and the answer has to wait for its end.
TEST_F(UntilItIsWhole, ToldBetweenTheDecisionAndTheCommitItStays) {
  ExpectAnswer(Long());
  Start();
  exchanges_.made[0]->GoOn();
  const auto urgent = TellAt(kGpu);
  running_->Tick(SteadyClock::now() + seconds(11));
  Turn();
  EXPECT_EQ(Count(": held"), 1u);
  EXPECT_EQ(Count("long"), 1u);
  EXPECT_FALSE(exchanges_.traces[0].aborted.has_value());
  GoOn(0);
  ExpectServed("long", {AttemptResult::kOk});
}

TEST_F(UntilItIsWhole, ToldWhileACommentIsSentItMoves) {
  ExpectStream({TextChunk("short"), TextChunk(Long()), ChunksOfTheEnd(10, 5)}, /*waits=*/true);
  ExpectAtOnce("served");
  Start();
  GoOn(0);
  exchanges_.made[0]->GoOn();
  auto urgent = TellAt(kGpu);
  running_->Tick(SteadyClock::now() + seconds(11));
  Turn();
  EXPECT_EQ(Count(": held"), 1u);
  EXPECT_EQ(Count("long"), 0u);
  urgent.reset();
  ExpectServed("served", {AttemptResult::kMovedAside, AttemptResult::kOk});
}

TEST_F(UntilItIsWhole, ToldWhileACommentIsSentAWholeAnswerStays) {
  ExpectAnswer("served");
  Start();
  GoOn(0);
  exchanges_.made[0]->GoOn();
  const auto urgent = TellAt(kGpu);
  running_->Tick(SteadyClock::now() + seconds(11));
  Turn();
  ExpectServed("served", {AttemptResult::kOk});
}

TEST_F(UntilItIsWhole, ToldAsItsClientLeavesItEndsOnce) {
  ExpectAnswer("lost");
  Start();
  GoOn(0);
  auto urgent = TellAt(kGpu);
  LeaveClient();
  RunOn();
  ASSERT_EQ(account_.attempts.size(), 1u);
  EXPECT_EQ(account_.outcome, RequestOutcome::kClientGone);
}

// --- answers that come whole ---------------------------------------------------------------------

TEST_F(UntilItIsWhole, ToldAfterALargeAnswerHasBegunItStays) {
  const std::string text(9u << 20, 'x');
  const std::string begin = R"({"choices":[{"index":0,"message":{"content":")" + text;
  const std::string end =
      R"("},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":5}})";
  ExchangeScript script = WholeAnswer(begin);
  script.body.push_back(end);
  script.waits = true;
  exchanges_.Expect(script);
  Start(R"({"model":"auto","messages":[{"role":"user","content":"hello"}]})");
  exchanges_.made[0]->GoOn();
  const auto urgent = TellAt(kGpu);
  Turn();
  EXPECT_FALSE(exchanges_.traces[0].aborted.has_value());
  GoOn(0);
  RunOn();
  EXPECT_EQ(Count("finish_reason"), 1u);
  EXPECT_EQ(account_.outcome, RequestOutcome::kOk);
  ASSERT_EQ(account_.attempts.size(), 1u);
}

}  // namespace
}  // namespace headgate::gateway

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "tests/gateway/proxy/failover_fixture.h"

namespace headgate::gateway {
namespace {

using backends::AttemptResult;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kHeldComment = ": held\n\n";

class HeldWhole : public FailoverFixture {
 protected:
  HeldWhole() : FailoverFixture("commit: complete") {}
};

TEST_F(HeldWhole, AnAnswerIsSentWhenItIsWhole) {
  ExpectStream({RoleChunk() + TextChunk("one"), TextChunk("two"), ChunksOfTheEnd(10, 5)},
               /*waits=*/true);
  Start();
  GoOn(0);
  GoOn(0);
  TickIn(seconds(5));
  EXPECT_EQ(client_.sent, "");
  GoOn(0);
  RunOn();
  EXPECT_EQ(Count("HTTP/1.1 200"), 1u);
  EXPECT_EQ(Count("one"), 1u);
  EXPECT_EQ(Count("two"), 1u);
  EXPECT_EQ(Count("data: [DONE]"), 1u);
  EXPECT_TRUE(client_.sent.ends_with("0\r\n\r\n"));
  EXPECT_EQ(account_.outcome, RequestOutcome::kOk);
  EXPECT_GT(account_.held.count(), 0);
  EXPECT_TRUE(exchanges_.traces[0].finished);
}

TEST_F(HeldWhole, AFaultIsInvisible) {
  ExpectStream({TextChunk("bad"), TextChunk("worse")}, /*waits=*/false, AttemptResult::kCut);
  ExpectStream({TextChunk("good"), ChunksOfTheEnd(10, 5)});
  Start();
  RunOn();
  EXPECT_EQ(Count("HTTP/1.1"), 1u);
  EXPECT_EQ(Count("bad"), 0u);
  EXPECT_EQ(Count("good"), 1u);
  EXPECT_EQ(Count("data: [DONE]"), 1u);
  ASSERT_EQ(account_.attempts.size(), 2u);
  EXPECT_EQ(account_.attempts[0].result, AttemptResult::kCut);
  EXPECT_EQ(account_.attempts[0].usage_status, policy::UsageStatus::kEstimated);
  EXPECT_GT(account_.attempts[0].cost, 0) << "its tokens were paid for";
  EXPECT_EQ(account_.committed, 1u);
  EXPECT_EQ(account_.outcome, RequestOutcome::kOk);
}

TEST_F(HeldWhole, AnErrorEventAndAMissingFinishAreInvisibleToo) {
  ExpectStream({TextChunk("bad"), "data: {\"error\":{\"message\":\"boom\"}}\n\n"});
  ExpectStream({TextChunk("worse")});
  ExpectStream({TextChunk("good"), ChunksOfTheEnd(10, 5)});
  Start();
  RunOn();
  EXPECT_EQ(Count("boom"), 0u);
  EXPECT_EQ(Count("worse"), 0u);
  EXPECT_EQ(Count("good"), 1u);
  ASSERT_EQ(account_.attempts.size(), 3u);
  EXPECT_EQ(account_.attempts[0].result, AttemptResult::kErrorEvent);
  EXPECT_EQ(account_.attempts[1].result, AttemptResult::kCut);
}

TEST_F(HeldWhole, WhenAllFailTheClientGetsAStatus) {
  for (int i = 0; i < 3; ++i) {
    ExpectStream({TextChunk("bad")}, /*waits=*/false, AttemptResult::kStalled);
  }
  Start();
  RunOn();
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 503 ")) << client_.sent;
  EXPECT_EQ(Count("bad"), 0u);
  EXPECT_EQ(account_.outcome, RequestOutcome::kUpstreamError);
}

TEST_F(HeldWhole, TheClientGetsCommentsMeanwhile) {
  ExpectStream({TextChunk("bad")}, /*waits=*/true, AttemptResult::kCut);
  ExpectStream({TextChunk("good"), ChunksOfTheEnd(10, 5)}, /*waits=*/true);
  Start();
  TickIn(seconds(9));
  EXPECT_EQ(client_.sent, "");
  TickIn(seconds(11));
  EXPECT_EQ(Count("HTTP/1.1 200"), 1u);
  EXPECT_EQ(Count(kHeldComment), 1u) << client_.sent;
  TickIn(seconds(12));
  EXPECT_EQ(Count(kHeldComment), 1u) << "the next is due ten seconds later";
  GoOn(0);
  TickIn(seconds(22));
  EXPECT_EQ(Count(kHeldComment), 2u);
  GoOn(0);
  GoOn(1);
  GoOn(1);
  RunOn();
  EXPECT_EQ(Count("HTTP/1.1"), 1u);
  EXPECT_EQ(Count("bad"), 0u);
  EXPECT_EQ(Count("good"), 1u);
  EXPECT_EQ(Count("data: [DONE]"), 1u);
}

TEST_F(HeldWhole, AfterACommentAFailureIsAnErrorEvent) {
  ExpectStream({TextChunk("bad")}, /*waits=*/true, AttemptResult::kCut);
  ExpectStream({}, /*waits=*/false, AttemptResult::kCut);
  ExpectStream({}, /*waits=*/false, AttemptResult::kCut);
  Start();
  TickIn(seconds(11));
  GoOn(0);
  GoOn(0);
  RunOn();
  EXPECT_EQ(Count("HTTP/1.1"), 1u);
  EXPECT_EQ(Count("upstream_unavailable"), 1u) << client_.sent;
  EXPECT_EQ(Count("data: [DONE]"), 0u);
  EXPECT_FALSE(client_.sent.ends_with("0\r\n\r\n"));
}

TEST_F(HeldWhole, AClientThatLeavesEndsIt) {
  ExpectStream({TextChunk("one"), TextChunk("two")}, /*waits=*/true);
  Start();
  GoOn(0);
  LeaveClient();
  RunOn();
  EXPECT_EQ(exchanges_.traces.size(), 1u);
  EXPECT_EQ(account_.outcome, RequestOutcome::kClientGone);
  EXPECT_EQ(account_.attempts[0].result, AttemptResult::kClientGone);
}

TEST_F(HeldWhole, AClientThatTakesNoCommentEndsIt) {
  ExpectStream({TextChunk("one"), TextChunk("two")}, /*waits=*/true);
  client_.fails_after = 0;
  Start();
  GoOn(0);
  TickIn(seconds(11));
  TickIn(seconds(11));
  RunOn();
  EXPECT_EQ(exchanges_.traces[0].aborted, AttemptResult::kClientGone);
  EXPECT_EQ(account_.outcome, RequestOutcome::kClientGone);
}

TEST_F(HeldWhole, ADrainEndsItHonestly) {
  ExpectStream({TextChunk("one"), TextChunk("two")}, /*waits=*/true);
  Start();
  GoOn(0);
  running_->Cut();
  RunOn();
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 503 ")) << client_.sent;
  EXPECT_EQ(Count("shutting down"), 1u);
  EXPECT_EQ(Count("one"), 0u);
  EXPECT_EQ(exchanges_.traces.size(), 1u);
}

class HeldForATime : public FailoverFixture {
 protected:
  HeldForATime() : FailoverFixture("commit: {hold: 2s}, hold_limit: 64KiB") {}
};

TEST_F(HeldForATime, TheAnswerGoesOnWhenTheTimeIsOver) {
  ExpectStream({TextChunk("one"), TextChunk("two"), ChunksOfTheEnd(10, 5)}, /*waits=*/true);
  Start();
  GoOn(0);
  TickIn(milliseconds(1500));
  EXPECT_EQ(client_.sent, "");
  TickIn(seconds(3));
  EXPECT_EQ(Count("HTTP/1.1 200"), 1u);
  EXPECT_EQ(Count("one"), 1u) << "although nothing more has come";
  EXPECT_EQ(account_.committed, 0u);
  GoOn(0);
  EXPECT_EQ(Count("two"), 1u) << "events pass at once";
  GoOn(0);
  RunOn();
  EXPECT_EQ(Count("one"), 1u);
  EXPECT_EQ(Count("data: [DONE]"), 1u);
  EXPECT_EQ(account_.outcome, RequestOutcome::kOk);
}

TEST_F(HeldForATime, AFaultMeanwhileIsInvisibleAndALaterOneIsNot) {
  ExpectStream({TextChunk("bad")}, /*waits=*/false, AttemptResult::kCut);
  ExpectStream({TextChunk("one")}, /*waits=*/true, AttemptResult::kStalled);
  Start();
  GoOn(1);
  TickIn(seconds(3));
  EXPECT_EQ(Count("bad"), 0u);
  EXPECT_EQ(Count("one"), 1u);
  GoOn(1);
  RunOn();
  EXPECT_EQ(Count("data: [DONE]"), 0u);
  EXPECT_EQ(Count("stopped sending"), 1u) << client_.sent;
  EXPECT_EQ(account_.outcome, RequestOutcome::kCut);
}

TEST_F(HeldForATime, AStreamThatBreaksWithTheEndOfTheHoldIsEndedOnce) {
  ExpectStream({TextChunk("one")}, /*waits=*/true, AttemptResult::kCut);
  Start();
  GoOn(0);
  running_->Tick(SteadyClock::now() + seconds(3));  // begins to send what is held
  exchanges_.made[0]->GoOn();                       // and the backend breaks off meanwhile
  RunOn();
  EXPECT_EQ(Count("HTTP/1.1 200"), 1u);
  EXPECT_EQ(Count("one"), 1u);
  EXPECT_EQ(Count("upstream_error"), 1u) << client_.sent;
  EXPECT_EQ(Count("data: [DONE]"), 0u);
}

TEST_F(HeldForATime, ALargeAnswerIsNotHeld) {
  ExpectStream({TextChunk(std::string(70'000, 'x')), ChunksOfTheEnd(10, 5)}, /*waits=*/true);
  Start();
  GoOn(0);
  EXPECT_EQ(Count("HTTP/1.1 200"), 1u);
  GoOn(0);
  RunOn();
  EXPECT_EQ(Count("data: [DONE]"), 1u);
}

}  // namespace
}  // namespace headgate::gateway

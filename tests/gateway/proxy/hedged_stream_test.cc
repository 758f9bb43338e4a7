#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "gateway/accounting/request_log.h"
#include "gateway/accounting/request_metrics.h"
#include "tests/gateway/proxy/failover_fixture.h"

namespace headgate::gateway {
namespace {

using backends::AttemptResult;

class HedgedStream : public FailoverFixture {
 protected:
  HedgedStream() : FailoverFixture("hedge: {after: 1ms, at_most: 100%}") {}

  void ExpectAnswer(std::string_view text) {
    ExpectStream({TextChunk(text), ChunksOfTheEnd(10, 5)}, /*waits=*/true);
  }
  // Starts a request of which both attempts wait for their first token.
  void StartBoth() {
    Start();
    RunUntil([this] { return exchanges_.made.size() == 2; });
    Turn();
  }
  void ExpectWon(std::size_t winner, std::string_view text) {
    GoOn(winner);
    const std::size_t loser = 1 - winner;
    EXPECT_EQ(exchanges_.traces[loser].aborted, AttemptResult::kHedgeLost) << "at once";
    EXPECT_EQ(account_.attempts[loser].result, AttemptResult::kHedgeLost);
    EXPECT_EQ(snapshot_->fleet->backends()[loser].replicas->InFlight(), 0) << "its slot is free";
    EXPECT_EQ(Count(text), 1u) << client_.sent;
    GoOn(winner);
    RunOn();
    EXPECT_EQ(Count("HTTP/1.1 200"), 1u);
    EXPECT_EQ(Count("data: [DONE]"), 1u);
    ASSERT_EQ(account_.attempts.size(), 2u);
    EXPECT_EQ(account_.committed, winner);
    EXPECT_EQ(account_.attempts[winner].result, AttemptResult::kOk);
    EXPECT_GT(account_.attempts[loser].cost, 0) << "an estimate";
    EXPECT_EQ(account_.attempts[loser].usage_status, policy::UsageStatus::kEstimated);
    EXPECT_FALSE(account_.attempts[0].hedge);
    EXPECT_TRUE(account_.attempts[1].hedge);
    std::string line;
    AppendLogLine(account_, "now", line);
    EXPECT_NE(line.find(R"("hedged":true)"), std::string::npos) << line;
    EXPECT_NE(line.find(R"("result":"hedge_lost")"), std::string::npos) << line;
    BookMetrics(account_, worker_.metrics);
    const auto who = winner == 0 ? HedgeWinner::kFirst : HedgeWinner::kHedge;
    auto& hedges = worker_.metrics.failovers.Cell(snapshot_->route_labels[0]).Of<HedgesTotal>();
    EXPECT_EQ(hedges[who].Get(), 1);
    EXPECT_EQ(account_.outcome, RequestOutcome::kOk);
  }
};

TEST_F(HedgedStream, TheHedgeWinsIfItsTokenIsFirst) {
  ExpectAnswer("slow");
  ExpectAnswer("fast");
  StartBoth();
  ExpectWon(1, "fast");
  EXPECT_EQ(Count("slow"), 0u);
}

TEST_F(HedgedStream, TheFirstAttemptWinsIfItsTokenIsFirst) {
  ExpectAnswer("late");
  ExpectAnswer("hedge");
  StartBoth();
  ExpectWon(0, "late");
  EXPECT_EQ(Count("hedge"), 0u);
}

TEST_F(HedgedStream, AnAnswerInTimeIsNotHedged) {
  ExpectStream({TextChunk("one"), ChunksOfTheEnd(10, 5)});
  Start();
  RunOn();
  EXPECT_EQ(account_.attempts.size(), 1u);
  EXPECT_FALSE(account_.Hedged());
}

TEST_F(HedgedStream, AnAnswerThatComesWholeIsNotHedged) {
  ExchangeScript script =
      WholeAnswer(R"({"choices":[{"index":0,"message":{"content":"hi"},"finish_reason":"stop"}]})");
  script.waits = true;
  exchanges_.Expect(script);
  Start(R"({"model":"auto","messages":[{"role":"user","content":"hello"}]})");
  io_.restart();
  io_.run_for(std::chrono::milliseconds(20));
  EXPECT_EQ(exchanges_.made.size(), 1u);
  GoOn(0);
  RunOn();
}

TEST_F(HedgedStream, WhenTheFirstFailsTheHedgeGoesOnAlone) {
  ExpectStream({}, /*waits=*/true, AttemptResult::kReset);
  ExpectAnswer("other");
  StartBoth();
  GoOn(0);
  EXPECT_EQ(client_.sent, "");
  GoOn(1);
  GoOn(1);
  RunOn();
  EXPECT_EQ(Count("other"), 1u);
  EXPECT_EQ(Count("data: [DONE]"), 1u);
  EXPECT_EQ(account_.attempts[0].result, AttemptResult::kReset);
  EXPECT_EQ(account_.committed, 1u);
}

TEST_F(HedgedStream, WhenTheHedgeFailsTheFirstGoesOnAlone) {
  ExpectAnswer("late");
  ExpectStream({}, /*waits=*/true, AttemptResult::kReset);
  StartBoth();
  GoOn(1);
  EXPECT_EQ(client_.sent, "");
  GoOn(0);
  GoOn(0);
  RunOn();
  EXPECT_EQ(Count("late"), 1u);
  EXPECT_EQ(Count("data: [DONE]"), 1u);
  EXPECT_EQ(account_.attempts[1].result, AttemptResult::kReset);
  EXPECT_EQ(account_.committed, 0u);
}

TEST_F(HedgedStream, WhenBothFailTheNextTargetIsAsked) {
  for (const std::size_t first_to_fail : {0u, 1u}) {
    Begin();
    done_.reset();
    client_.sent.clear();
    exchanges_.made.clear();
    ExpectStream({}, /*waits=*/true, AttemptResult::kReset);
    ExpectStream({}, /*waits=*/true, AttemptResult::kReset);
    ExpectStream({TextChunk("third"), ChunksOfTheEnd(10, 5)});
    StartBoth();
    GoOn(first_to_fail);
    GoOn(1 - first_to_fail);
    RunOn();
    EXPECT_EQ(Count("third"), 1u) << client_.sent;
    EXPECT_EQ(account_.attempts.size(), 3u);
    EXPECT_EQ(account_.committed, 2u);
  }
}

TEST_F(HedgedStream, AClientThatLeavesEndsBoth) {
  ExpectAnswer("one");
  ExpectAnswer("two");
  StartBoth();
  LeaveClient();
  RunOn();
  for (const std::size_t i : {0u, 1u}) {
    EXPECT_EQ(exchanges_.traces[i].aborted, AttemptResult::kClientGone);
    EXPECT_EQ(account_.attempts[i].result, AttemptResult::kClientGone);
  }
  EXPECT_EQ(account_.outcome, RequestOutcome::kClientGone);
  EXPECT_EQ(exchanges_.traces.size(), 2u);
}

TEST_F(HedgedStream, AClientThatLeavesBeforeTheHedgeEndsTheRequestAtOnce) {
  ExpectAnswer("one");
  Start();
  LeaveClient();
  RunOn();
  EXPECT_EQ(exchanges_.traces.size(), 1u);
  EXPECT_EQ(account_.outcome, RequestOutcome::kClientGone);
}

TEST_F(HedgedStream, AClientThatLeavesWhileTheWinnerIsRelayedEndsIt) {
  ExpectAnswer("slow");
  ExpectAnswer("fast");
  StartBoth();
  exchanges_.made[1]->GoOn();
  io_.restart();
  io_.poll();
  LeaveClient();
  RunOn();
  EXPECT_EQ(account_.outcome, RequestOutcome::kClientGone);
  EXPECT_EQ(account_.attempts[0].result, AttemptResult::kHedgeLost);
  EXPECT_EQ(account_.attempts[1].result, AttemptResult::kClientGone);
}

TEST_F(HedgedStream, ADrainEndsBothHonestly) {
  ExpectAnswer("one");
  ExpectAnswer("two");
  StartBoth();
  running_->Cut();
  RunOn();
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 503 ")) << client_.sent;
  EXPECT_EQ(Count("shutting down"), 1u);
  EXPECT_EQ(exchanges_.traces.size(), 2u);
}

TEST_F(HedgedStream, AFinalRefusalOfTheFirstEndsTheRequestAtOnce) {
  ExchangeScript refusal = RefusingAnswerOf(400, R"({"error":{"message":"no such field"}})");
  refusal.waits = true;
  exchanges_.Expect(refusal);
  ExpectAnswer("hedge");
  StartBoth();
  GoOn(0);
  RunOn();
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 400 ")) << client_.sent;
  EXPECT_EQ(exchanges_.traces[1].aborted, AttemptResult::kHedgeLost);
  EXPECT_EQ(exchanges_.traces.size(), 2u);
  EXPECT_EQ(account_.outcome, RequestOutcome::kClientError);
}

TEST_F(HedgedStream, ARefusalOfTheHedgeCountsOnlyIfTheFirstFails) {
  for (const bool first_answers : {true, false}) {
    Begin();
    done_.reset();
    client_.sent.clear();
    exchanges_.made.clear();
    if (first_answers) {
      ExpectAnswer("late");
    } else {
      ExpectStream({}, /*waits=*/true, AttemptResult::kReset);
    }
    ExpectRefusal(400);
    StartBoth();
    EXPECT_EQ(client_.sent, "");
    GoOn(0);
    if (first_answers) GoOn(0);
    RunOn();
    EXPECT_TRUE(client_.sent.starts_with(first_answers ? "HTTP/1.1 200 " : "HTTP/1.1 400 "))
        << client_.sent;
    EXPECT_EQ(account_.attempts.size(), 2u) << "the third target would refuse it too";
  }
}

TEST_F(HedgedStream, AHedgeBeginsAgainWithoutStreamOptionsThatItsBackendRefuses) {
  ExpectAnswer("slow");
  exchanges_.Expect(
      RefusingAnswerOf(400, R"({"error":{"message":"stream_options is not supported"}})"));
  ExpectAnswer("fast");
  Start();
  RunUntil([this] { return exchanges_.made.size() == 3; });
  Turn();
  EXPECT_NE(exchanges_.traces[1].request.find("stream_options"), std::string::npos);
  EXPECT_EQ(exchanges_.traces[2].request.find("stream_options"), std::string::npos);
  GoOn(2);
  GoOn(2);
  RunOn();
  EXPECT_EQ(Count("fast"), 1u) << client_.sent;
  EXPECT_EQ(account_.attempts[1].target, account_.attempts[2].target);
  EXPECT_EQ(account_.committed, 2u);
}

TEST_F(HedgedStream, LosingSaysNothingOfATargetsHealth) {
  for (int lost = 1; lost <= 6; ++lost) {
    Begin();
    done_.reset();
    exchanges_.made.clear();
    ExchangeScript silent = StreamedAnswer({TextChunk("never")});
    silent.head_waits = true;
    exchanges_.Expect(silent);
    ExpectAnswer("fast");
    StartBoth();
    GoOn(1);
    GoOn(1);
    RunOn();
    EXPECT_EQ(account_.attempts[0].result, AttemptResult::kHedgeLost);
    EXPECT_TRUE(snapshot_->fleet->backends()[0].replicas->AnyUsable(SteadyClock::now()));
    EXPECT_TRUE(snapshot_->fleet->backends()[1].replicas->AnyUsable(SteadyClock::now()));
  }
}

class SeldomHedged : public FailoverFixture {
 protected:
  SeldomHedged() : FailoverFixture("hedge: {after: 1ms, at_most: 50%}") {}
};

TEST_F(SeldomHedged, TheShareOfTheRouteIsAnUpperLimit) {
  for (int i = 0; i < 4; ++i) {
    Begin();
    done_.reset();
    exchanges_.made.clear();
    ExpectStream({TextChunk("one"), ChunksOfTheEnd(10, 5)}, /*waits=*/true);
    const bool may = i % 2 == 1;  // the second request, and the fourth
    if (may) ExpectStream({TextChunk("two"), ChunksOfTheEnd(10, 5)}, /*waits=*/true);
    Start();
    io_.restart();
    io_.run_for(std::chrono::milliseconds(20));
    EXPECT_EQ(exchanges_.made.size(), may ? 2u : 1u);
    GoOn(0);
    GoOn(0);
    RunOn();
    EXPECT_EQ(account_.outcome, RequestOutcome::kOk);
    EXPECT_EQ(account_.Hedged(), may);
  }
}

class HedgedAndHeld : public FailoverFixture {
 protected:
  HedgedAndHeld() : FailoverFixture("commit: complete, hedge: {after: 1ms, at_most: 100%}") {}
};

TEST_F(HedgedAndHeld, AWinnerThatFailsWhileItIsHeldIsReplaced) {
  ExpectStream({TextChunk("one")}, /*waits=*/true);
  ExpectStream({TextChunk("two")}, /*waits=*/true, AttemptResult::kCut);
  ExpectStream({TextChunk("three"), ChunksOfTheEnd(10, 5)});
  Start();
  RunUntil([this] { return exchanges_.made.size() == 2; });
  Turn();
  GoOn(1);
  GoOn(1);
  RunOn();
  EXPECT_EQ(Count("two"), 0u);
  EXPECT_EQ(Count("three"), 1u) << client_.sent;
  EXPECT_EQ(account_.attempts[0].result, AttemptResult::kHedgeLost);
  EXPECT_EQ(account_.attempts[1].result, AttemptResult::kCut);
  EXPECT_EQ(account_.committed, 2u);
}

TEST_F(HedgedAndHeld, AHedgeThatLostReplacesTheWinner) {
  ExpectStream({TextChunk("one")}, /*waits=*/true, AttemptResult::kCut);
  ExpectStream({TextChunk("two")}, /*waits=*/true);
  ExpectStream({TextChunk("again"), ChunksOfTheEnd(10, 5)});
  Start();
  RunUntil([this] { return exchanges_.made.size() == 2; });
  Turn();
  GoOn(0);
  GoOn(0);
  RunOn();
  EXPECT_EQ(Count("again"), 1u) << client_.sent;
  ASSERT_EQ(account_.attempts.size(), 3u);
  EXPECT_EQ(account_.attempts[1].target, account_.attempts[2].target);
}

class HedgedAndResumed : public FailoverFixture {
 protected:
  HedgedAndResumed() : FailoverFixture("resume: true, hedge: {after: 1ms, at_most: 100%}") {}
};

TEST_F(HedgedAndResumed, AHedgeThatLostContinuesTheWinner) {
  ExpectStream({TextChunk("one")}, /*waits=*/true, AttemptResult::kCut);
  ExpectStream({TextChunk("lost")}, /*waits=*/true);
  ExpectStream({TextChunk(" two"), ChunksOfTheEnd(10, 5)});
  Start();
  RunUntil([this] { return exchanges_.made.size() == 2; });
  Turn();
  GoOn(0);
  GoOn(0);
  RunOn();
  EXPECT_EQ(Count("\" two\""), 1u) << client_.sent;
  EXPECT_EQ(Count("data: [DONE]"), 1u);
  ASSERT_EQ(account_.attempts.size(), 3u);
  EXPECT_EQ(account_.attempts[1].target, account_.attempts[2].target);
}

}  // namespace
}  // namespace headgate::gateway

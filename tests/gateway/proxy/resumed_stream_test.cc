#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "gateway/accounting/request_log.h"
#include "tests/gateway/proxy/failover_fixture.h"

namespace headgate::gateway {
namespace {

using backends::AttemptResult;

class Resumed : public FailoverFixture {
 protected:
  explicit Resumed(std::string_view head = "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\n\r\n",
                   int same_target = 0)
      : FailoverFixture("resume: true", head, same_target) {}

  void ExpectBroken(std::string_view text, AttemptResult result = AttemptResult::kCut,
                    bool waits = false) {
    ExpectStream({RoleChunk() + TextChunk(text)}, waits, result);
  }
  void ExpectRest(std::string_view text) {
    ExpectStream({RoleChunk() + TextChunk(text), ChunksOfTheEnd(20, 5)});
  }
  const std::string& Asked(std::size_t exchange) const {
    return exchanges_.traces[exchange].request;
  }
  bool Has(std::size_t exchange, std::string_view text) const {
    return Asked(exchange).find(text) != std::string::npos;
  }
  void ExpectHonestError(std::string_view why_not) {
    EXPECT_EQ(Count("HTTP/1.1 200"), 1u);
    EXPECT_EQ(Count("data: [DONE]"), 0u) << client_.sent;
    EXPECT_EQ(Count("\"error\""), 1u) << client_.sent;
    EXPECT_FALSE(client_.sent.ends_with("0\r\n\r\n"));
    EXPECT_EQ(account_.outcome, RequestOutcome::kCut);
    EXPECT_EQ(account_.not_resumed, why_not);
  }
};

TEST_F(Resumed, AnAnswerGoesOnAtTheNextTargetAsOneStream) {
  ExpectBroken("one ");
  ExpectRest("two");
  Start(ChatBody(R"(,"max_tokens":100,"stream_options":{"include_usage":true})"));
  RunOn();
  EXPECT_EQ(Count("HTTP/1.1 200"), 1u);
  EXPECT_EQ(Count(R"("role":"assistant")"), 1u) << client_.sent;
  EXPECT_EQ(Count("one "), 1u);
  EXPECT_EQ(Count("\"two\""), 1u);
  EXPECT_LT(client_.sent.find("one "), client_.sent.find("\"two\""));
  EXPECT_EQ(Count(R"("id":"c-1")"), Count(R"("id":)")) << client_.sent;
  EXPECT_EQ(Count("data: [DONE]"), 1u);
  EXPECT_TRUE(client_.sent.ends_with("0\r\n\r\n"));
  EXPECT_TRUE(Has(1, R"("continue_final_message":true)")) << Asked(1);
  EXPECT_TRUE(Has(1, R"({"role":"assistant","content":"one"})")) << Asked(1);
  EXPECT_TRUE(Has(1, R"("model":"second")"));
  EXPECT_TRUE(Has(1, R"("max_tokens":99)"));

  ASSERT_EQ(account_.attempts.size(), 2u);
  EXPECT_EQ(account_.outcome, RequestOutcome::kOk);
  EXPECT_EQ(account_.attempts[0].result, AttemptResult::kCut);
  EXPECT_EQ(account_.attempts[1].result, AttemptResult::kOk);
  EXPECT_EQ(account_.committed, 0u);
  EXPECT_EQ(account_.TimesResumed(), 1);
  EXPECT_EQ(account_.attempts[1].cost, 20 * 10'000 + 5 * 20'000);
  EXPECT_GT(account_.attempts[0].cost, 0);
  const policy::Usage sum = account_.UsageOfAnswer();
  EXPECT_EQ(sum.input, account_.attempts[0].usage.input + 20);
  EXPECT_EQ(sum.output, account_.attempts[0].usage.output + 5);
  EXPECT_EQ(Count(R"("completion_tokens":)" + std::to_string(sum.output)), 1u) << client_.sent;
  EXPECT_TRUE(exchanges_.traces[1].finished);
}

TEST_F(Resumed, AClientThatMaySeeHowItIsServedIsToldWhereTheRestBegins) {
  ExpectBroken("one");
  ExpectRest(" two");
  response_.Expose();
  Start();
  RunOn();
  const std::size_t told = client_.sent.find(": x-headgate-resumed gpt-4.1@two\n\n");
  ASSERT_NE(told, std::string::npos) << client_.sent;
  EXPECT_LT(client_.sent.find("\"one\""), told);
  EXPECT_LT(told, client_.sent.find("\" two\""));
  std::string line;
  AppendLogLine(account_, "now", line);
  EXPECT_NE(line.find(R"("resumed":1)"), std::string::npos) << line;
  EXPECT_NE(line.find(R"("target":"gpt-4.1@one","outcome":"ok")"), std::string::npos) << line;
  EXPECT_NE(line.find(R"("resumes":true)"), std::string::npos) << line;
}

TEST_F(Resumed, AStallAndAnErrorEventAreBreaksToo) {
  for (const AttemptResult result : {AttemptResult::kStalled, AttemptResult::kErrorEvent}) {
    Begin();
    done_.reset();
    client_.sent.clear();
    if (result == AttemptResult::kStalled) {
      ExpectBroken("one", result);
    } else {
      ExpectStream({TextChunk("one"), "data: {\"error\":{\"message\":\"boom\"}}\n\n"});
    }
    ExpectRest(" two");
    Start();
    RunOn();
    EXPECT_EQ(Count("boom"), 0u);
    EXPECT_EQ(Count("data: [DONE]"), 1u) << client_.sent;
    EXPECT_EQ(account_.attempts[0].result, result);
    EXPECT_EQ(account_.outcome, RequestOutcome::kOk);
  }
}

TEST_F(Resumed, AnAnswerMayBreakTwice) {
  ExpectBroken("one");
  ExpectStream({TextChunk(" two")}, /*waits=*/false, AttemptResult::kStalled);
  ExpectRest(" three");
  Start();
  RunOn();
  EXPECT_EQ(Count("\"one\""), 1u);
  EXPECT_EQ(Count("\" two\""), 1u);
  EXPECT_EQ(Count("\" three\""), 1u);
  EXPECT_EQ(Count("data: [DONE]"), 1u);
  EXPECT_TRUE(Has(2, R"({"role":"assistant","content":"one two"})")) << Asked(2);
  EXPECT_EQ(account_.TimesResumed(), 2);
  EXPECT_EQ(account_.outcome, RequestOutcome::kOk);
  EXPECT_EQ(account_.LastPart()->target, account_.attempts[2].target);
}

TEST_F(Resumed, ARefusedContinuationIsTriedElsewhereAndThenSaidHonestly) {
  ExpectBroken("one");
  ExpectRefusal(400);
  ExpectRefusal(500);
  Start();
  RunOn();
  ExpectHonestError("no_target");
  EXPECT_EQ(account_.attempts.size(), 3u);
  EXPECT_EQ(account_.TimesResumed(), 0);
}

TEST_F(Resumed, AContinuationThatEndsWithoutATokenIsNone) {
  ExpectBroken("one");
  ExpectStream({RoleChunk()}, /*waits=*/false, AttemptResult::kFirstTokenTimeout);
  ExpectRest(" two");
  Start();
  RunOn();
  EXPECT_EQ(Count("data: [DONE]"), 1u) << client_.sent;
  EXPECT_EQ(account_.TimesResumed(), 1);
  EXPECT_EQ(account_.attempts[1].result, AttemptResult::kFirstTokenTimeout);
}

TEST_F(Resumed, AContinuationThatOnlyEndsTheAnswerIsAPartOfIt) {
  ExpectBroken("one");
  ExpectStream({RoleChunk() + ChunksOfTheEnd(20, 1)});
  Start(ChatBody(R"(,"stream_options":{"include_usage":true})"));
  RunOn();
  EXPECT_EQ(Count("data: [DONE]"), 1u) << client_.sent;
  EXPECT_EQ(account_.TimesResumed(), 1);
  EXPECT_EQ(account_.LastPart()->target, account_.attempts[1].target);
  const policy::Usage sum = account_.UsageOfAnswer();
  EXPECT_EQ(sum.input, account_.attempts[0].usage.input + 20);
  EXPECT_EQ(Count(R"("prompt_tokens":)" + std::to_string(sum.input)), 1u) << client_.sent;
}

TEST_F(Resumed, AToolCallThatHasBegunIsNotResumed) {
  ExpectStream({TextChunk("one"), ChunkOf(R"({"tool_calls":[{"index":0,"id":"t","type":"function",)"
                                          R"("function":{"name":"f","arguments":"{"}}]})")},
               /*waits=*/false, AttemptResult::kCut);
  Start();
  RunOn();
  ExpectHonestError("the model has called a tool");
  EXPECT_EQ(account_.attempts.size(), 1u);
}

TEST_F(Resumed, ARequestForSeveralAnswersIsNotResumed) {
  ExpectBroken("one");
  Start(ChatBody(R"(,"n":2)"));
  RunOn();
  ExpectHonestError("it asks for more than one answer");
}

TEST_F(Resumed, ADrainMeanwhileEndsItHonestly) {
  ExpectBroken("one");
  ExpectStream({TextChunk(" two")}, /*waits=*/true);
  Start();
  EXPECT_EQ(exchanges_.traces.size(), 2u);
  running_->Cut();
  RunOn();
  EXPECT_EQ(Count("gateway_shutdown"), 1u) << client_.sent;
  EXPECT_EQ(Count("data: [DONE]"), 0u);
  EXPECT_EQ(account_.outcome, RequestOutcome::kCut);
  EXPECT_EQ(account_.error, "The gateway is shutting down.");
  EXPECT_EQ(exchanges_.traces.size(), 2u);
}

TEST_F(Resumed, ADrainDuringTheRestEndsItHonestly) {
  ExpectBroken("one");
  ExpectStream({TextChunk(" two"), TextChunk(" three")}, /*waits=*/true);
  Start();
  GoOn(1);
  EXPECT_EQ(Count("\" two\""), 1u);
  running_->Cut();
  RunOn();
  EXPECT_EQ(Count("gateway_shutdown"), 1u) << client_.sent;
  EXPECT_EQ(Count("data: [DONE]"), 0u);
  EXPECT_EQ(account_.error, "The gateway is shutting down.");
  EXPECT_EQ(account_.TimesResumed(), 1);
}

TEST_F(Resumed, AClientThatLeavesMeanwhileEndsIt) {
  ExpectBroken("one");
  ExpectStream({TextChunk(" two")}, /*waits=*/true);
  Start();
  LeaveClient();
  RunOn();
  EXPECT_EQ(exchanges_.traces[1].aborted, AttemptResult::kClientGone);
  EXPECT_EQ(account_.outcome, RequestOutcome::kClientGone);
  EXPECT_EQ(account_.attempts[1].result, AttemptResult::kClientGone);
}

TEST_F(Resumed, AClientThatLeavesDuringTheRestEndsIt) {
  ExpectBroken("one");
  ExpectStream({TextChunk(" two"), TextChunk(" three")}, /*waits=*/true);
  Start();
  GoOn(1);
  LeaveClient();
  RunOn();
  EXPECT_EQ(account_.outcome, RequestOutcome::kClientGone);
}

class ResumedAgain : public Resumed {
 protected:
  ResumedAgain() : Resumed("POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\n\r\n", 1) {}
};

TEST_F(ResumedAgain, APassingFaultOfAContinuationIsMetAtTheSameTarget) {
  ExpectBroken("one");
  ExpectRefusal(503);
  ExpectRest(" two");
  Start();
  RunOn();
  EXPECT_EQ(Count("data: [DONE]"), 1u) << client_.sent;
  ASSERT_EQ(account_.attempts.size(), 3u);
  EXPECT_EQ(account_.attempts[1].target, account_.attempts[2].target);
  EXPECT_EQ(account_.TimesResumed(), 1);
}

TEST_F(ResumedAgain, ADrainEndsTheWaitForASecondTry) {
  ExpectBroken("one");
  ExpectRefusal(503);
  Start();
  running_->Cut();
  RunOn();
  EXPECT_EQ(Count("gateway_shutdown"), 1u) << client_.sent;
  EXPECT_EQ(exchanges_.traces.size(), 2u);
}

class ResumedForMessages : public Resumed {
 protected:
  ResumedForMessages()
      : Resumed("POST /v1/messages HTTP/1.1\r\nHost: h\r\nanthropic-version: 2023-06-01\r\n\r\n") {}
};

TEST_F(ResumedForMessages, AnAnswerGoesOnInTheProtocolOfTheClient) {
  ExpectBroken("one");
  ExpectRest(" two");
  Start(R"({"model":"auto","max_tokens":100,"messages":[{"role":"user","content":"hello"}],)"
        R"("stream":true})");
  RunOn();
  EXPECT_EQ(Count("event: message_start\n"), 1u) << client_.sent;
  EXPECT_EQ(Count("event: content_block_start\n"), 1u);
  EXPECT_EQ(Count("event: content_block_stop\n"), 1u);
  EXPECT_EQ(Count("event: message_stop\n"), 1u);
  EXPECT_EQ(Count(R"("text":"one")"), 1u);
  EXPECT_EQ(Count(R"("text":" two")"), 1u);
  EXPECT_TRUE(Has(1, R"({"role":"assistant","content":"one"})")) << Asked(1);
  EXPECT_EQ(account_.outcome, RequestOutcome::kOk);
}

class HeldAndResumed : public FailoverFixture {
 protected:
  HeldAndResumed() : FailoverFixture("commit: {hold: 2s}, resume: true") {}
};

TEST_F(HeldAndResumed, AnAnswerThatBreaksBehindItsHoldGoesOn) {
  ExpectStream({TextChunk("one")}, /*waits=*/true, AttemptResult::kCut);
  ExpectStream({TextChunk(" two"), ChunksOfTheEnd(20, 5)});
  Start();
  GoOn(0);
  TickIn(std::chrono::seconds(3));
  EXPECT_EQ(Count("\"one\""), 1u);
  GoOn(0);
  RunOn();
  EXPECT_EQ(Count("\"one\""), 1u);
  EXPECT_EQ(Count("\" two\""), 1u) << client_.sent;
  EXPECT_EQ(Count("data: [DONE]"), 1u);
  EXPECT_EQ(account_.outcome, RequestOutcome::kOk);
}

}  // namespace
}  // namespace headgate::gateway

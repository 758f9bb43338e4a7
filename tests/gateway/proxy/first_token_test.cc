#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "tests/gateway/proxy/failover_fixture.h"

namespace headgate::gateway {
namespace {

using backends::AttemptResult;

// What comes before the first token of a stream is no answer yet.
class FirstToken : public FailoverFixture {
 protected:
  FirstToken() : FailoverFixture("resume: false") {}

  void ExpectTheOther() { ExpectStream({RoleChunk(), TextChunk("other"), ChunksOfTheEnd(10, 5)}); }
  // The first attempt failed with `result`, and the client saw nothing of it.
  void ExpectUnseen(AttemptResult result) {
    RunOn();
    EXPECT_EQ(Count("HTTP/1.1 200"), 1u) << client_.sent;
    EXPECT_EQ(Count(R"("role":"assistant")"), 1u) << client_.sent;
    EXPECT_EQ(Count("other"), 1u);
    EXPECT_EQ(Count("data: [DONE]"), 1u);
    ASSERT_EQ(account_.attempts.size(), 2u);
    EXPECT_EQ(account_.attempts[0].result, result);
    EXPECT_EQ(account_.committed, 1u);
    EXPECT_EQ(account_.outcome, RequestOutcome::kOk);
  }
};

TEST_F(FirstToken, AStreamThatEndsBeforeItFailsOver) {
  ExpectStream({RoleChunk(), "data: [DONE]\n\n"});
  ExpectTheOther();
  Start();
  ExpectUnseen(AttemptResult::kCut);
}

TEST_F(FirstToken, AStreamThatIsCutBeforeItFailsOver) {
  ExpectStream({RoleChunk()}, /*waits=*/false, AttemptResult::kCut);
  ExpectTheOther();
  Start();
  ExpectUnseen(AttemptResult::kCut);
}

TEST_F(FirstToken, AnErrorBeforeItFailsOver) {
  ExpectStream({RoleChunk(), "data: {\"error\":{\"message\":\"engine died\",\"code\":500}}\n\n"});
  ExpectTheOther();
  Start();
  ExpectUnseen(AttemptResult::kErrorEvent);
}

TEST_F(FirstToken, AnAnswerThatIsEmptyAndFinishedIsOne) {
  ExpectStream({RoleChunk(), ChunksOfTheEnd(10, 0)});
  Start();
  RunOn();
  EXPECT_EQ(Count("data: [DONE]"), 1u) << client_.sent;
  EXPECT_EQ(account_.attempts.size(), 1u);
  EXPECT_EQ(account_.outcome, RequestOutcome::kOk);
  EXPECT_EQ(account_.first_token, TimePoint{});
}

TEST_F(FirstToken, NothingIsSentBeforeIt) {
  ExpectStream({RoleChunk(), TextChunk("one"), ChunksOfTheEnd(10, 5)}, /*waits=*/true);
  Start();
  GoOn(0);
  EXPECT_EQ(client_.sent, "");
  GoOn(0);
  EXPECT_EQ(Count("HTTP/1.1 200"), 1u);
  EXPECT_EQ(Count(R"("role":"assistant")"), 1u);
  EXPECT_EQ(Count("one"), 1u);
  GoOn(0);
  RunOn();
  EXPECT_NE(account_.first_token, TimePoint{});
}

TEST_F(FirstToken, WhatComesBeforeItIsASignOfLifeAfterALongWait) {
  ExpectStream({RoleChunk(), TextChunk("one"), ChunksOfTheEnd(10, 5)}, /*waits=*/true);
  account_.started -= std::chrono::seconds(30);
  Start();
  GoOn(0);
  EXPECT_EQ(Count("HTTP/1.1 200"), 1u);
  EXPECT_EQ(Count("\r\n:\n\n\r\n"), 1u) << client_.sent;
  EXPECT_EQ(Count("role"), 0u);
  GoOn(0);
  GoOn(0);
  RunOn();
  EXPECT_EQ(Count("HTTP/1.1 200"), 1u);
  EXPECT_EQ(Count("one"), 1u);
  EXPECT_EQ(Count("data: [DONE]"), 1u);
}

// Speech, for example: the gateway knows no token in it.
TEST_F(FirstToken, AStreamOfUnknownContentIsNotKeptForLong) {
  const std::string audio = ChunkOf(R"({"audio":{"data":")" + std::string(40'000, 'a') + R"("}})");
  ExpectStream({audio, audio, ChunksOfTheEnd(10, 5)}, /*waits=*/true);
  Start();
  GoOn(0);
  EXPECT_EQ(client_.sent, "");
  GoOn(0);
  EXPECT_EQ(Count("HTTP/1.1 200"), 1u);
  GoOn(0);
  RunOn();
  EXPECT_EQ(Count("data: [DONE]"), 1u);
}

}  // namespace
}  // namespace headgate::gateway

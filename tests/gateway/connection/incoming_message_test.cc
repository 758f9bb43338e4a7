#include "gateway/connection/incoming_message.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace headgate::gateway {
namespace {

using BodyState = IncomingMessage::BodyState;

constexpr std::size_t kMostHead = 32u << 10;
constexpr std::size_t kMostBody = 1u << 20;

// Gives `bytes` to the message in reads of at most `read` bytes.
void Send(IncomingMessage& message, std::string_view bytes, std::size_t read = 1u << 20) {
  while (!bytes.empty()) {
    const std::span<char> room = message.Room();
    ASSERT_FALSE(room.empty());
    const std::size_t size = std::min({bytes.size(), room.size(), read});
    std::copy_n(bytes.data(), size, room.data());
    message.Received(size);
    bytes.remove_prefix(size);
  }
}

std::string Post(std::string_view fields) {
  return "POST /v1/chat/completions?a=b HTTP/1.1\r\nHost: h\r\nx-api-key: key\r\n" +
         std::string(fields) + "\r\n";
}

void ExpectHead(const IncomingMessage& message) {
  EXPECT_EQ(message.head().method, "POST");
  EXPECT_EQ(message.head().path, "/v1/chat/completions");
  EXPECT_EQ(message.head().query, "a=b");
  EXPECT_EQ(message.head().host, "h");
  EXPECT_EQ(message.head().x_api_key, "key");
  EXPECT_EQ(message.head().Find("x-api-key"), "key");
}

TEST(IncomingMessage, AHeadThatTricklesInIsCompleteWithItsLastByte) {
  ReadAheadBudget budget;
  IncomingMessage message(budget);
  HeadProblem problem;
  const std::string head = Post("");
  for (std::size_t i = 0; i < head.size(); ++i) {
    ASSERT_EQ(message.ParseHead(kMostHead, problem), HeadVerdict::kIncomplete) << i;
    Send(message, head.substr(i, 1));
  }
  ASSERT_EQ(message.ParseHead(kMostHead, problem), HeadVerdict::kComplete);
  ExpectHead(message);
  EXPECT_EQ(message.BeginBody(kMostBody), BodyState::kWhole);
  EXPECT_EQ(message.body(), "");
}

TEST(IncomingMessage, TheHeadFollowsABodyThatDoesNotFit) {
  const std::string body(700'000, 'x');
  for (const std::size_t read : {std::size_t{100}, std::size_t{9'000}, std::size_t{1} << 20}) {
    ReadAheadBudget budget;
    IncomingMessage message(budget);
    HeadProblem problem;
    Send(message, Post("Content-Length: 700000\r\n") + "xxx");
    ASSERT_EQ(message.ParseHead(kMostHead, problem), HeadVerdict::kComplete);
    ASSERT_EQ(message.BeginBody(kMostBody), BodyState::kPartial);
    EXPECT_EQ(message.body_received(), 3u);
    Send(message, std::string_view(body).substr(3), read);
    ASSERT_EQ(message.ContinueBody(), BodyState::kWhole);
    EXPECT_TRUE(message.body() == body);
    ExpectHead(message);
    message.End();
    EXPECT_TRUE(message.empty());
    EXPECT_LT(message.HeldBytes(), 64u) << "the memory of a large body is given back";
  }
}

TEST(IncomingMessage, AChunkedBodyLeavesTheHeadWhereItCanBeRead) {
  ReadAheadBudget budget;
  IncomingMessage message(budget);
  HeadProblem problem;
  Send(message, Post("Transfer-Encoding: chunked\r\n") + "3\r\nab");
  ASSERT_EQ(message.ParseHead(kMostHead, problem), HeadVerdict::kComplete);
  ASSERT_EQ(message.BeginBody(kMostBody), BodyState::kPartial);
  Send(message, "c\r\n");
  ASSERT_EQ(message.ContinueBody(), BodyState::kPartial);
  const std::string large(100'000, 'y');
  Send(message, "186a0\r\n" + large + "\r\n0\r\n\r\n" + Post(""));
  ASSERT_EQ(message.ContinueBody(), BodyState::kWhole);
  EXPECT_TRUE(message.body() == "abc" + large);
  ExpectHead(message);
  // The next request has already been received.
  message.End();
  EXPECT_FALSE(message.empty());
  ASSERT_EQ(message.ParseHead(kMostHead, problem), HeadVerdict::kComplete);
  ExpectHead(message);
}

TEST(IncomingMessage, PipelinedRequestsFollowEachOther) {
  ReadAheadBudget budget;
  IncomingMessage message(budget);
  HeadProblem problem;
  Send(message, Post("Content-Length: 3\r\n") + "one" + Post("Content-Length: 3\r\n") + "two");
  for (const std::string_view body : {"one", "two"}) {
    ASSERT_EQ(message.ParseHead(kMostHead, problem), HeadVerdict::kComplete);
    ASSERT_EQ(message.BeginBody(kMostBody), BodyState::kWhole);
    EXPECT_EQ(message.body(), body);
    ExpectHead(message);
    message.End();
  }
  EXPECT_TRUE(message.empty());
}

TEST(IncomingMessage, BodiesBeyondTheLimitAreRefusedBeforeTheyAreRead) {
  HeadProblem problem;
  {
    ReadAheadBudget budget;
    IncomingMessage message(budget);
    Send(message, Post("Content-Length: 1048577\r\n"));
    ASSERT_EQ(message.ParseHead(kMostHead, problem), HeadVerdict::kComplete);
    EXPECT_EQ(message.BeginBody(kMostBody), BodyState::kTooLarge);
  }
  {
    ReadAheadBudget budget;
    IncomingMessage message(budget);
    Send(message, Post("Transfer-Encoding: chunked\r\n") + "100001\r\n");
    ASSERT_EQ(message.ParseHead(kMostHead, problem), HeadVerdict::kComplete);
    EXPECT_EQ(message.BeginBody(kMostBody), BodyState::kTooLarge);
  }
  {
    ReadAheadBudget budget;
    IncomingMessage message(budget);
    Send(message, Post("Transfer-Encoding: chunked\r\n") + "x\r\n");
    ASSERT_EQ(message.ParseHead(kMostHead, problem), HeadVerdict::kComplete);
    EXPECT_EQ(message.BeginBody(kMostBody), BodyState::kMalformed);
  }
}

TEST(IncomingMessage, ARefusedHeadStillSaysWhatCame) {
  ReadAheadBudget budget;
  IncomingMessage message(budget);
  HeadProblem problem;
  Send(message, "GET /v1/models HTTP/1.1\r\nHost: a\r\nOrigin: https://a\r\nHost: b\r\n\r\n");
  ASSERT_EQ(message.ParseHead(kMostHead, problem), HeadVerdict::kRefused);
  EXPECT_EQ(problem.status, 400);
  message.ParsePartOfHead(kMostHead);
  EXPECT_EQ(message.head().method, "GET");
  EXPECT_EQ(message.head().Find("origin"), "https://a");
}

}  // namespace
}  // namespace headgate::gateway

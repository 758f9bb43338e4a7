#include "backends/net/response_parser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <chrono>
#include <string>
#include <string_view>

namespace headgate::backends {
namespace {

// Reads `answer` as it comes in pieces of `piece` bytes, as an exchange does.
void Feed(ResponseParser& parser, std::string_view answer, std::size_t piece) {
  parser.eager(false);
  std::size_t begin = 0;
  std::size_t end = 0;
  while (begin < answer.size() && !parser.is_done()) {
    boost::beast::error_code error;
    const std::size_t used =
        parser.put(boost::asio::const_buffer(answer.data() + begin, end - begin), error);
    begin += used;
    if (error == boost::beast::http::error::need_more) {
      ASSERT_LT(end, answer.size()) << "the answer has ended";
      end = std::min(end + piece, answer.size());
      continue;
    }
    ASSERT_FALSE(error) << error.message();
    if (begin == end) end = std::min(end + piece, answer.size());
  }
}

constexpr std::string_view kChunked =
    "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n";

TEST(ResponseParser, TrailerFieldsAreNotHeaderFields) {
  for (const std::string_view trailer :
       {"", "Content-Type: text/event-stream\r\n", "Content-Type: text/html\r\n",
        "Content-Encoding: gzip\r\n", "Retry-After: 999\r\n", "retry-after-ms: 999\r\n",
        "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n", "Connection: close\r\n"}) {
    std::string answer =
        "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nretry-after-ms: 8\r\n"
        "Date: Sat, 28 Nov 2026 12:00:00 GMT\r\n";
    answer.append(kChunked).append(trailer).append("\r\n");
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, answer.size()}) {
      ResponseParser parser;
      Feed(parser, answer, piece);
      ASSERT_TRUE(parser.is_done()) << trailer;
      const ResponseHead& head = parser.head();
      EXPECT_TRUE(head.json) << trailer;
      EXPECT_FALSE(head.event_stream || head.markup || head.encoded) << trailer;
      EXPECT_EQ(head.retry_after, "7") << trailer;
      EXPECT_EQ(head.retry_after_ms, "8") << trailer;
      EXPECT_EQ(head.date, "Sat, 28 Nov 2026 12:00:00 GMT") << trailer;
      EXPECT_TRUE(head.keep_alive) << trailer;
      EXPECT_EQ(parser.body(), "{}");
    }
  }
}

TEST(ResponseParser, KeepsTheFirstRetryAfterThatCanBeRead) {
  struct Case {
    std::string_view fields, retry_after, retry_after_ms;
  };
  const Case cases[] = {
      {"Retry-After: 7\r\nRetry-After: 9\r\n", "7", ""},
      {"Retry-After: 7\r\nRetry-After: soon\r\n", "7", ""},
      {"Retry-After: soon\r\nRetry-After: 9\r\n", "9", ""},
      {"Retry-After: Sat, 28 Nov 2026 12:00:20 GMT\r\nRetry-After: 9\r\n",
       "Sat, 28 Nov 2026 12:00:20 GMT", ""},
      {"retry-after-ms: 70\r\nretry-after-ms: x\r\n", "", "70"},
      {"retry-after-ms: x\r\nretry-after-ms: 70\r\n", "", "70"},
  };
  for (const Case& c : cases) {
    std::string answer = "HTTP/1.1 503 Service Unavailable\r\n";
    answer.append(c.fields).append("Content-Length: 0\r\n\r\n");
    ResponseParser parser;
    Feed(parser, answer, answer.size());
    EXPECT_TRUE(parser.is_done());
    EXPECT_EQ(parser.head().retry_after, c.retry_after) << c.fields;
    EXPECT_EQ(parser.head().retry_after_ms, c.retry_after_ms) << c.fields;
  }
}

TEST(ResponseParser, KeepsWhatAnAnswerSaysOfRateLimits) {
  ResponseParser silent;
  Feed(silent, "HTTP/1.1 200 OK\r\nx-request-id: 7\r\nContent-Length: 0\r\n\r\n", 16);
  EXPECT_FALSE(silent.head().rate_limits);
  ResponseParser parser;
  Feed(
      parser,
      "HTTP/1.1 200 OK\r\nX-RateLimit-Remaining-Requests: 0\r\nx-ratelimit-reset-requests: 6m0s\r\n"
      "anthropic-ratelimit-tokens-remaining: 5\r\nContent-Length: 0\r\n\r\n",
      16);
  ASSERT_TRUE(parser.head().rate_limits);
  EXPECT_EQ(parser.head().rate_limits->requests.remaining, 0);
  EXPECT_EQ(parser.head().rate_limits->requests.reset_in, std::chrono::minutes(6));
  EXPECT_EQ(parser.head().rate_limits->tokens.remaining, 5);
}

}  // namespace
}  // namespace headgate::backends

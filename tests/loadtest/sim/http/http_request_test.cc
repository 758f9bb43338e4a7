#include "loadtest/sim/http/http_request.h"

#include <gtest/gtest.h>

#include <optional>

namespace headgate::loadtest::sim {
namespace {

constexpr std::string_view kSized =
    "POST /v1/x?y=1 HTTP/1.1\r\nHost: h\r\nX-Sim: cut=5\r\nContent-Length: 5\r\n\r\nhello";
constexpr std::string_view kChunked =
    "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n";

// Feeds `bytes` in steps of `step` as a connection does, and returns what was left over.
std::string Feed(RequestParser& parser, std::string_view bytes, std::size_t step) {
  std::string input;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    input += bytes.substr(at, step);
    boost::system::error_code error;
    if (!parser.is_done()) input.erase(0, parser.Read(input, error));
    EXPECT_FALSE(error) << error.message();
  }
  return input;
}

TEST(RequestParserTest, ReadsTheSameInStepsOfAnySize) {
  for (const std::string_view bytes : {kSized, kChunked}) {
    for (std::size_t step = 1; step <= bytes.size(); ++step) {
      RequestParser parser;
      EXPECT_EQ(Feed(parser, bytes, step), "");
      ASSERT_TRUE(parser.is_done()) << step;
      const HttpRequest request = parser.Take();
      EXPECT_EQ(request.body, "hello");
      EXPECT_EQ(request.head, bytes.substr(0, bytes.find("\r\n\r\n") + 4));
    }
  }
}

TEST(RequestParserTest, KeepsTheFieldsItActsOn) {
  RequestParser parser;
  Feed(parser, kSized, kSized.size());
  const HttpRequest request = parser.Take();
  EXPECT_EQ(request.sim, "cut=5");
  EXPECT_EQ(request.path(), "/v1/x");
  EXPECT_EQ(request.target, "/v1/x?y=1");
  EXPECT_TRUE(request.keep_alive);
}

TEST(RequestParserTest, LeavesTheNextRequestAlone) {
  RequestParser parser;
  const std::string two = std::string(kSized) + std::string(kChunked);
  EXPECT_EQ(Feed(parser, two, two.size()), kChunked);
}

TEST(RequestParserTest, RefusesABodyBeyondTheLimitFromItsHeadAlone) {
  RequestParser parser;
  boost::system::error_code error;
  parser.Read("POST / HTTP/1.1\r\nContent-Length: 67108865\r\n\r\n", error);
  EXPECT_TRUE(error);
}

}  // namespace
}  // namespace headgate::loadtest::sim

#include "loadtest/load/exchange/answer_reader.h"

#include <gtest/gtest.h>

#include <string>

namespace headgate::loadtest::load {
namespace {

constexpr std::string_view kChunked =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
    "X-Request-Id: req_1\r\nX-Headgate-Route: r\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5\r\nhello\r\n8;x=y\r\n, world!\r\n0\r\n\r\n";
constexpr std::string_view kCounted =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\nConnection: close\r\n"
    "Retry-After: 7\r\n\r\nbody";

TEST(AnswerReader, reads_the_same_wherever_the_bytes_are_torn) {
  for (std::size_t at = 0; at <= kChunked.size(); ++at) {
    AnswerReader reader;
    ASSERT_TRUE(reader.Feed(kChunked.substr(0, at))) << at;
    ASSERT_TRUE(reader.Feed(kChunked.substr(at))) << at;
    ASSERT_TRUE(reader.is_done()) << at;
    ASSERT_EQ(reader.body(), "hello, world!");
    ASSERT_EQ(reader.status(), 200);
    ASSERT_TRUE(reader.is_event_stream() && reader.keeps_alive());
    ASSERT_EQ(reader.fields().at("x-request-id"), "req_1");
    ASSERT_EQ(reader.fields().at("x-headgate-route"), "r");
  }
}

TEST(AnswerReader, byte_by_byte_too) {
  AnswerReader reader;
  for (const char byte : kCounted) ASSERT_TRUE(reader.Feed({&byte, 1}));
  EXPECT_TRUE(reader.is_done());
  EXPECT_EQ(reader.status(), 503);
  EXPECT_EQ(reader.body(), "body");
  EXPECT_FALSE(reader.keeps_alive());
  EXPECT_EQ(reader.fields().at("retry-after"), "7");
}

TEST(AnswerReader, tells_an_end_from_a_break) {
  AnswerReader counted;
  counted.Feed(kCounted.substr(0, kCounted.size() - 1));
  EXPECT_FALSE(counted.End());
  AnswerReader chunked;
  chunked.Feed(kChunked.substr(0, kChunked.size() - 5));
  EXPECT_FALSE(chunked.End());
  AnswerReader to_the_end;
  to_the_end.Feed("HTTP/1.1 200 OK\r\n\r\nall of it");
  EXPECT_TRUE(to_the_end.End());
  EXPECT_EQ(to_the_end.body(), "all of it");
  AnswerReader nothing;
  EXPECT_FALSE(nothing.End());
}

TEST(AnswerReader, what_is_no_http_is_refused) {
  AnswerReader reader;
  EXPECT_FALSE(reader.Feed("SSH-2.0-OpenSSH_9.2\r\n\r\n"));
}

}  // namespace
}  // namespace headgate::loadtest::load

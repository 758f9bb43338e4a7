#include "backends/protocols/openai/event_stream.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/backends/protocols/openai/event_stream_cases.h"

namespace headgate::backends::openai {
namespace {

using namespace std::string_literals;

Seen Relay(const std::vector<std::string_view>& pieces, bool forward_usage) {
  EventStream stream(forward_usage, kMaxEvent);
  Seen seen;
  for (const std::string_view piece : pieces) {
    // Each piece has a buffer of its own, so that a sanitizer finds a view that is kept too long.
    const std::string bytes(piece);
    stream.Feed(bytes, seen.out);
    seen.comments += stream.comments();
  }
  seen.started = stream.started();
  seen.failed_first = stream.failed_first();
  seen.error_event = stream.error_event();
  seen.done = stream.done();
  seen.malformed = stream.malformed();
  seen.finished = stream.finished();
  seen.left_out = stream.left_out();
  seen.token_events = stream.token_events();
  if (stream.usage().tokens) {
    seen.input = stream.usage().tokens->input;
    seen.output = stream.usage().tokens->output;
  }
  seen.tier = stream.usage().service_tier;
  seen.error = stream.error();
  return seen;
}

std::string WithLineEnds(std::string_view text, std::string_view line_end) {
  std::string result;
  for (const char c : text) {
    if (c == '\n') {
      result += line_end;
    } else {
      result += c;
    }
  }
  return result;
}

std::vector<EventStreamCase> AllCases() {
  std::vector<EventStreamCase> all = UsageCases();
  for (const EventStreamCase& one : ErrorCases()) all.push_back(one);
  for (const EventStreamCase& one : FramingCases()) all.push_back(one);
  return all;
}

// Each case with each kind of line end: whole, torn in two at every byte, and byte by byte.
class EventStreamCases : public testing::TestWithParam<std::string> {};

TEST_P(EventStreamCases, ComeToTheSameWhereverTheyAreTorn) {
  for (const EventStreamCase& one : AllCases()) {
    SCOPED_TRACE(one.name);
    const std::string in = WithLineEnds(one.in, GetParam());
    Seen want = one.want;
    want.out = WithLineEnds(want.out, GetParam());
    EXPECT_EQ(Relay({in}, one.forward_usage), want);
    for (std::size_t i = 0; i <= in.size(); ++i) {
      const Seen torn = Relay({std::string_view(in).substr(0, i), std::string_view(in).substr(i)},
                              one.forward_usage);
      ASSERT_EQ(torn, want) << "torn at " << i;
    }
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < in.size(); ++i) bytes.push_back(std::string_view(in).substr(i, 1));
    EXPECT_EQ(Relay(bytes, one.forward_usage), want);
  }
}

INSTANTIATE_TEST_SUITE_P(LineEnds, EventStreamCases, testing::Values("\n"s, "\r\n"s, "\r"s),
                         [](const auto& line_end) {
                           const std::string& text = line_end.param;
                           return text == "\n" ? "Lf" : text == "\r" ? "Cr" : "CrLf";
                         });

TEST(EventStreamTest, RandomStreamsComeToTheSameWhereverTheyAreTorn) {
  const std::vector<std::string> parts = {
      kRole,
      kText,
      kStop,
      kUsage,
      ": ping\n\n",
      "\n",
      "data: ",
      "\r\n\r\n",
      "\r",
      "id: 1\n",
      "data: {\"choices\":[{\"text\":\"\xF0\x9F\x98\x80\"}]}\r\r",
      "data:\n",
      Event(R"({"error":{"message":"e"}})"),
      "data: {\"choices\":[],\r\ndata: \"usage\":{}}\r\n\r\n"};
  std::mt19937 random(20260101);
  for (int round = 0; round < 3000; ++round) {
    std::string in;
    for (std::size_t n = random() % 12; n > 0; --n) in += parts[random() % parts.size()];
    const bool forward_usage = random() % 2 == 0;
    std::vector<std::string_view> pieces;
    for (std::size_t at = 0; at < in.size();) {
      const std::size_t size = random() % (random() % 4 == 0 ? 200 : 9);
      pieces.push_back(std::string_view(in).substr(at, size));
      at += pieces.back().size();
    }
    ASSERT_EQ(Relay(pieces, forward_usage), Relay({in}, forward_usage)) << in;
  }
}

// Errors that servers send with status 200, in place of an answer or in its middle.
TEST(EventStreamTest, KnowsAnErrorInEveryShape) {
  const std::string in_a_choice =
      R"({"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error",)"
      R"("error":{"code":502,"message":"boom"}}]})";
  for (
      const std::string& error : std::vector<std::string>{
          R"({"error":{"message":"boom"}})", R"({"error":[{"message":"boom"}]})",
          R"({"error":true,"message":"boom"})", R"({"error":500})", R"({"error":"boom"})",
          R"({"detail":"model loading"})", R"({"message":"boom","code":500})",
          R"({"errors":[{"message":"boom"}],"success":false})",
          R"({"choices":null,"detail":"boom"})", R"({"code":500,"msg":"boom","data":null})",
          R"([{"error":{"code":429,"message":"boom"}}])",
          R"({"choices":null,"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}})",
          R"({"choices":[],"usage":{"total_tokens":0},"base_resp":{"status_code":1000}})",
          in_a_choice}) {
    SCOPED_TRACE(error);
    const Seen first = Relay({Event(error) + kText}, false);
    EXPECT_TRUE(first.failed_first);
    EXPECT_EQ(first.error, error);
    EXPECT_EQ(first.out, "");
    std::string stream = kText;
    stream.append(Event(error)).append(kText).append(kDone);
    const Seen later = Relay({stream}, false);
    EXPECT_TRUE(later.error_event);
    EXPECT_EQ(later.error, error);
    EXPECT_EQ(later.out, kText);
  }
}

TEST(EventStreamTest, IsFinishedWithAsManyChoicesAsWereAskedFor) {
  EventStream stream(false);
  std::string out;
  EXPECT_FALSE(stream.finished());
  stream.Feed(kText + kStop, out);
  EXPECT_TRUE(stream.finished());
  EXPECT_FALSE(stream.finished(2));
  stream.Feed(Event(R"({"choices":[{"index":1,"finish_reason":"stop"}]})"), out);
  EXPECT_TRUE(stream.finished(2));
}

TEST(EventStreamTest, ASignOfLifeIsSeenWithTheLineThatItIs) {
  EventStream stream(false);
  std::string out;
  const auto waits = [&](std::string_view bytes) {
    stream.Feed(bytes, out);
    return stream.waiting();
  };
  EXPECT_FALSE(waits(": pi"));
  EXPECT_TRUE(waits("ng\r"));
  EXPECT_EQ(stream.comments(), ": ping\n\n");
  EXPECT_FALSE(waits("\n"));  // the LF of that line's CRLF
  EXPECT_EQ(stream.comments(), "");
  EXPECT_TRUE(waits("\r\n"));
  EXPECT_TRUE(waits("event: ping\ndata:\n\n"));
  EXPECT_FALSE(waits("data: "));
  EXPECT_FALSE(waits(R"({"choices":[]})"));
  EXPECT_FALSE(waits("\n\n"));
  EXPECT_TRUE(stream.started());
  EXPECT_FALSE(waits(": ping\n\n"));
}

TEST(EventStreamTest, AFloodOfCommentsGrowsNothing) {
  EventStream stream(false, kMaxEvent);
  std::string out;
  std::string flood;
  for (int i = 0; i < 20000; ++i) flood += ":\n";
  for (int i = 0; i < 50; ++i) {
    stream.Feed(flood, out);
    ASSERT_LE(stream.comments().size(), 4096u);
    ASSERT_TRUE(stream.waiting());
  }
  EXPECT_EQ(out, "");
  EXPECT_FALSE(stream.malformed());
}

TEST(EventStreamTest, AnEventGoesOutWithTheByteThatEndsIt) {
  for (const std::string end : {"\n\n", "\r\n\r", "\r\r"}) {
    EventStream stream(false);
    std::string out;
    const std::string event = R"(data: {"choices":[{"text":"a"}]})" + end;
    stream.Feed(event.substr(0, event.size() - 1), out);
    EXPECT_EQ(out, "");
    stream.Feed(event.substr(event.size() - 1), out);
    EXPECT_EQ(out, event);
  }
}

TEST(EventStreamTest, ManyShortLinesCostNoMoreThanOnePass) {
  // 2 MB of CR alone would take minutes if each line searched to the end for an LF.
  EventStream stream(false);
  std::string out;
  stream.Feed(std::string(2u << 20, '\r'), out);
  stream.Feed(std::string(2u << 20, '\n'), out);
  EXPECT_EQ(out, "");
  EXPECT_FALSE(stream.malformed());
}

TEST(EventStreamTest, ABigEventInSmallPiecesCostsNoMoreThanOnePass) {
  EventStream stream(false);
  std::string out;
  const std::string piece(1024, 'x');
  stream.Feed(R"(data: {"choices":[{"text":")", out);
  for (int i = 0; i < 7000; ++i) stream.Feed(piece, out);
  stream.Feed("\"}]}\n\n", out);
  EXPECT_GT(out.size(), 7000u * 1024);
  EXPECT_EQ(stream.token_events(), 1);
}

}  // namespace
}  // namespace headgate::backends::openai

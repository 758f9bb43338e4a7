#include "backends/protocols/anthropic/stream_reader.h"

#include <gtest/gtest.h>

#include <string>

#include "config/base/text.h"
#include "tests/backends/protocols/anthropic/event_log.h"

namespace headgate::backends::anthropic {
namespace {

// An event as Anthropic sends it: its name is its type.
std::string Event(std::string_view type, std::string_view members) {
  return "event: " + std::string(type) + "\ndata: {\"type\":\"" + std::string(type) + "\"" +
         (members.empty() ? "" : ",") + std::string(members) + "}\n\n";
}

std::string BlockStart(int index, std::string_view block) {
  return Event("content_block_start",
               "\"index\":" + std::to_string(index) + ",\"content_block\":" + std::string(block));
}
std::string BlockDelta(int index, std::string_view delta) {
  return Event("content_block_delta",
               "\"index\":" + std::to_string(index) + ",\"delta\":" + std::string(delta));
}
std::string BlockStop(int index) {
  return Event("content_block_stop", "\"index\":" + std::to_string(index));
}
std::string CallStart(int index, std::string_view id) {
  return BlockStart(
      index, R"({"type":"tool_use","id":")" + std::string(id) + R"(","name":"f","input":{}})");
}
std::string Arguments(int index, std::string_view escaped) {
  return BlockDelta(
      index, R"({"type":"input_json_delta","partial_json":")" + std::string(escaped) + "\"}");
}

const std::string& MessageStart() {
  static const std::string event = Event(
      "message_start",
      R"("message":{"id":"msg_1","type":"message","role":"assistant","content":[],"model":"claude",)"
      R"("stop_reason":null,"usage":{"input_tokens":25,"cache_read_input_tokens":100,)"
      R"("cache_creation_input_tokens":5,"output_tokens":1,"service_tier":"standard"}})");
  return event;
}

std::string Ending(std::string_view reason) {
  return Event("message_delta", R"("delta":{"stop_reason":")" + std::string(reason) +
                                    R"(","stop_sequence":null},"usage":{"output_tokens":42})") +
         Event("message_stop", "");
}

constexpr std::string_view kFirstUsageLine =
    "usage 130 cached 100 written 5 output 1 reasoning 0 default\n";
constexpr std::string_view kUsageLine =
    "usage 130 cached 100 written 5 output 42 reasoning 0 default\n";

struct ReadStream {
  std::string told;
  bool ended = false;
  bool malformed = false;
  std::int64_t left_out = 0;
};

ReadStream ReadInPieces(std::string_view stream, std::size_t piece) {
  StreamReader reader;
  EventLog log;
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    reader.Feed(stream.substr(at, piece), log);
  }
  return {log.text, reader.ended(), reader.malformed(), reader.left_out()};
}

// Feeds it whole, in single bytes, and in two pieces cut everywhere.
ReadStream ReadEverywhere(const std::string& stream) {
  ReadStream whole = ReadInPieces(stream, stream.size());
  EXPECT_EQ(ReadInPieces(stream, 1).told, whole.told);
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    StreamReader reader;
    EventLog log;
    reader.Feed(std::string_view(stream).substr(0, cut), log);
    EXPECT_TRUE(reader.ended() || log.text.find("\nend\n") == std::string::npos) << cut;
    reader.Feed(std::string_view(stream).substr(cut), log);
    EXPECT_EQ(log.text, whole.told) << "cut at " << cut;
  }
  return whole;
}

TEST(StreamReader, PutsASplitSurrogatePairTogether) {
  const std::string stream = MessageStart() + BlockStart(0, R"({"type":"text","text":""})") +
                             BlockDelta(0, R"({"type":"text_delta","text":"a\ud83d"})") +
                             BlockDelta(0, R"({"type":"text_delta","text":"\ude00"})") +
                             BlockStop(0) + Ending("end_turn");
  EXPECT_NE(ReadEverywhere(stream).told.find("text a😀\n"), std::string::npos);
}

TEST(StreamReader, TakesAnObjectOutOfAText) {
  const std::string stream =
      MessageStart() +
      BlockStart(0, R"({"type":"tool_use","id":"t","name":"f","input":"{\"a\":1}"})") +
      BlockStop(0) + Ending("tool_use");
  EXPECT_NE(ReadEverywhere(stream).told.find("call t f\narguments {\"a\":1}\npart end\n"),
            std::string::npos);
}

TEST(StreamReader, TellsThoughtsTextAndCalls) {
  const std::string stream =
      MessageStart() + BlockStart(0, R"({"type":"thinking","thinking":"","signature":""})") +
      Event("ping", "") + BlockDelta(0, R"({"type":"thinking_delta","thinking":"h"})") +
      BlockDelta(0, R"({"thinking":"m","type":"thinking_delta"})") +
      BlockDelta(0, R"({"type":"signature_delta","signature":"sig"})") + BlockStop(0) +
      BlockStart(1, R"({"type":"redacted_thinking","data":"red"})") + BlockStop(1) +
      BlockStart(2, R"({"type":"text","text":""})") +
      BlockDelta(2, R"({"type":"text_delta","text":"Hi \ud83d\ude00 \udc00"})") +
      BlockDelta(2, R"({"type":"citations_delta","citation":{"text":"no"}})") + BlockStop(2) +
      BlockStart(3, R"({"type":"server_tool_use","id":"s","name":"web_search","input":{}})") +
      Arguments(3, "{}") + BlockStop(3) +
      BlockStart(4, R"({"type":"web_search_tool_result","content":[{"text":"no"}]})") +
      BlockStop(4) + CallStart(5, "t1") + Arguments(5, "") + Arguments(5, R"({\"a\":)") +
      Arguments(5, "1}") + BlockStop(5) + CallStart(6, "t2") + Arguments(6, "") + BlockStop(6) +
      Ending("tool_use");
  const ReadStream read = ReadEverywhere(stream);
  EXPECT_EQ(
      read.told,
      "start msg_1 claude\n" + std::string(kFirstUsageLine) +
          "ping\nthinking hm\nsignature sig\npart end\nsignature red\n"
          "part end\ntext Hi 😀 \xEF\xBF\xBD\npart end\ncall t1 f\narguments {\"a\":1}\npart end\n"
          "call t2 f\narguments {}\npart end\n" +
          std::string(kUsageLine) + "finish 3\nend\n");
  EXPECT_TRUE(read.ended);
  EXPECT_FALSE(read.malformed);
}

TEST(StreamReader, ParallelCallsWaitForTheirTurn) {
  const std::string stream = MessageStart() + CallStart(0, "t0") + CallStart(1, "t1") +
                             BlockStart(2, R"({"type":"text","text":""})") + Arguments(1, "{1") +
                             Arguments(0, "{0") + BlockDelta(2, R"({"text":"x"})") +
                             Arguments(1, "}") + BlockStop(1) + Arguments(0, "}") + BlockStop(0) +
                             BlockDelta(2, R"({"text":"y"})") + BlockStop(2) + Ending("tool_use");
  EXPECT_EQ(ReadEverywhere(stream).told,
            "start msg_1 claude\n" + std::string(kFirstUsageLine) +
                "call t0 f\narguments {0}\npart end\ncall t1 f\narguments {1}\n"
                "part end\ntext xy\npart end\n" +
                std::string(kUsageLine) + "finish 3\nend\n");
}

TEST(StreamReader, ReadsDialects) {
  // No names, no indices, no stops, no start; all arguments at once; [DONE]; CRLF; a byte-order
  // mark; data in two lines.
  const std::string stream =
      "\xEF\xBB\xBF: hello\r\n\r\n"
      "data: {\"type\":\"content_block_delta\",\r\ndata: \"delta\":{\"text\":\"a\"}}\r\n\r\n"
      "data:{\"content_block\":{\"input\":{\"x\": "
      "1},\"name\":\"f\",\"id\":\"t\",\"type\":\"tool_use\"},"
      "\"type\":\"content_block_start\"}\r\n\r\n"
      "event: surprise\r\ndata: {\"a\":[1]}\r\n\r\n"
      "event: message_delta\r\ndata: {\"delta\":{\"stop_reason\":\"tool_use\"},"
      "\"usage\":{\"input_tokens\":3,\"output_tokens\":4}}\r\n\r\ndata:\r\n\r\n"
      "event: message_stop\r\ndata: {}\r\n\r\ndata: [DONE]\r\n\r\n";
  EXPECT_EQ(ReadEverywhere(stream).told,
            "ping\nstart  \ntext a\npart end\ncall t f\narguments {\"x\": 1}\npart end\n"
            "usage 3 cached 0 written 0 output 4 reasoning 0\nfinish 3\nend\n");
}

TEST(StreamReader, UsageIsCumulative) {
  const std::string stream =
      MessageStart() +
      Event("message_delta", R"("delta":{},"usage":{"output_tokens":7,"input_tokens":0})") +
      Event("message_delta",
            R"("delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9,"input_tokens":30,)"
            R"("cache_read_input_tokens":null,"output_tokens_details":{"thinking_tokens":2}})") +
      Event("message_stop", "");
  EXPECT_EQ(ReadEverywhere(stream).told,
            "start msg_1 claude\n" + std::string(kFirstUsageLine) +
                "usage 130 cached 100 written 5 output 7 reasoning 0 default\nusage 135 cached 100 "
                "written 5 output 9 reasoning 2 default\n"
                "finish 0\nend\n");
}

TEST(StreamReader, KnowsUsageOfTheStartAlone) {
  EXPECT_EQ(ReadEverywhere(MessageStart() + Event("message_stop", "")).told,
            "start msg_1 claude\nusage 130 cached 100 written 5 output 1 reasoning 0 default\n"
            "finish 0\nend\n");
}

TEST(StreamReader, TellsWhyTheModelRefuses) {
  EXPECT_EQ(ReadEverywhere(MessageStart() +
                           Event("message_delta", R"("delta":{"stop_reason":"refusal",)"
                                                  R"("stop_details":{"explanation":"no"}})") +
                           Event("message_stop", ""))
                .told,
            "start msg_1 claude\n" + std::string(kFirstUsageLine) +
                "refusal no\npart end\nfinish 4\nend\n");
}

TEST(StreamReader, Errors) {
  const std::string error =
      R"({"type":"error","error":{"type":"overloaded_error","message":"busy"}})";
  const std::string text = BlockStart(0, R"({"type":"text","text":"a"})");
  const ReadStream read = ReadEverywhere(MessageStart() + text + "event: error\ndata: " + error +
                                         "\n\n" + Ending("end_turn"));
  EXPECT_EQ(read.told, "start msg_1 claude\n" + std::string(kFirstUsageLine) + "text a\nerror " +
                           error + "\n");
  EXPECT_TRUE(read.ended);
  EXPECT_FALSE(read.malformed);
  EXPECT_EQ(ReadEverywhere("data: " + error + "\n\n").told, "error " + error + "\n");
  EXPECT_EQ(ReadEverywhere("data: {\"error\":{\"message\":\"m\"}}\n\n").told,
            "error {\"error\":{\"message\":\"m\"}}\n");
  EXPECT_EQ(ReadEverywhere("event: error\ndata: out of memory\n\n").told, "error out of memory\n");
}

TEST(StreamReader, ACutStreamHasNoEnd) {
  const ReadStream read = ReadEverywhere(
      MessageStart() + BlockStart(0, R"({"type":"text","text":"a"})") + BlockStop(0) +
      Event("message_delta", R"("delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":42})"));
  EXPECT_EQ(read.told, "start msg_1 claude\n" + std::string(kFirstUsageLine) +
                           "text a\npart end\n" + std::string(kUsageLine));
  EXPECT_FALSE(read.ended);
}

TEST(StreamReader, Malformed) {
  for (const std::string_view data :
       {"hello", "[1]", "{", R"({"type":"content_block_delta","delta":{"text":"a"})", "\"a\"",
        R"({"type":"ping")", "{\"type\":\"ping\",\"a\":\"\xFF\"}"}) {
    const ReadStream read = ReadEverywhere("data: " + std::string(data) + "\n\n" + MessageStart());
    EXPECT_EQ(read.told, "") << data;
    EXPECT_TRUE(read.malformed) << data;
    EXPECT_TRUE(read.ended) << data;
  }
  StreamReader reader(100);
  EventLog log;
  reader.Feed(std::string(200, 'x'), log);
  EXPECT_TRUE(reader.malformed());
}

// The usual form of a delta is read without a parser: with the same result.
TEST(StreamReader, UsualAndUnusualFormsSayTheSame) {
  const std::string_view texts[] = {R"("a")",    R"("")",       R"("\"\\")", R"("\u00e9\ud83d")",
                                    R"("café")", R"("bad \x")", R"("\u12")", "\"\x01\"",
                                    "\"\xFF\"",  R"("a"b")",    R"("a)",     R"("a\")",
                                    "7",         "null"};
  const std::string_view members[] = {R"("text_delta","text":)", R"("thinking_delta","thinking":)",
                                      R"("input_json_delta","partial_json":)"};
  const auto told = [](const std::string& json) {
    const ReadStream read = ReadInPieces(
        MessageStart() + BlockStart(0, R"({"type":"text","text":""})") + "data: " + json + "\n\n",
        1000);
    return read.told + (read.left_out > 0 ? "left out" : "");
  };
  for (const std::string_view text : texts) {
    for (const std::string_view member : members) {
      const std::string delta = R"("index":0,"delta":{"type":)" + std::string(member);
      const std::string type = R"("type":"content_block_delta",)";
      const std::string usual = told(config::Concat("{", type, delta, text, "}}"));
      EXPECT_EQ(told(config::Concat("{", type, delta, text, "}   }")), usual) << text;
      EXPECT_EQ(told(config::Concat("{ ", type, delta, text, "}}")), usual) << text;
    }
  }
}

TEST(StreamReader, SurvivesOddTypes) {
  const ReadStream read = ReadEverywhere(
      Event("message_start", R"("message":7)") + Event("content_block_start", R"("index":"x")") +
      Event("content_block_delta", R"("index":1e9,"delta":[1])") +
      Event("content_block_delta", R"("index":-5,"delta":{"text":{"a":1},"thinking":null})") +
      Event("content_block_stop", R"("index":99999999999999999999)") +
      Event("message_delta", R"("delta":null,"usage":[])") +
      Event("message_delta", R"("delta":{"stop_reason":5},"usage":{"output_tokens":"x"})") +
      Event("message_stop", ""));
  EXPECT_EQ(read.told, "start  \npart end\nfinish 0\nend\n");
  std::string many = MessageStart();
  for (int i = 0; i < 400; ++i) many += CallStart(i, "t");
  EXPECT_TRUE(ReadInPieces(many, many.size()).malformed);
}

// A stream that breaks is billed by what had come: each delta behind the report is a token.
TEST(StreamReader, KnowsTheUsageOfABrokenStream) {
  StreamReader reader;
  EventLog log;
  reader.Feed(MessageStart(), log);
  EXPECT_EQ(reader.usage().tokens.value().output, 1);
  const std::string delta = BlockDelta(0, R"({"type":"text_delta","text":"a"})");
  reader.Feed(BlockStart(0, R"({"type":"text","text":""})") + delta + delta, log);
  const ReportedTokens tokens = reader.usage().tokens.value();
  EXPECT_EQ(tokens.input, 130);
  EXPECT_EQ(tokens.output, 3);
  EXPECT_FALSE(tokens.consistent);
  EXPECT_FALSE(reader.finished());
}

TEST(StreamReader, ManyWordsThatBeginLikeNullAreNoCounts) {
  for (const std::string_view word : {"nul", "nulx", "nullx", "n"}) {
    StreamReader reader;
    EventLog log;
    reader.Feed("data: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":" +
                    std::string(word) + "}}\n\n",
                log);
    EXPECT_FALSE(reader.usage().tokens) << word;
  }
}

}  // namespace
}  // namespace headgate::backends::anthropic

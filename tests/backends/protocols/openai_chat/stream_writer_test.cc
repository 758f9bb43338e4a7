#include "backends/protocols/openai_chat/stream_writer.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

#include "tests/backends/protocols/openai_chat/event_log.h"

namespace headgate::backends::openai_chat {
namespace {

using EventKind = AnswerEvent::Kind;

AnswerEvent Of(EventKind kind, std::string_view text = {}) {
  AnswerEvent event;
  event.kind = kind;
  event.text = text;
  return event;
}

AnswerEvent Started(std::string_view id) {
  AnswerEvent event = Of(EventKind::kStart);
  event.id = id;
  event.model = "m";
  return event;
}

AnswerEvent Called(std::string_view id, std::string_view name) {
  AnswerEvent event = Of(EventKind::kToolCall);
  event.id = id;
  event.name = name;
  return event;
}

AnswerEvent Signed(std::string_view text) {
  AnswerEvent event = Of(EventKind::kSignature, text);
  event.protocol = ChatProtocol::kMessages;
  return event;
}

AnswerEvent Finished(FinishReason reason) {
  AnswerEvent event = Of(EventKind::kFinish);
  event.finish = reason;
  return event;
}

class ChatStreamWriterTest : public testing::Test {
 protected:
  ChatStreamWriterTest() {
    request_.model = "asked";
    usage_.tokens = ReportedTokens{
        .input = 9, .cached_input = 4, .cache_write = 2, .output = 5, .reasoning = 3};
    usage_.service_tier = "flex";
  }

  // What is written for the events, each chunk without what all chunks have.
  std::string Write(std::initializer_list<AnswerEvent> events) {
    std::string out;
    StreamWriter writer({.request = &request_, .request_id = "r1", .created = 7}, out);
    for (const AnswerEvent& event : events) writer.On(event);
    return Short(out);
  }

  AnswerEvent Used() {
    AnswerEvent event = Of(EventKind::kUsage);
    event.usage = &usage_;
    return event;
  }

  std::string Short(std::string_view out) {
    constexpr std::string_view kHead =
        R"(data: {"id":"chatcmpl-r1","object":"chat.completion.chunk","created":7,"model":"m",)"
        R"("choices":[)";
    std::string lines;
    while (!out.empty()) {
      const std::size_t end = out.find("\n\n");
      std::string_view line = out.substr(0, end);
      if (line.starts_with("data: {")) {
        simdjson::dom::parser parser;
        EXPECT_EQ(parser.parse(std::string(line.substr(6))).error(), simdjson::SUCCESS) << line;
        EXPECT_TRUE(line.starts_with(kHead)) << line;
        line.remove_prefix(std::min(line.size(), kHead.size()));
      }
      lines.append(line).append("\n");
      out.remove_prefix(end == std::string_view::npos ? out.size() : end + 2);
    }
    return lines;
  }

  Conversation request_;
  AnswerUsage usage_;
};

TEST_F(ChatStreamWriterTest, TextAndUsage) {
  request_.stream_usage = true;
  EXPECT_EQ(
      Write({Started("msg_1"), Of(EventKind::kText, "H\"é"), Of(EventKind::kPing),
             Of(EventKind::kText, "o"), Of(EventKind::kPartEnd), Used(),
             Finished(FinishReason::kLength), Of(EventKind::kEnd)}),
      R"({"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}
{"index":0,"delta":{"content":"H\"é"},"finish_reason":null}],"usage":null}
: ping
{"index":0,"delta":{"content":"o"},"finish_reason":null}],"usage":null}
{"index":0,"delta":{},"finish_reason":"length"}],"usage":null}
],"usage":{"prompt_tokens":9,"completion_tokens":5,"total_tokens":14,"prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":2},"completion_tokens_details":{"reasoning_tokens":3}},"service_tier":"flex"}
data: [DONE]
)");
}

TEST_F(ChatStreamWriterTest, UsageIsLeftOutUnlessAskedFor) {
  EXPECT_EQ(Write({Started("msg_1"), Of(EventKind::kText, "a"), Of(EventKind::kPartEnd), Used(),
                   Finished(FinishReason::kStop), Of(EventKind::kEnd)}),
            R"({"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}
{"index":0,"delta":{"content":"a"},"finish_reason":null}]}
{"index":0,"delta":{},"finish_reason":"stop"}]}
data: [DONE]
)");
}

TEST_F(ChatStreamWriterTest, ThoughtsWithSignatures) {
  EXPECT_EQ(Write({Started("msg_1"), Of(EventKind::kThinking, "h"), Of(EventKind::kThinking, "m"),
                   Signed("S1"), Signed("S2"), Of(EventKind::kPartEnd), Signed("H"),
                   Of(EventKind::kPartEnd), Of(EventKind::kThinking, "so"), Of(EventKind::kPartEnd),
                   Of(EventKind::kRefusal, "no"), Of(EventKind::kPartEnd),
                   Finished(FinishReason::kRefusal), Of(EventKind::kEnd)}),
            R"({"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}
{"index":0,"delta":{"reasoning_content":"h"},"finish_reason":null}]}
{"index":0,"delta":{"reasoning_content":"m"},"finish_reason":null}]}
{"index":0,"delta":{"thinking_blocks":[{"type":"thinking","thinking":"hm","signature":"hg1.messages.S1S2"}]},"finish_reason":null}]}
{"index":0,"delta":{"thinking_blocks":[{"type":"redacted_thinking","data":"hg1.messages.H"}]},"finish_reason":null}]}
{"index":0,"delta":{"reasoning_content":"so"},"finish_reason":null}]}
{"index":0,"delta":{"refusal":"no"},"finish_reason":null}]}
{"index":0,"delta":{},"finish_reason":"content_filter"}]}
data: [DONE]
)");
}

TEST_F(ChatStreamWriterTest, Calls) {
  EXPECT_EQ(
      Write({Started("msg_1"), Called("a", "f"), Of(EventKind::kToolArguments, "{\"x\":"),
             Of(EventKind::kToolArguments, "1}"), Of(EventKind::kPartEnd), Called("b", "g"),
             Of(EventKind::kToolArguments, "{}"), Of(EventKind::kPartEnd), Of(EventKind::kEnd)}),
      R"({"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}
{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}]},"finish_reason":null}]}
{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"x\":"}}]},"finish_reason":null}]}
{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]},"finish_reason":null}]}
{"index":0,"delta":{"tool_calls":[{"index":1,"id":"b","type":"function","function":{"name":"g","arguments":""}}]},"finish_reason":null}]}
{"index":0,"delta":{"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]},"finish_reason":null}]}
{"index":0,"delta":{},"finish_reason":"tool_calls"}]}
data: [DONE]
)");
}

TEST_F(ChatStreamWriterTest, ACallForAClientOfFunctions) {
  request_.legacy_calls = true;
  EXPECT_EQ(
      Write({Started("msg_1"), Called("a", "f"), Of(EventKind::kToolArguments, "{\"x\":"),
             Of(EventKind::kToolArguments, "1}"), Of(EventKind::kPartEnd), Called("b", "g"),
             Of(EventKind::kToolArguments, "{}"), Of(EventKind::kPartEnd), Of(EventKind::kEnd)}),
      R"({"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}
{"index":0,"delta":{"function_call":{"name":"f","arguments":""}},"finish_reason":null}]}
{"index":0,"delta":{"function_call":{"arguments":"{\"x\":"}},"finish_reason":null}]}
{"index":0,"delta":{"function_call":{"arguments":"1}"}},"finish_reason":null}]}
{"index":0,"delta":{},"finish_reason":"function_call"}]}
data: [DONE]
)");
}

TEST_F(ChatStreamWriterTest, AnErrorIsLeftToTheGateway) {
  EXPECT_EQ(Write({Started("msg_1"), Of(EventKind::kError, "{}"), Of(EventKind::kText, "a"),
                   Of(EventKind::kEnd)}),
            R"({"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}
)");
  EXPECT_EQ(Write({Of(EventKind::kPing), Of(EventKind::kError, "{}")}), ": ping\n");
}

TEST_F(ChatStreamWriterTest, IdsOfChatCompletionsAreKept) {
  std::string out;
  StreamWriter writer({.request = &request_, .request_id = "r1", .created = 7}, out);
  AnswerEvent start = Of(EventKind::kStart);
  start.id = "chatcmpl-9";
  writer.On(start);
  EXPECT_TRUE(out.starts_with(
      R"(data: {"id":"chatcmpl-9","object":"chat.completion.chunk","created":7,"model":"asked",)"))
      << out;
}

// What is read from a written stream is what was written.
TEST_F(ChatStreamWriterTest, RoundTrip) {
  request_.stream_usage = true;
  const std::string stream =
      Delta(R"("reasoning_content":"hm")") + Delta(R"("content":"Let \"me\" see")") +
      Delta(R"("tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}])") +
      Delta("", "\"tool_calls\"") +
      Event(R"({"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":5}})") + kDone;
  std::string out;
  StreamWriter writer({.request = &request_, .request_id = "r1", .created = 7}, out);
  StreamReader reader;
  reader.Feed(stream, writer);
  EXPECT_EQ(EventsOf(out),
            "start(chatcmpl-r1,m) think(hm) | text(Let \"me\" see) | call(a,f) args({}) | "
            "usage(9/0/0>5/0) finish(calls) end");
}

TEST(ChatStreamWriterIdTest, GivesACallAnIdThatHasNone) {
  const Conversation request;
  std::string out;
  StreamWriter writer({.request = &request, .request_id = "req_1"}, out);
  for (const AnswerEvent& event :
       {Started("c"), Called("", "f"), Called("theirs", "g"), Called("", "h")}) {
    writer.On(event);
  }
  EXPECT_NE(out.find(R"("index":0,"id":"call_req_1_0")"), std::string::npos) << out;
  EXPECT_NE(out.find(R"("index":1,"id":"theirs")"), std::string::npos) << out;
  EXPECT_NE(out.find(R"("index":2,"id":"call_req_1_2")"), std::string::npos) << out;
}

}  // namespace
}  // namespace headgate::backends::openai_chat

#include "backends/protocols/anthropic/stream_writer.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>
#include <vector>

#include "backends/protocols/anthropic/stream_reader.h"
#include "backends/protocols/sse/sse.h"
#include "tests/backends/protocols/anthropic/event_log.h"

namespace headgate::backends::anthropic {
namespace {

using EventKind = AnswerEvent::Kind;
using simdjson::SUCCESS;

Conversation ThinkingClient(std::string display = {}) {
  Conversation request;
  request.model = "alias";
  request.thinking.mode = ThinkingRequest::Mode::kAdaptive;
  request.thinking.display = std::move(display);
  return request;
}

// Every event has a name, which is its type, and JSON.
void ExpectEvents(const std::string& stream) {
  SseSplitter splitter(1u << 20);
  splitter.Add(stream);
  std::string joined;
  simdjson::dom::parser parser;
  while (const std::optional<SseSplitter::Block> block = splitter.Next()) {
    const SseEvent event = ReadSseEvent(*block, joined);
    simdjson::dom::element root;
    std::string_view type;
    ASSERT_EQ(parser.parse(std::string(event.data)).get(root), SUCCESS) << event.data;
    ASSERT_EQ(root["type"].get(type), SUCCESS) << event.data;
    EXPECT_EQ(type, event.name);
  }
}

std::string WrittenStream(const Conversation& request, const std::vector<AnswerEvent>& events) {
  std::string out;
  StreamWriter writer({.request = &request, .request_id = "r1"}, out);
  for (const AnswerEvent& event : events) writer.On(event);
  ExpectEvents(out);
  return out;
}

// What the pieces of the input of one call add up to.
std::string InputOfCall(const std::vector<std::string_view>& pieces) {
  std::vector<AnswerEvent> events = {{.kind = EventKind::kStart, .id = "m", .model = "c"},
                                     {.kind = EventKind::kToolCall, .id = "t", .name = "f"}};
  for (const std::string_view piece : pieces) {
    events.push_back({.kind = EventKind::kToolArguments, .text = piece});
  }
  events.push_back({.kind = EventKind::kPartEnd});
  const Conversation request = ThinkingClient();
  const std::string out = WrittenStream(request, events);
  SseSplitter splitter(1u << 20);
  splitter.Add(out);
  std::string joined;
  std::string input;
  simdjson::dom::parser parser;
  while (const std::optional<SseSplitter::Block> block = splitter.Next()) {
    simdjson::dom::element root;
    std::string_view text;
    const std::string data(ReadSseEvent(*block, joined).data);
    EXPECT_EQ(parser.parse(data).get(root), SUCCESS) << data;
    if (root["delta"]["partial_json"].get(text) == SUCCESS) input += text;
  }
  return input;
}

// Behind message_start.
std::string Blocks(const Conversation& request, const std::vector<AnswerEvent>& events) {
  const std::string out = WrittenStream(request, events);
  return out.substr(out.find("\n\n") + 2);
}

std::string ReadBack(const std::string& stream) {
  StreamReader reader;
  EventLog log;
  reader.Feed(stream, log);
  return log.text;
}

const AnswerUsage kSomeUsage{
    .tokens = ReportedTokens{
        .input = 115, .cached_input = 100, .cache_write = 5, .output = 44, .reasoning = 30}};

// As in a whole answer.
TEST(MessagesStreamWriter, WritesAnObjectWhateverTheArgumentsAre) {
  EXPECT_EQ(InputOfCall({" ", "\n{\"a\":", "1}"}), " \n{\"a\":1}");
  EXPECT_EQ(InputOfCall({" "}), "{}");
  EXPECT_EQ(InputOfCall({"nu", "ll"}), "{}");
  EXPECT_EQ(InputOfCall({"[1", "]"}), R"({"arguments":"[1]"})");
  EXPECT_EQ(InputOfCall({"so"}), R"({"arguments":"so"})");
  EXPECT_EQ(InputOfCall({}), "") << "the block began with {}";
}

TEST(MessagesStreamWriter, WritesExactlyWhatTheSdksRead) {
  Conversation request;
  EXPECT_EQ(
      WrittenStream(request, {{.kind = EventKind::kStart, .id = "chatcmpl-1", .model = "gpt"},
                              {.kind = EventKind::kText, .text = ""},
                              {.kind = EventKind::kText, .text = "a\n"},
                              {.kind = EventKind::kText, .text = "b"},
                              {.kind = EventKind::kPartEnd},
                              {.kind = EventKind::kToolCall, .id = "call_1", .name = "f"},
                              {.kind = EventKind::kToolArguments, .text = "{\"x\":"},
                              {.kind = EventKind::kPing},
                              {.kind = EventKind::kToolArguments, .text = "1}"},
                              {.kind = EventKind::kPartEnd},
                              {.kind = EventKind::kUsage, .usage = &kSomeUsage},
                              {.kind = EventKind::kFinish, .finish = FinishReason::kToolCalls},
                              {.kind = EventKind::kEnd}}),
      R"(event: message_start
data: {"type":"message_start","message":{"id":"msg_r1","type":"message","role":"assistant","model":"gpt","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a\n"}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"b"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: content_block_start
data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"call_1","name":"f","input":{}}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"x\":"}}

event: ping
data: {"type":"ping"}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"1}"}}

event: content_block_stop
data: {"type":"content_block_stop","index":1}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"input_tokens":10,"cache_creation_input_tokens":5,"cache_read_input_tokens":100,"output_tokens":44,"output_tokens_details":{"thinking_tokens":30}}}

event: message_stop
data: {"type":"message_stop"}

)");
}

const std::vector<AnswerEvent> kThoughts = {
    {.kind = EventKind::kStart},
    {.kind = EventKind::kThinking, .text = "h"},
    {.kind = EventKind::kThinking, .text = "m"},
    {.kind = EventKind::kSignature, .text = "si", .protocol = ChatProtocol::kResponses},
    {.kind = EventKind::kSignature, .text = "g", .protocol = ChatProtocol::kResponses},
    {.kind = EventKind::kPartEnd},
    {.kind = EventKind::kSignature, .text = "hidden", .protocol = ChatProtocol::kChatCompletions},
    {.kind = EventKind::kPartEnd},
    {.kind = EventKind::kThinking, .text = "unsigned"},
    {.kind = EventKind::kText, .text = "a"},
    {.kind = EventKind::kPartEnd},
    {.kind = EventKind::kFinish},
    {.kind = EventKind::kEnd}};

TEST(MessagesStreamWriter, WritesThoughts) {
  const std::string out = Blocks(ThinkingClient(), kThoughts);
  EXPECT_EQ(out.substr(0, out.find("event: content_block_stop")),
            R"(event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"h"}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"m"}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"hg1.responses.si"}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"g"}}

)");
  EXPECT_NE(
      out.find(
          R"("index":1,"content_block":{"type":"redacted_thinking","data":"hg1.chat.hidden"})"),
      std::string::npos);
  EXPECT_NE(out.find(R"("index":2,"delta":{"type":"signature_delta","signature":""}})"),
            std::string::npos);
  EXPECT_EQ(ReadBack(WrittenStream(ThinkingClient(), kThoughts)),
            "start msg_r1 alias\nthinking hm\nsignature hg1.responses.sig\npart end\n"
            "signature hg1.chat.hidden\npart end\nthinking unsigned\npart end\ntext a\npart end\n"
            "usage none\nfinish 0\nend\n");
}

TEST(MessagesStreamWriter, LeavesOutThoughtsThatTheClientDoesNotWant) {
  EXPECT_EQ(ReadBack(WrittenStream(ThinkingClient("omitted"), kThoughts)),
            "start msg_r1 alias\nsignature hg1.responses.sig\npart end\n"
            "signature hg1.chat.hidden\npart end\ntext a\npart end\nusage none\nfinish 0\nend\n");
  EXPECT_NE(
      WrittenStream(ThinkingClient("omitted"), kThoughts)
          .find(R"("index":0,"content_block":{"type":"thinking","thinking":"","signature":""}})"),
      std::string::npos);
  EXPECT_EQ(ReadBack(WrittenStream(Conversation{.model = "alias"}, kThoughts)),
            "start msg_r1 alias\ntext a\npart end\nusage none\nfinish 0\nend\n");
}

TEST(MessagesStreamWriter, UsageMayComeBehindTheFinish) {
  const std::vector<AnswerEvent> events = {
      {.kind = EventKind::kText, .text = "a"},
      {.kind = EventKind::kFinish, .stop_sequence = "END", .finish = FinishReason::kStopSequence},
      {.kind = EventKind::kUsage, .usage = &kSomeUsage},
      {.kind = EventKind::kEnd},
      {.kind = EventKind::kEnd},
      {.kind = EventKind::kPing}};
  EXPECT_EQ(ReadBack(WrittenStream({}, events)),
            "start msg_r1 \ntext a\npart end\nusage 115 cached 100 written 5 output 44 reasoning "
            "30\nfinish 1 at END\nend\n");
}

TEST(MessagesStreamWriter, RefusalsAreText) {
  EXPECT_EQ(
      ReadBack(WrittenStream({}, {{.kind = EventKind::kStart, .id = "msg_7"},
                                  {.kind = EventKind::kRefusal, .text = "no"},
                                  {.kind = EventKind::kPartEnd},
                                  {.kind = EventKind::kFinish, .finish = FinishReason::kRefusal},
                                  {.kind = EventKind::kEnd}})),
      "start msg_7 \ntext no\npart end\nusage none\nfinish 4\nend\n");
}

TEST(MessagesStreamWriter, CallsWithoutAReasonOrAnId) {
  EXPECT_EQ(ReadBack(WrittenStream({}, {{.kind = EventKind::kStart},
                                        {.kind = EventKind::kToolCall, .name = "f"},
                                        {.kind = EventKind::kToolCall, .id = "b\"", .name = "g\n"},
                                        {.kind = EventKind::kToolArguments, .text = "{}"},
                                        {.kind = EventKind::kEnd}})),
            "start msg_r1 \ncall toolu_r1_0 f\narguments {}\npart end\ncall b\" g\n\narguments {}\n"
            "part end\nusage none\nfinish 3\nend\n");
}

TEST(MessagesStreamWriter, AnErrorEndsTheWriting) {
  const std::vector<AnswerEvent> events = {{.kind = EventKind::kStart},
                                           {.kind = EventKind::kText, .text = "a"},
                                           {.kind = EventKind::kError, .text = "{}"},
                                           {.kind = EventKind::kText, .text = "b"},
                                           {.kind = EventKind::kEnd}};
  EXPECT_EQ(ReadBack(WrittenStream({}, events)), "start msg_r1 \ntext a\n");
}

TEST(MessagesStreamWriter, ADeltaAllocatesNothingOfItsOwn) {
  const Conversation request;
  std::string out;
  StreamWriter writer({.request = &request, .request_id = "r1"}, out);
  writer.On({.kind = EventKind::kText, .text = "a"});
  out.clear();
  const std::size_t capacity = out.capacity();
  writer.On({.kind = EventKind::kText, .text = "token"});
  EXPECT_EQ(out.capacity(), capacity);
}

}  // namespace
}  // namespace headgate::backends::anthropic

#include "backends/protocols/openai_responses/stream_writer.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "backends/protocols/json/members.h"
#include "backends/protocols/openai_responses/conversation_reader.h"
#include "backends/protocols/openai_responses/stream_reader.h"
#include "backends/protocols/sse/sse.h"
#include "tests/backends/protocols/openai_responses/event_text.h"

namespace headgate::backends::openai_responses {
namespace {

using EventKind = AnswerEvent::Kind;

AnswerEvent Event(EventKind kind, std::string_view text = {}) {
  AnswerEvent event;
  event.kind = kind;
  event.text = text;
  return event;
}

AnswerEvent Start() {
  AnswerEvent event = Event(EventKind::kStart);
  event.id = "msg_abc";
  event.model = "claude";
  return event;
}

AnswerEvent Call(std::string_view id, std::string_view name) {
  AnswerEvent event = Event(EventKind::kToolCall);
  event.id = id;
  event.name = name;
  return event;
}

AnswerEvent Finish(FinishReason finish) {
  AnswerEvent event = Event(EventKind::kFinish);
  event.finish = finish;
  return event;
}

AnswerUsage Usage() {
  AnswerUsage usage;
  usage.tokens =
      ReportedTokens{.input = 10, .cached_input = 4, .cache_write = 3, .output = 7, .reasoning = 5};
  return usage;
}

Conversation Request() {
  Conversation conversation;
  DroppedFields dropped;
  EXPECT_FALSE(ReadConversation(
      R"({"model":"alias","input":"x","tools":[{"type":"custom","name":"p"},
          {"type":"namespace","name":"n","tools":[{"type":"function","name":"f"}]}]})",
      conversation, dropped));
  return conversation;
}

std::string Write(const std::vector<AnswerEvent>& events) {
  const Conversation request = Request();
  const AnswerContext context{&request, "r1", 1700000000};
  std::string out;
  StreamWriter writer(context, out);
  for (const AnswerEvent& event : events) writer.On(event);
  return out;
}

// The data of each event without its sequence_number, after checking that it parses, that its name
// is its type, and that the numbers count up. A `response` is cut down to its status.
std::vector<std::string> Data(std::string_view stream) {
  std::vector<std::string> all;
  SseSplitter splitter(1u << 20);
  splitter.Add(stream);
  std::string joined;
  while (const auto block = splitter.Next()) {
    const SseEvent event = ReadSseEvent(*block, joined);
    if (event.data_fields == 0) {
      all.emplace_back(block->text);
      continue;
    }
    json::PaddedCopy copy;
    json::Members members;
    json::Members response;
    EXPECT_TRUE(members.Read(copy.Take(event.data))) << event.data;
    EXPECT_EQ(members.Repeated(), "");
    EXPECT_EQ(members.Find("type"), "\"" + std::string(event.name) + "\"");
    const std::string number = "\"sequence_number\":" + std::to_string(all.size()) + "}";
    EXPECT_TRUE(event.data.ends_with("," + number)) << event.data;
    std::string data(event.data.substr(0, event.data.size() - number.size() - 1));
    if (response.Read(members.Find("response"))) {
      data = std::string(event.name) + " " + std::string(response.Find("status")) + " " +
             std::string(response.Find("output")) + " " + std::string(response.Find("usage"));
    }
    all.push_back(data);
  }
  return all;
}

TEST(ResponsesStreamWriterTest, WritesTextInOrder) {
  const AnswerUsage usage = Usage();
  AnswerEvent used = Event(EventKind::kUsage);
  used.usage = &usage;
  const std::vector<std::string> data =
      Data(Write({Start(), Event(EventKind::kText, "a\"b"), Event(EventKind::kText, ""),
                  Event(EventKind::kText, "c"), Event(EventKind::kPartEnd), used,
                  Finish(FinishReason::kStop), Event(EventKind::kEnd)}));
  const std::vector<std::string> expected = {
      R"(response.created "in_progress" [] )",
      R"(response.in_progress "in_progress" [] )",
      R"({"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"msg_r1_0","status":"in_progress","role":"assistant","content":[]})",
      R"({"type":"response.content_part.added","item_id":"msg_r1_0","output_index":0,"content_index":0,"part":{"type":"output_text","text":"","annotations":[],"logprobs":[]})",
      R"({"type":"response.output_text.delta","item_id":"msg_r1_0","output_index":0,"content_index":0,"delta":"a\"b","logprobs":[])",
      R"({"type":"response.output_text.delta","item_id":"msg_r1_0","output_index":0,"content_index":0,"delta":"c","logprobs":[])",
      R"({"type":"response.output_text.done","item_id":"msg_r1_0","output_index":0,"content_index":0,"text":"a\"bc","logprobs":[])",
      R"({"type":"response.content_part.done","item_id":"msg_r1_0","output_index":0,"content_index":0,"part":{"type":"output_text","text":"a\"bc","annotations":[],"logprobs":[]})",
      R"({"type":"response.output_item.done","output_index":0,"item":{"type":"message","id":"msg_r1_0","status":"completed","role":"assistant","content":[{"type":"output_text","text":"a\"bc","annotations":[],"logprobs":[]}]})",
      R"(response.completed "completed" [{"type":"message","id":"msg_r1_0","status":"completed","role":"assistant","content":[{"type":"output_text","text":"a\"bc","annotations":[],"logprobs":[]}]}] {"input_tokens":10,"input_tokens_details":{"cached_tokens":4,"cache_write_tokens":3},"output_tokens":7,"output_tokens_details":{"reasoning_tokens":5},"total_tokens":17})",
  };
  EXPECT_EQ(data, expected);
}

TEST(ResponsesStreamWriterTest, WritesThoughtsAndCalls) {
  const std::vector<std::string> data = Data(Write(
      {Start(), Event(EventKind::kThinking, "t"), Event(EventKind::kSignature, "si"),
       Event(EventKind::kSignature, "g"), Event(EventKind::kPartEnd),
       Event(EventKind::kSignature, "dark"), Event(EventKind::kPartEnd), Call("c1", "n__ns__f"),
       Event(EventKind::kToolArguments, "{}"), Event(EventKind::kPartEnd), Call("c2", "p"),
       Event(EventKind::kToolArguments, R"({"inp)"),
       Event(EventKind::kToolArguments, R"(ut":"x"})"), Event(EventKind::kPartEnd), Call("c3", "g"),
       Event(EventKind::kPartEnd), Finish(FinishReason::kToolCalls), Event(EventKind::kEnd)}));
  const std::vector<std::string> expected = {
      R"({"type":"response.output_item.added","output_index":0,"item":{"type":"reasoning","id":"rs_r1_0","status":"in_progress","summary":[]})",
      R"({"type":"response.reasoning_summary_part.added","item_id":"rs_r1_0","output_index":0,"summary_index":0,"part":{"type":"summary_text","text":""})",
      R"({"type":"response.reasoning_summary_text.delta","item_id":"rs_r1_0","output_index":0,"summary_index":0,"delta":"t")",
      R"({"type":"response.reasoning_summary_text.done","item_id":"rs_r1_0","output_index":0,"summary_index":0,"text":"t")",
      R"({"type":"response.reasoning_summary_part.done","item_id":"rs_r1_0","output_index":0,"summary_index":0,"part":{"type":"summary_text","text":"t"})",
      R"({"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","id":"rs_r1_0","status":"completed","summary":[{"type":"summary_text","text":"t"}],"encrypted_content":"hg1.messages.sig"})",
      R"({"type":"response.output_item.added","output_index":1,"item":{"type":"reasoning","id":"rs_r1_1","status":"in_progress","summary":[]})",
      R"({"type":"response.output_item.done","output_index":1,"item":{"type":"reasoning","id":"rs_r1_1","status":"completed","summary":[],"encrypted_content":"hg1.messages.dark"})",
      R"({"type":"response.output_item.added","output_index":2,"item":{"type":"function_call","id":"fc_r1_2","status":"in_progress","call_id":"c1","name":"f","namespace":"n","arguments":""})",
      R"({"type":"response.function_call_arguments.delta","item_id":"fc_r1_2","output_index":2,"delta":"{}")",
      R"({"type":"response.function_call_arguments.done","item_id":"fc_r1_2","output_index":2,"name":"f","arguments":"{}")",
      R"({"type":"response.output_item.done","output_index":2,"item":{"type":"function_call","id":"fc_r1_2","status":"completed","call_id":"c1","name":"f","namespace":"n","arguments":"{}"})",
      R"({"type":"response.output_item.added","output_index":3,"item":{"type":"custom_tool_call","id":"ctc_r1_3","status":"in_progress","call_id":"c2","name":"p","input":""})",
      R"({"type":"response.custom_tool_call_input.delta","item_id":"ctc_r1_3","output_index":3,"delta":"x")",
      R"({"type":"response.custom_tool_call_input.done","item_id":"ctc_r1_3","output_index":3,"input":"x")",
      R"({"type":"response.output_item.done","output_index":3,"item":{"type":"custom_tool_call","id":"ctc_r1_3","status":"completed","call_id":"c2","name":"p","input":"x"})",
      R"({"type":"response.output_item.added","output_index":4,"item":{"type":"function_call","id":"fc_r1_4","status":"in_progress","call_id":"c3","name":"g","arguments":""})",
      R"({"type":"response.function_call_arguments.delta","item_id":"fc_r1_4","output_index":4,"delta":"{}")",
      R"({"type":"response.function_call_arguments.done","item_id":"fc_r1_4","output_index":4,"name":"g","arguments":"{}")",
      R"({"type":"response.output_item.done","output_index":4,"item":{"type":"function_call","id":"fc_r1_4","status":"completed","call_id":"c3","name":"g","arguments":"{}"})",
  };
  ASSERT_EQ(data.size(), expected.size() + 3);
  EXPECT_EQ(std::vector<std::string>(data.begin() + 2, data.end() - 1), expected);
}

TEST(ResponsesStreamWriterTest, WritesRefusals) {
  const std::vector<std::string> data = Data(
      Write({Start(), Event(EventKind::kText, "a"), Event(EventKind::kRefusal, "no"),
             Event(EventKind::kPartEnd), Finish(FinishReason::kRefusal), Event(EventKind::kEnd)}));
  ASSERT_EQ(data.size(), 15u);
  EXPECT_EQ(
      data[10],
      R"({"type":"response.refusal.delta","item_id":"msg_r1_1","output_index":1,"content_index":0,"delta":"no")");
  EXPECT_EQ(
      data[11],
      R"({"type":"response.refusal.done","item_id":"msg_r1_1","output_index":1,"content_index":0,"refusal":"no")");
  EXPECT_TRUE(data.back().starts_with(R"(response.completed "completed")"));
}

TEST(ResponsesStreamWriterTest, MarksWhatWasCut) {
  const std::vector<std::string> data =
      Data(Write({Start(), Event(EventKind::kText, "a"), Event(EventKind::kPartEnd),
                  Event(EventKind::kText, "b"), Event(EventKind::kPartEnd),
                  Finish(FinishReason::kLength), Event(EventKind::kEnd)}));
  EXPECT_NE(data[7].find(R"("status":"completed")"), std::string::npos) << data[7];
  EXPECT_NE(data[13].find(R"("status":"incomplete")"), std::string::npos) << data[13];
  EXPECT_TRUE(data.back().starts_with(R"(response.incomplete "incomplete")"));
}

// The end of a stream repeats the answer, so the answer is kept, and there is a limit.
TEST(ResponsesStreamWriterTest, StopsWhenTheAnswerIsTooLong) {
  const Conversation request = Request();
  const AnswerContext context{&request, "r1", 1700000000};
  std::string out;
  StreamWriter writer(context, out, 1000);
  writer.On(Start());
  const std::string text(999, '"');  // 1998 bytes of JSON
  writer.On(Event(EventKind::kText, text.substr(0, 499)));
  EXPECT_FALSE(writer.too_long());
  EXPECT_EQ(Data(out).size(), 5u);
  writer.On(Event(EventKind::kText, text.substr(499)));
  EXPECT_TRUE(writer.too_long());
  const std::size_t size = out.size();
  EXPECT_EQ(Data(out).size(), 6u) << "what came is told";
  writer.On(Event(EventKind::kPartEnd));
  writer.On(Finish(FinishReason::kStop));
  writer.On(Event(EventKind::kEnd));
  EXPECT_EQ(out.size(), size) << "no clean end";
  EXPECT_EQ(writer.begun().next_number, 6) << "the error is counted on";
}

TEST(ResponsesStreamWriterTest, CountsItemsThatHaveEndedToTheLength) {
  const Conversation request = Request();
  const AnswerContext context{&request, "r1", 1700000000};
  std::string out;
  StreamWriter writer(context, out, 1000);
  writer.On(Start());
  for (int call = 0; call < 20 && !writer.too_long(); ++call) {
    writer.On(Call("c" + std::to_string(call), "f"));
    writer.On(Event(EventKind::kToolArguments, "{}"));
    writer.On(Event(EventKind::kPartEnd));
  }
  EXPECT_TRUE(writer.too_long());
}

TEST(ResponsesStreamWriterTest, WritesNothingBehindAnError) {
  const std::string before = Write({Start(), Event(EventKind::kText, "a")});
  EXPECT_EQ(Write({Start(), Event(EventKind::kText, "a"), Event(EventKind::kError, "{}"),
                   Event(EventKind::kText, "b"), Event(EventKind::kEnd)}),
            before);
  EXPECT_EQ(Write({Event(EventKind::kError, "{}")}), "");
}

TEST(ResponsesStreamWriterTest, WritesCommentsAsSignsOfLife) {
  EXPECT_EQ(Write({Event(EventKind::kPing)}), ": ping\n\n");
}

// Our reader understands our writer: the same parts, in the same order.
TEST(ResponsesStreamWriterTest, IsReadBackAsTheSameAnswer) {
  const AnswerUsage usage = Usage();
  AnswerEvent used = Event(EventKind::kUsage);
  used.usage = &usage;
  const std::string stream =
      Write({Start(), Event(EventKind::kPing), Event(EventKind::kThinking, "t1"),
             Event(EventKind::kThinking, "t2"), Event(EventKind::kSignature, "sig"),
             Event(EventKind::kPartEnd), Event(EventKind::kText, "h\xC3\xA9\n"),
             Event(EventKind::kPartEnd), Call("c1", "n__ns__f"),
             Event(EventKind::kToolArguments, "{\"a\":"), Event(EventKind::kToolArguments, "1}"),
             Event(EventKind::kPartEnd), Call("c2", "p"),
             Event(EventKind::kToolArguments, R"({"input":"x"})"), Event(EventKind::kPartEnd), used,
             Finish(FinishReason::kToolCalls), Event(EventKind::kEnd)});
  EventText events;
  StreamReader reader;
  reader.Feed(stream, events);
  EXPECT_EQ(events.lines(),
            "start resp_r1 claude\nping\nthinking t1\nthinking t2\nsignature hg1.messages.sig\n"
            "part end\ntext h\xC3\xA9\n\npart end\ncall c1 n__ns__f\narguments {\"a\":\n"
            "arguments 1}\npart end\ncall c2 p\narguments {\"input\":\"x\"}\npart end\n"
            "usage 10/4/3/7/5 default\nfinish 3\nend\n");
}

TEST(ResponsesStreamWriterTest, GivesACallAnIdThatHasNone) {
  const Conversation request;
  std::string out;
  StreamWriter writer({.request = &request, .request_id = "req_1"}, out);
  for (const AnswerEvent& event :
       {Start(), Call("", "f"), Event(EventKind::kPartEnd), Call("", "g"),
        Event(EventKind::kPartEnd), Finish(FinishReason::kToolCalls), Event(EventKind::kEnd)}) {
    writer.On(event);
  }
  EXPECT_EQ(out.find(R"("call_id":"")"), std::string::npos) << out;
  EXPECT_NE(out.find(R"("call_id":"call_req_1_0")"), std::string::npos) << out;
  EXPECT_NE(out.find(R"("call_id":"call_req_1_1")"), std::string::npos) << out;
}

}  // namespace
}  // namespace headgate::backends::openai_responses

#include "backends/protocols/openai_responses/stream_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "tests/backends/protocols/openai_responses/event_text.h"

namespace headgate::backends::openai_responses {
namespace {

// Writes lines of data as a stream: each is an event whose name is its type.
std::string Stream(std::string_view lines) {
  std::string stream;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    if (line.empty()) continue;
    constexpr std::string_view kType = R"("type":")";
    const std::size_t type = line.find(kType);
    if (type != std::string_view::npos) {
      const std::string_view rest = line.substr(type + kType.size());
      stream.append("event: ").append(rest.substr(0, rest.find('"'))).append("\n");
    }
    stream.append("data: ").append(line).append("\n\n");
  }
  return stream;
}

std::string Events(std::string_view stream) {
  EventText events;
  StreamReader reader;
  reader.Feed(stream, events);
  return events.lines();
}

constexpr std::string_view kCreated =
    R"({"type":"response.created","sequence_number":0,"response":{"id":"resp_1","model":"m","output":[]}}
{"type":"response.in_progress","sequence_number":1,"response":{"id":"resp_1","model":"m","output":[]}}
)";

constexpr std::string_view kCompleted =
    R"({"type":"response.completed","response":{"id":"resp_1","status":"completed","output":[],"usage":{"input_tokens":10,"input_tokens_details":{"cached_tokens":4},"output_tokens":7,"output_tokens_details":{"reasoning_tokens":5},"total_tokens":17}}}
)";

constexpr std::string_view kText =
    R"({"type":"response.output_item.added","output_index":0,"item":{"id":"msg_1","type":"message","status":"in_progress","content":[],"role":"assistant"}}
{"type":"response.content_part.added","item_id":"msg_1","output_index":0,"content_index":0,"part":{"type":"output_text","text":""}}
{"type":"response.output_text.delta","item_id":"msg_1","output_index":0,"content_index":0,"delta":"Hel","logprobs":[],"obfuscation":"xx"}
{"type":"response.output_text.delta","item_id":"msg_1","output_index":0,"content_index":0,"delta":"lo \ud83d\ude00 \ud83d"}
{"type":"response.output_text.done","item_id":"msg_1","output_index":0,"content_index":0,"text":"Hello"}
{"type":"response.content_part.done","item_id":"msg_1","output_index":0,"content_index":0,"part":{"type":"output_text","text":"Hello"}}
{"type":"response.output_item.done","output_index":0,"item":{"id":"msg_1","type":"message","content":[{"type":"output_text","text":"Hello"}],"role":"assistant"}}
)";

constexpr std::string_view kThought =
    R"({"type":"response.output_item.added","output_index":1,"item":{"id":"rs_1","type":"reasoning","summary":[]}}
{"type":"response.reasoning_summary_part.added","item_id":"rs_1","output_index":1,"summary_index":0,"part":{"type":"summary_text","text":""}}
{"type":"response.reasoning_summary_text.delta","item_id":"rs_1","output_index":1,"summary_index":0,"delta":"a"}
{"type":"response.reasoning_summary_text.done","item_id":"rs_1","output_index":1,"summary_index":0,"text":"a"}
{"type":"response.reasoning_summary_text.delta","item_id":"rs_1","output_index":1,"summary_index":1,"delta":"b"}
{"type":"response.output_item.done","output_index":1,"item":{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"a"},{"type":"summary_text","text":"b"}],"encrypted_content":"enc"}}
)";

// Two calls at the same time, and a custom tool.
constexpr std::string_view kCalls =
    R"({"type":"response.output_item.added","output_index":2,"item":{"id":"fc_1","type":"function_call","call_id":"c1","name":"f","arguments":""}}
{"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":2,"delta":"{\"x\":"}
{"type":"response.output_item.added","output_index":3,"item":{"id":"fc_2","type":"function_call","call_id":"c2","name":"g","namespace":"n","arguments":""}}
{"type":"response.function_call_arguments.delta","item_id":"fc_2","output_index":3,"delta":"{"}
{"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":2,"delta":"1}"}
{"type":"response.function_call_arguments.done","item_id":"fc_1","output_index":2,"arguments":"{\"x\":1}"}
{"type":"response.output_item.done","output_index":2,"item":{"id":"fc_1","type":"function_call","call_id":"c1","name":"f","arguments":"{\"x\":1}"}}
{"type":"response.function_call_arguments.delta","item_id":"fc_2","output_index":3,"delta":"}"}
{"type":"response.output_item.done","output_index":3,"item":{"id":"fc_2","type":"function_call","call_id":"c2","name":"g","namespace":"n","arguments":"{}"}}
{"type":"response.output_item.added","output_index":4,"item":{"id":"ct_1","type":"custom_tool_call","call_id":"c3","name":"p","input":""}}
{"type":"response.custom_tool_call_input.delta","item_id":"ct_1","output_index":4,"delta":"x"}
{"type":"response.custom_tool_call_input.done","item_id":"ct_1","output_index":4,"input":"xy"}
{"type":"response.output_item.done","output_index":4,"item":{"id":"ct_1","type":"custom_tool_call","call_id":"c3","name":"p","input":"xy"}}
)";

constexpr std::string_view kTextEvents =
    "text Hel\ntext lo \xF0\x9F\x98\x80 \ntext \xEF\xBF\xBD\npart end\n";
constexpr std::string_view kThoughtEvents =
    "thinking a\nthinking \n\n\nthinking b\nsignature enc\npart end\n";
constexpr std::string_view kCallEvents =
    "call c1 f\narguments {\"x\":\narguments 1}\npart end\n"
    "call c2 n__ns__g\narguments {\narguments }\npart end\n"
    "call c3 p\narguments {\"input\":\"xy\"}\npart end\n";
constexpr std::string_view kUsage = "usage 10/4/0/7/5\n";

std::string Whole() {
  std::string lines(kCreated);
  return Stream(lines.append(kText).append(kThought).append(kCalls).append(kCompleted));
}

std::string WholeEvents() {
  std::string lines = "start resp_1 m\n";
  lines.append(kTextEvents).append(kThoughtEvents).append(kCallEvents).append(kUsage);
  return lines + "finish 3\nend\n";
}

TEST(ResponsesStreamReaderTest, ReadsAWholeStream) { EXPECT_EQ(Events(Whole()), WholeEvents()); }

TEST(ResponsesStreamReaderTest, DoesNotDependOnWhereTheBytesWereSplit) {
  const std::string stream = Whole();
  EventText bytes;
  StreamReader by_byte;
  for (const char& byte : stream) by_byte.Feed({&byte, 1}, bytes);
  EXPECT_EQ(bytes.lines(), WholeEvents());
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    EventText events;
    StreamReader reader;
    reader.Feed(std::string_view(stream).substr(0, cut), events);
    const bool over = reader.ended();
    EXPECT_EQ(over, events.lines().ends_with("\nend\n")) << cut;
    EXPECT_EQ(over, cut == stream.size()) << cut;
    reader.Feed(std::string_view(stream).substr(cut), events);
    EXPECT_EQ(events.lines(), WholeEvents()) << cut;
  }
}

TEST(ResponsesStreamReaderTest, NeedsNoNamesOfEventsAndReadsOtherLineEnds) {
  std::string stream;
  std::string_view lines = kText;
  stream.append("data: ").append(kCreated.substr(0, kCreated.find('\n'))).append("\r\n\r\n");
  for (; !lines.empty(); lines.remove_prefix(lines.find('\n') + 1)) {
    stream.append("data: ").append(lines.substr(0, lines.find('\n'))).append("\r\n\r\n");
  }
  EXPECT_EQ(Events(stream), "start resp_1 m\n" + std::string(kTextEvents));
}

struct StreamCase {
  std::string_view lines;
  std::string_view events;
};

constexpr StreamCase kStreamCases[] = {
    // Whole pieces without deltas.
    {R"({"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"m"}}
{"type":"response.output_text.done","output_index":0,"content_index":0,"text":"a"}
{"type":"response.output_text.done","output_index":0,"content_index":1,"text":"b"}
{"type":"response.output_item.done","output_index":0,"item":{"type":"message","content":[{"type":"output_text","text":"a"}]}}
)",
     "start  \ntext a\npart end\ntext b\npart end\n"},
    {R"({"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}}
{"type":"response.output_item.done","output_index":1,"item":{"type":"message","content":[{"type":"output_text","text":"a"},{"type":"refusal","refusal":"b"}]}}
)",
     "start  \ncall c f\narguments {}\npart end\ntext a\npart end\nrefusal b\npart end\n"},
    // Deltas of an item that did not begin, raw thoughts, and a refusal.
    {R"({"type":"response.reasoning_text.delta","output_index":0,"content_index":0,"delta":"raw"}
{"type":"response.refusal.delta","output_index":1,"content_index":0,"delta":"no"}
{"type":"response.refusal.done","output_index":1,"content_index":0,"refusal":"no"}
{"type":"response.completed","response":{"status":"completed","output":[]}}
)",
     "start  \nthinking raw\npart end\nrefusal no\npart end\nfinish 4\nend\n"},
    // A thought with a summary and its content: in deltas, whole, and the content only at its end.
    {R"({"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":0,"delta":"sum"}
{"type":"response.reasoning_text.delta","output_index":0,"content_index":0,"delta":"raw"}
)",
     "start  \nthinking sum\nthinking \n\n\nthinking raw\n"},
    {R"({"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","summary":[{"type":"summary_text","text":"sum"}],"content":[{"type":"reasoning_text","text":"raw"}]}}
)",
     "start  \nthinking sum\nthinking \n\n\nthinking raw\npart end\n"},
    {R"({"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":0,"delta":"sum"}
{"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","summary":[{"type":"summary_text","text":"sum"}],"content":[{"type":"reasoning_text","text":"raw"}]}}
)",
     "start  \nthinking sum\nthinking \n\n\nthinking raw\npart end\n"},
    // A surrogate pair that was split.
    {R"({"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"\ud83d"}
{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"\ude00b"}
)",
     "start  \ntext 😀b\n"},
    // Items without an index are known by their ids.
    {R"({"type":"response.output_item.added","item":{"type":"function_call","id":"a","call_id":"c1","name":"f"}}
{"type":"response.output_item.added","item":{"type":"function_call","id":"b","call_id":"c2","name":"g"}}
{"type":"response.function_call_arguments.delta","item_id":"b","delta":"2"}
{"type":"response.function_call_arguments.delta","item_id":"a","delta":"1"}
{"type":"response.completed","response":{"status":"completed"}}
)",
     "start  \ncall c1 f\narguments 1\npart end\ncall c2 g\narguments 2\npart end\nfinish "
     "3\nend\n"},
    // A message that is not done ends where the next item begins, and may go on.
    {R"({"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"a"}
{"type":"response.output_item.added","output_index":1,"item":{"type":"function_call","call_id":"c","name":"f"}}
{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"b"}
{"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}}}
)",
     "start  \ntext a\npart end\ncall c f\npart end\ntext b\npart end\nfinish 2\nend\n"},
    // Only the last event has the answer.
    {R"({"type":"response.completed","response":{"id":"r","model":"m","status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"all"}]}]}}
)",
     "start r m\ntext all\npart end\nfinish 0\nend\n"},
    {R"({"type":"response.incomplete","response":{"incomplete_details":{"reason":"content_filter"}}}
)",
     "start  \nfinish 4\nend\n"},
    // Errors.
    {R"({"type":"response.failed","response":{"id":"r","status":"failed","error":{"code":"server_error","message":"x"},"usage":{"input_tokens":2,"output_tokens":1}}}
{"type":"response.completed","response":{}}
)",
     "usage 2/0/0/1/0\nerror {\"error\":{\"code\":\"server_error\",\"message\":\"x\"}}\n"},
    {R"({"type":"error","code":"rate_limit_exceeded","message":"slow","param":null}
)",
     "error {\"type\":\"error\",\"code\":\"rate_limit_exceeded\",\"message\":\"slow\","
     "\"param\":null}\n"},
    {R"({"error":{"message":"x"}}
)",
     "error {\"error\":{\"message\":\"x\"}}\n"},
    // What is not known is skipped.
    {R"({"type":"response.web_search_call.searching","output_index":0}
{"type":"response.output_item.added","output_index":0,"item":{"type":"web_search_call"}}
{"type":"response.output_text.annotation.added","output_index":0,"annotation":{}}
{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":7}
{"type":"response.output_text.delta","output_index":[],"content_index":{},"delta":"x"}
{"type":"keepalive"}
{"type":5,"x":1}
[DONE]
)",
     "start  \ntext x\nping\n"},
};

TEST(ResponsesStreamReaderTest, ReadsEachDialect) {
  for (const StreamCase& one : kStreamCases) {
    EXPECT_EQ(Events(Stream(one.lines)), one.events) << one.lines;
  }
}

TEST(ResponsesStreamReaderTest, TakesCommentsAsSignsOfLife) {
  EXPECT_EQ(Events(": keep-alive\n\n:\n\n"), "ping\nping\n");
}

TEST(ResponsesStreamReaderTest, EndsAtWhatIsNotAStream) {
  for (const std::string_view stream : {"data: <html>\n\n", "data: [1]\n\n", "data: {\"type\":\n\n",
                                        "data: {\"type\":\"response.completed\"}}\n\n"}) {
    EventText events;
    StreamReader reader;
    reader.Feed(stream, events);
    EXPECT_TRUE(reader.malformed()) << stream;
    EXPECT_TRUE(reader.ended()) << stream;
    reader.Feed(Whole(), events);
    EXPECT_EQ(events.lines(), "") << stream;
  }
  EventText events;
  StreamReader reader(100);
  reader.Feed("data: " + std::string(200, 'x'), events);
  EXPECT_TRUE(reader.malformed());
}

TEST(ResponsesStreamReaderTest, LeavesOutWhatIsNotJsonInAStreamThatHasBegun) {
  const std::string whole = Whole();
  const std::size_t first = whole.find("\n\n") + 2;
  EventText events;
  StreamReader reader;
  reader.Feed(whole.substr(0, first) + "data: {\"broken\n\n" + whole.substr(first), events);
  EXPECT_EQ(events.lines(), Events(whole));
  EXPECT_EQ(reader.left_out(), 1);
  EXPECT_TRUE(reader.ended());
  EXPECT_FALSE(reader.malformed());
}

TEST(ResponsesStreamReaderTest, ReadsAnErrorThatIsNotJson) {
  EXPECT_EQ(Events("event: error\ndata: overloaded\n\n"), "error overloaded\n");
}

}  // namespace
}  // namespace headgate::backends::openai_responses

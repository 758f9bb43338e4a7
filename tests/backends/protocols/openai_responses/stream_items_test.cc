// How the items of a stream are told apart where a server numbers or names them wrongly, and what
// the last event adds.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "backends/protocols/openai_responses/stream_reader.h"
#include "tests/backends/protocols/openai_responses/event_text.h"

namespace headgate::backends::openai_responses {
namespace {

std::string StreamOfLines(std::string_view lines) {
  std::string stream;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    stream.append("data: ").append(line).append("\n\n");
  }
  return stream;
}

struct DisorderCase {
  std::string_view name;
  std::string_view lines;
  std::string_view events;
};

constexpr DisorderCase kDisorderCases[] = {
    {"all items have one index",
     R"({"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"m"}}
{"type":"response.output_text.delta","output_index":0,"item_id":"m","content_index":0,"delta":"Hi"}
{"type":"response.output_item.done","output_index":0,"item":{"type":"message","id":"m","content":[{"type":"output_text","text":"Hi"}]}}
{"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","id":"a","call_id":"c1","name":"f"}}
{"type":"response.function_call_arguments.delta","output_index":0,"item_id":"a","delta":"{}"}
{"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","id":"a","call_id":"c1","name":"f","arguments":"{}"}}
{"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","id":"b","call_id":"c2","name":"g"}}
{"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","id":"b","call_id":"c2","name":"g","arguments":"[]"}}
{"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"n"}}
{"type":"response.output_text.delta","output_index":0,"item_id":"n","content_index":0,"delta":"Bye"}
{"type":"response.completed","response":{"status":"completed","output":[{"type":"message","id":"m","content":[{"type":"output_text","text":"Hi"}]},{"type":"function_call","id":"a","call_id":"c1","name":"f","arguments":"{}"},{"type":"function_call","id":"b","call_id":"c2","name":"g","arguments":"[]"},{"type":"message","id":"n","content":[{"type":"output_text","text":"Bye"}]}]}}
)",
     "start  \ntext Hi\npart end\ncall c1 f\narguments {}\npart end\ncall c2 g\narguments "
     "[]\npart end\ntext Bye\npart end\nfinish 3\nend\n"},
    {"all items have one index, and none has an id",
     R"({"type":"response.output_item.added","output_index":0,"item":{"type":"reasoning","id":""}}
{"type":"response.reasoning_text.delta","output_index":0,"content_index":0,"delta":"t"}
{"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning"}}
{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"Hi"}
{"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","call_id":"c1","name":"f","arguments":"1"}}
{"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","call_id":"c2","name":"g","arguments":"2"}}
{"type":"response.completed","response":{"status":"completed"}}
)",
     "start  \nthinking t\npart end\ntext Hi\npart end\ncall c1 f\narguments 1\npart end\n"
     "call c2 g\narguments 2\npart end\nfinish 3\nend\n"},
    {"each event has another id, as GitHub Copilot's",
     R"({"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"1"}}
{"type":"response.output_text.delta","output_index":0,"item_id":"2","content_index":0,"delta":"H"}
{"type":"response.output_text.delta","output_index":0,"item_id":"3","content_index":0,"delta":"i"}
{"type":"response.output_item.done","output_index":0,"item":{"type":"message","id":"4","content":[{"type":"output_text","text":"Hi"}]}}
{"type":"response.output_item.added","output_index":1,"item":{"type":"function_call","id":"5","call_id":"c1","name":"f"}}
{"type":"response.output_item.added","output_index":2,"item":{"type":"function_call","id":"6","call_id":"c2","name":"g"}}
{"type":"response.function_call_arguments.delta","output_index":2,"item_id":"7","delta":"2"}
{"type":"response.function_call_arguments.delta","output_index":1,"item_id":"8","delta":"1"}
{"type":"response.output_item.done","output_index":1,"item":{"type":"function_call","id":"9","call_id":"c1","name":"f","arguments":"1"}}
{"type":"response.output_item.done","output_index":2,"item":{"type":"function_call","id":"10","call_id":"c2","name":"g","arguments":"2"}}
{"type":"response.completed","response":{"status":"completed","output":[{"type":"message","id":"11","content":[{"type":"output_text","text":"Hi"}]},{"type":"function_call","id":"12","call_id":"c1","name":"f","arguments":"1"},{"type":"function_call","id":"13","call_id":"c2","name":"g","arguments":"2"}]}}
)",
     "start  \ntext H\ntext i\npart end\ncall c1 f\narguments 1\npart end\ncall c2 g\narguments "
     "2\npart end\nfinish 3\nend\n"},
    {"only some events have the index, or the place in the content",
     R"({"type":"response.output_item.added","item":{"type":"message","id":"m"}}
{"type":"response.output_text.delta","output_index":0,"delta":"Hel"}
{"type":"response.output_text.delta","item_id":"m","content_index":0,"delta":"lo"}
{"type":"response.output_text.done","output_index":0,"content_index":0,"text":"Hello"}
{"type":"response.output_item.done","output_index":0,"item":{"type":"message","id":"m","content":[{"type":"output_text","text":"Hello"}]}}
{"type":"response.completed","response":{"output":[{"type":"message","id":"m","content":[{"type":"output_text","text":"Hello"}]}]}}
)",
     "start  \ntext Hel\ntext lo\npart end\nfinish 0\nend\n"},
    {"only the end has a call",
     R"({"type":"response.output_text.delta","output_index":0,"item_id":"m","content_index":0,"delta":"Hi"}
{"type":"response.function_call_arguments.delta","output_index":1,"item_id":"a","delta":"{"}
{"type":"response.completed","response":{"output":[{"type":"message","id":"m","content":[{"type":"output_text","text":"Hi"}]},{"type":"function_call","id":"a","call_id":"c1","name":"f","arguments":"{}"},{"type":"web_search_call","id":"w"}]}}
)",
     "start  \ntext Hi\npart end\ncall c1 f\narguments {}\npart end\nfinish 3\nend\n"},
    {"the end has what the pieces lacked",
     R"({"type":"response.output_text.delta","output_index":0,"item_id":"m","content_index":0,"delta":"Hi"}
{"type":"response.output_item.added","output_index":1,"item":{"type":"function_call","id":"a","call_id":"c1","name":"f"}}
{"type":"response.function_call_arguments.delta","output_index":1,"item_id":"a","delta":"{"}
{"type":"response.completed","response":{"output":[{"type":"message","id":"m","content":[{"type":"output_text","text":"Hi you"},{"type":"output_text","text":"!"}]},{"type":"function_call","id":"a","call_id":"c1","name":"f","arguments":"{}"}]}}
)",
     "start  \ntext Hi\npart end\ncall c1 f\narguments {\narguments }\npart end\ntext  "
     "you\npart end\ntext !\npart end\nfinish 3\nend\n"},
    {"the end names the items anew, in another order",
     R"({"type":"response.output_text.delta","output_index":0,"item_id":"m","content_index":0,"delta":"B"}
{"type":"response.completed","response":{"output":[{"type":"message","id":"x","content":[{"type":"output_text","text":"A"}]},{"type":"message","id":"y","content":[{"type":"output_text","text":"B"}]}]}}
)",
     "start  \ntext B\npart end\ntext A\npart end\nfinish 0\nend\n"},
    {"the end says the text in other words",
     R"({"type":"response.output_text.delta","output_index":0,"item_id":"m","content_index":0,"delta":"Hi "}
{"type":"response.completed","response":{"output":[{"type":"message","id":"m","content":[{"type":"output_text","text":"Hi"}]}]}}
)",
     "start  \ntext Hi \npart end\nfinish 0\nend\n"},
    {"an item is done twice",
     R"({"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","id":"a","call_id":"c1","name":"f","arguments":"1"}}
{"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","id":"a","call_id":"c1","name":"f","arguments":"1"}}
{"type":"response.function_call_arguments.delta","output_index":0,"item_id":"a","delta":"1"}
{"type":"response.completed","response":{"output":[{"type":"function_call","id":"a","call_id":"c1","name":"f","arguments":"12"}]}}
)",
     "start  \ncall c1 f\narguments 1\npart end\nfinish 3\nend\n"},
};

TEST(ResponsesStreamItemsTest, SaysEachItemOnce) {
  for (const DisorderCase& one : kDisorderCases) {
    EventText events;
    StreamReader reader;
    reader.Feed(StreamOfLines(one.lines), events);
    EXPECT_EQ(events.lines(), one.events) << one.name;
  }
}

TEST(ResponsesStreamItemsTest, DoesNotDependOnCuts) {
  for (const DisorderCase& one : kDisorderCases) {
    const std::string stream = StreamOfLines(one.lines);
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
      EventText events;
      StreamReader reader;
      reader.Feed(std::string_view(stream).substr(0, cut), events);
      reader.Feed(std::string_view(stream).substr(cut), events);
      ASSERT_EQ(events.lines(), one.events) << one.name << " " << cut;
    }
  }
}

}  // namespace
}  // namespace headgate::backends::openai_responses

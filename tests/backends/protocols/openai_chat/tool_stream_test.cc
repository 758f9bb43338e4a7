#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/backends/protocols/openai_chat/event_log.h"

namespace headgate::backends::openai_chat {
namespace {

// A chunk with fragments of tool calls.
std::string Calls(std::string_view fragments) {
  return Delta("\"tool_calls\":[" + std::string(fragments) + "]");
}

// A fragment of OpenAI's form: the first one has id and name.
std::string First(int index, std::string_view id, std::string_view name,
                  std::string_view arguments = "") {
  return "{\"index\":" + std::to_string(index) + ",\"id\":\"" + std::string(id) +
         R"(","type":"function","function":{"name":")" + std::string(name) + R"(","arguments":")" +
         std::string(arguments) + "\"}}";
}

std::string More(int index, std::string_view arguments) {
  return "{\"index\":" + std::to_string(index) + R"(,"function":{"arguments":")" +
         std::string(arguments) + "\"}}";
}

const std::string kEnd = Delta("", "\"tool_calls\"") + kDone;

struct CallCase {
  std::string_view name;
  std::string stream;
  std::string events;  // between start and finish
};

const CallCase kCallCases[] = {
    {"one call",
     Calls(First(0, "a", "f")) + Calls(More(0, "{\\\"x\\\":")) + Calls(More(0, "1}")) + kEnd,
     "call(a,f) args({\"x\":) args(1}) |"},
    {"two calls, one after another: the second one passes at once",
     Calls(First(0, "a", "f")) + Calls(More(0, "{}")) + Calls(First(1, "b", "g")) +
         Calls(More(1, "{\\\"y\\\":")) + Calls(More(1, "2}")) + kEnd,
     "call(a,f) args({}) | call(b,g) args({\"y\":) args(2}) |"},
    {"interleaved calls: the second one waits",
     Calls(First(0, "a", "f")) + Calls(First(1, "b", "g")) + Calls(More(0, "{\\\"x\\\":")) +
         Calls(More(1, "{\\\"y\\\":")) + Calls(More(0, "\\\"}\\\"}")) + Calls(More(1, "2}")) + kEnd,
     "call(a,f) args({\"x\":) args(\"}\"}) | call(b,g) args({\"y\":) args(2}) |"},
    {"a call whose arguments never become whole holds the others until the finish",
     Calls(First(0, "a", "f")) + Calls(First(1, "b", "g", "{}")) + Calls(First(2, "c", "h", "{}")) +
         kEnd,
     "call(a,f) args({}) | call(b,g) args({}) | call(c,h) args({}) |"},
    {"all in one chunk, as TGI and Gemini send them",
     Calls(First(0, "a", "f", "{}") + "," + First(1, "b", "g", "{}")) + kEnd,
     "call(a,f) args({}) | call(b,g) args({}) |"},
    {"without an index",
     Calls(R"({"id":"a","function":{"name":"f","arguments":"{}"}},)"
           R"({"id":"b","function":{"name":"g","arguments":"{"}})") +
         Calls(R"({"id":"b","function":{"arguments":"}"}})") + kEnd,
     "call(a,f) args({}) | call(b,g) args({) args(}) |"},
    {"without an id", Calls(R"({"index":0,"function":{"name":"f","arguments":"{}"}})") + kEnd,
     "call(call_c1_0,f) args({}) |"},
    {"without an id and an index",
     Calls(R"({"function":{"name":"f","arguments":"{"}})") +
         Calls(R"({"function":{"arguments":"}"}})") +
         Calls(R"({"function":{"name":"f","arguments":"{}"}})") + kEnd,
     "call(call_c1_0,f) args({) args(}) | call(call_c1_1,f) args({}) |"},
    {"all with the index 0",
     Calls(First(0, "a", "f", "{}")) + Calls(First(0, "b", "g", "{}")) + kEnd,
     "call(a,f) args({}) | call(b,g) args({}) |"},
    {"id and name in every fragment",
     Calls(First(0, "a", "f", "{")) + Calls(First(0, "a", "f", "}")) + kEnd,
     "call(a,f) args({) args(}) |"},
    {"the name behind the id",
     Calls(R"({"index":0,"id":"a","function":{"arguments":"{"}})") +
         Calls(R"({"index":0,"function":{"name":"f","arguments":"}"}})") + kEnd,
     "call(a,f) args({) args(}) |"},
    {"no arguments", Calls(First(0, "a", "f")) + kEnd, "call(a,f) args({}) |"},
    {"arguments as an object",
     Calls(R"({"index":0,"id":"a","function":{"name":"f","arguments":{"x": [1]}}})") + kEnd,
     "call(a,f) args({\"x\": [1]}) |"},
    {"nulls beside a fragment",
     Calls(R"({"index":0,"id":"a","type":null,"function":{"name":"f","arguments":null}})") +
         Calls(R"({"index":0,"id":null,"function":{"name":null,"arguments":"{}"}})") + kEnd,
     "call(a,f) args({}) |"},
    {"the deprecated function_call",
     Delta(R"("function_call":{"name":"f","arguments":""})") +
         Delta(R"("function_call":{"arguments":"{}"})") + Delta("", "\"function_call\"") + kDone,
     "call(call_c1_0,f) args({}) |"},
    {"text before a call",
     Delta(R"("content":"Let me see.")") + Calls(First(0, "a", "f", "{}")) + kEnd,
     "text(Let me see.) | call(a,f) args({}) |"},
    {"text behind a whole call",
     Calls(First(0, "a", "f", "{}")) + Delta(R"("content":"Done.")") + kEnd,
     "call(a,f) args({}) | text(Done.) |"},
    {"text within a call waits",
     Calls(First(0, "a", "f", "{")) + Delta(R"("content":"So")") + Calls(More(0, "}")) + kEnd,
     "call(a,f) args({) args(}) | text(So) |"},
    {"arguments that say nothing",
     Calls(First(0, "a", "f", " ")) + Calls(First(1, "b", "g", "nu")) + Calls(More(1, "ll")) +
         Calls(More(1, "\\n")) + Calls(First(2, "c", "h", "null")) + kEnd,
     "call(a,f) args({}) | call(b,g) args({}) | call(c,h) args({}) |"},
    {"arguments that begin with space, or as null does",
     Calls(First(0, "a", "f", " ")) + Calls(More(0, "{")) + Calls(More(0, "}")) +
         Calls(First(1, "b", "g", "n")) + Calls(More(1, "o")) + kEnd,
     "call(a,f) args( {) args(}) | call(b,g) args(no) |"},
    {"a name in pieces",
     Calls(First(0, "a", "get_")) + Calls(R"({"index":0,"function":{"name":"weather"}})") +
         Calls(More(0, "{")) + Calls(More(0, "}")) + kEnd,
     "call(a,get_weather) args({) args(}) |"},
    {"names in pieces, without arguments",
     Calls(First(0, "a", "get_")) + Calls(R"({"index":0,"function":{"name":"weather"}})") +
         Calls(First(1, "b", "get_")) + Calls(R"({"index":1,"function":{"name":"time"}})") + kEnd,
     "call(a,get_weather) args({}) | call(b,get_time) args({}) |"},
    {"a name that is repeated before the arguments",
     Calls(First(0, "a", "f")) + Calls(First(0, "a", "f")) + Calls(More(0, "{}")) + kEnd,
     "call(a,f) args({}) |"},
    {"an empty fragment is nothing", Calls("{}") + Calls(First(0, "a", "f", "{}")) + kEnd,
     "call(a,f) args({}) |"},
    {"fragments behind the finish are ignored",
     Calls(First(0, "a", "f", "{}")) + Delta("", "\"stop\"") + Calls(More(0, "{}")) + kDone,
     "call(a,f) args({}) |"},
    {"negative and huge indexes",
     Calls(First(-3, "a", "f", "{}")) + Calls(First(2000000000, "b", "g", "{}")) + kEnd,
     "call(a,f) args({}) | call(b,g) args({}) |"},
};

TEST(ChatToolStreamTest, CallsInOrder) {
  for (const CallCase& one : kCallCases) {
    const std::string events = "start(c1,m) " + one.events + " finish(calls) end";
    EXPECT_EQ(EventsOf(one.stream), events) << one.name;
    EXPECT_EQ(EventsOf(one.stream, 1), events) << one.name;
  }
}

// Some servers say "stop" though they called, and some the other way round.
TEST(ChatToolStreamTest, CallsDecideWhyTheAnswerEnded) {
  const std::string call = Calls(First(0, "a", "f", "{}"));
  EXPECT_TRUE(EventsOf(call + Delta("", "\"stop\"") + kDone).ends_with("finish(calls) end"));
  EXPECT_TRUE(EventsOf(call + kDone).ends_with("finish(calls) end"));
  EXPECT_TRUE(EventsOf(call + Delta("", "\"length\"") + kDone).ends_with("finish(length) end"));
  EXPECT_TRUE(EventsOf(Delta(R"("content":"a")") + kEnd).ends_with("finish(stop) end"));
}

// Left out, the client would see an answer that ends without a call.
TEST(ChatToolStreamTest, ACallWithoutANameMakesAnAnswerMalformed) {
  const std::string nameless = Calls(R"({"index":0,"id":"a","function":{"arguments":"{}"}})");
  EXPECT_TRUE(EventsOf(nameless + kEnd).ends_with(" malformed")) << EventsOf(nameless + kEnd);
  EXPECT_TRUE(EventsOf(nameless + kDone).ends_with(" malformed"));
  EXPECT_TRUE(EventsOf(nameless + Calls(First(1, "b", "g", "{}")) + kEnd).ends_with(" malformed"));
  EXPECT_TRUE(EventsOf(nameless + Delta("", "\"length\"") + kDone).ends_with("finish(length) end"))
      << "it was cut before its name";
}

TEST(ChatToolStreamTest, ThereMayBeTooManyCalls) {
  std::string stream;
  for (int i = 0; i < 300; ++i) stream += Calls(First(i, "id" + std::to_string(i), "f"));
  EXPECT_TRUE(EventsOf(stream + kEnd).ends_with(" malformed"));
}

}  // namespace
}  // namespace headgate::backends::openai_chat

#include "backends/protocols/openai/output_meter.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace headgate::backends::openai {
namespace {

std::size_t Measure(std::string_view json, std::size_t piece) {
  OutputMeter text;
  for (std::size_t at = 0; at < json.size(); at += piece) text.Feed(json.substr(at, piece));
  return text.bytes();
}

struct Case {
  std::string_view json;
  std::size_t bytes;
};

TEST(OutputMeterTest, CountsWhatWasWrittenAndNothingAround) {
  const Case cases[] = {
      {R"({"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"12345"},)"
       R"("finish_reason":"stop"}],"usage":null})",
       5},
      {R"({"choices" : [ {"message" : {"content" : "a b"}} , {"message":{"content":"cd"}} ]})", 5},
      {R"({"choices":[{"text":"1234","logprobs":{"tokens":["12","34"],"content":["x"]}}]})", 4},
      // Reasoning, refusals and calls are output; their ids and types are not.
      {R"({"choices":[{"message":{"content":null,"reasoning_content":"123","refusal":"45",)"
       R"("tool_calls":[{"id":"call_1","type":"function",)"
       R"("function":{"name":"67","arguments":"{\"a\":1}"}}]}}]})",
       14},
      {R"({"choices":[{"message":{"content":[{"type":"text","text":"123"}]}}]})", 3},
      // Escapes count as what they stand for.
      {R"({"choices":[{"text":"\n\\\"\u0041\u00e9\u20AC\ud83d\uDE00"}]})", 3 + 1 + 2 + 3 + 4},
      {"{\"choices\":[{\"text\":\"\xC3\xA9\"}]}", 2},
      {R"({"choices":[{"text":"\",\"text\":\"x"}]})", 11},
      // Only in choices.
      {R"({"content":"12345","error":{"text":"1"},"data":[{"embedding":"AAAA","text":"1"}]})", 0},
      {R"({"choices":[],"text":"12345"})", 0},
      {R"({"a":{"choices":[{"text":"12345"}]}})", 0},
      {R"({"b":"choices","c":[{"text":"12345"}]})", 0},
      {"", 0},
      {"]}]{", 0},
      // Broken off.
      {R"({"choices":[{"message":{"content":"1234)", 4},
      {R"({"choices":[{"message":{"content":"1\u00e)", 1},
  };
  for (const Case& c : cases) {
    for (std::size_t piece = 1; piece <= c.json.size() + 1; ++piece) {
      EXPECT_EQ(Measure(c.json, piece), c.bytes) << c.json << " in pieces of " << piece;
    }
  }
}

}  // namespace
}  // namespace headgate::backends::openai

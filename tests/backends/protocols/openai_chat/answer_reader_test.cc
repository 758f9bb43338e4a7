#include "backends/protocols/openai_chat/answer_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/backends/protocols/openai_chat/event_log.h"

namespace headgate::backends::openai_chat {
namespace {

struct AnswerCase {
  std::string_view name;
  std::string message;
  std::string choice;  // members behind the message
  std::string events;  // between start and usage, and the finish
  std::string finish;
};

const AnswerCase kAnswerCases[] = {
    {"a text", R"("role":"assistant","content":"Hé\n","refusal":null)", R"("finish_reason":"stop")",
     "text(Hé\n) |", "stop"},
    {"thoughts come first, wherever they stand",
     R"("content":"Yes","reasoning_content":"hm","reasoning":"hm")", R"("finish_reason":"length")",
     "think(hm) | text(Yes) |", "length"},
    {"parts", R"("content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"Yes"}])",
     R"("finish_reason":"stop")", "think(hm) | text(Yes) |", "stop"},
    {"nothing", R"("content":null)", R"("finish_reason":"content_filter")", "", "refusal"},
    {"a refusal", R"("content":null,"refusal":"no")", R"("finish_reason":"stop")", "refuse(no) |",
     "stop"},
    {"calls", R"("content":"See","tool_calls":[{"id":"a","type":"function","function":{"name":"f",
       "arguments":"{\"x\":1}"}},{"id":"b","type":"function","function":{"name":"g",
       "arguments":""}}])",
     R"("finish_reason":"stop")", "text(See) | call(a,f) args({\"x\":1}) | call(b,g) args({}) |",
     "calls"},
    {"calls ahead of the text, without ids and as objects",
     R"("tool_calls":[{"function":{"name":"f","arguments":{"x":1}}},{"function":{"name":"f",
        "arguments":{}}}],"content":"See")",
     R"("finish_reason":"tool_calls")",
     "text(See) | call(call_c1_0,f) args({\"x\":1}) | call(call_c1_1,f) args({}) |", "calls"},
    {"the deprecated function_call", R"("function_call":{"name":"f","arguments":"{}"})",
     R"("finish_reason":"function_call")", "call(call_c1_0,f) args({}) |", "calls"},
    {"blocks", R"("content":"Yes","thinking_blocks":[{"type":"thinking","thinking":"hm",
       "signature":"S"},{"type":"redacted_thinking","data":"H"}])",
     R"("finish_reason":"")", "think(hm) chat-sign(S) | chat-sign(H) | text(Yes) |", "stop"},
    {"a stop sequence", R"("content":"a")", R"("finish_reason":"stop","stop_reason":"END")",
     "text(a) |", "sequence END"},
    {"a second choice", R"("content":"a")",
     R"("finish_reason":"stop"},{"index":1,"message":{"content":"b"},"finish_reason":"length")",
     "text(a) |", "stop"},
};

std::string BodyOf(const AnswerCase& one) {
  return R"({"choices":[{"index":0,"message":{)" + one.message + "}," + one.choice +
         R"(}],"id":"c1","object":"chat.completion","model":"m","usage":{"prompt_tokens":9,)"
         R"("completion_tokens":5,"total_tokens":14,"prompt_tokens_details":{"cached_tokens":4,)"
         R"("cache_write_tokens":2},"completion_tokens_details":{"reasoning_tokens":3}}})";
}

TEST(ChatAnswerReaderTest, Events) {
  for (const AnswerCase& one : kAnswerCases) {
    EventLog log;
    EXPECT_TRUE(ReadAnswer(BodyOf(one), log)) << one.name;
    EXPECT_EQ(log.text, "start(c1,m) " + one.events + (one.events.empty() ? "" : " ") +
                            "usage(9/4/2>5/3) finish(" + one.finish + ") end")
        << one.name;
  }
}

TEST(ChatAnswerReaderTest, AnswersAddUp) {
  Answer answer;
  AnswerCollector collector(answer);
  EXPECT_TRUE(ReadAnswer(BodyOf(kAnswerCases[8]), collector));
  ASSERT_EQ(answer.parts.size(), 3u);
  EXPECT_EQ(answer.parts[0].kind, ContentPart::Kind::kThinking);
  EXPECT_EQ(answer.parts[0].signature.text, "S");
  EXPECT_EQ(answer.parts[1].kind, ContentPart::Kind::kHiddenThinking);
  EXPECT_EQ(answer.parts[1].signature.text, "H");
  EXPECT_EQ(answer.parts[2].text, "Yes");
  EXPECT_TRUE(answer.ended);
}

TEST(ChatAnswerReaderTest, UsageOfOtherServers) {
  EventLog log;
  EXPECT_TRUE(
      ReadAnswer("\xEF\xBB\xBF{\"choices\":[{\"message\":{\"content\":\"a\"}}],\"usage\":"
                 "{\"prompt_tokens\":9,\"completion_tokens\":2,\"prompt_cache_hit_tokens\":"
                 "4,\"prompt_cache_miss_tokens\":5},\"service_tier\":\"flex\"}",
                 log));
  EXPECT_EQ(log.text, "start(,) text(a) | usage(9/4/0>2/0 flex) finish(stop) end");
}

// A regression: a word that begins like null threw an exception.
TEST(ChatAnswerReaderTest, WordsThatBeginLikeNull) {
  EventLog log;
  EXPECT_TRUE(ReadAnswer(R"({"choices":[{"message":{"content":"a"}}],"usage":{"prompt_tokens":9,)"
                         R"("completion_tokens":2,"total_tokens":nope}})",
                         log));
  EXPECT_EQ(log.text, "start(,) text(a) | usage(9/0/0>2/0) finish(stop) end");
  EventLog other;
  EXPECT_FALSE(ReadAnswer(R"({"choices":[{"message":{"content":"a"}}],"error":nope})", other));
  EXPECT_EQ(other.text, "");
}

TEST(ChatAnswerReaderTest, ACallWithoutANameIsNoAnswer) {
  const std::string call =
      R"({"choices":[{"message":{"tool_calls":[{"id":"a","function":{"arguments":"{}"}}]},)";
  EventLog log;
  EXPECT_FALSE(ReadAnswer(call + R"("finish_reason":"tool_calls"}]})", log));
  EXPECT_TRUE(ReadAnswer(call + R"("finish_reason":"length"}]})", log)) << "it was cut";
}

TEST(ChatAnswerReaderTest, WhatIsNotAnAnswer) {
  for (const std::string_view body :
       {R"({"error":{"message":"x"}})", R"({"object":"error","message":"x"})", R"({"detail":"x"})",
        R"({"choices":[]})", R"({"choices":[{"index":0}]})", R"({"choices":[{"text":"a"}]})",
        R"({"usage":{"prompt_tokens":1}})", R"({"choices":[{"error":{"message":"x"}}]})",
        R"({"choices":[{"message":{"content":"a"})", "[]", "", "<html>"}) {
    EventLog log;
    EXPECT_FALSE(ReadAnswer(body, log)) << body;
    EXPECT_EQ(log.text, "") << body;
  }
}

}  // namespace
}  // namespace headgate::backends::openai_chat

#include "backends/protocols/openai_chat/answer_writer.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>
#include <utility>

#include "backends/protocols/openai_chat/answer_reader.h"
#include "tests/backends/protocols/openai_chat/event_log.h"

namespace headgate::backends::openai_chat {
namespace {

using Kind = ContentPart::Kind;

ContentPart Part(Kind kind, std::string text) {
  ContentPart part;
  part.kind = kind;
  part.text = std::move(text);
  return part;
}

ContentPart Signed(Kind kind, std::string text, ChatProtocol protocol, std::string signature) {
  ContentPart part = Part(kind, std::move(text));
  part.signature = {.protocol = protocol, .text = std::move(signature)};
  return part;
}

ContentPart CallPart(std::string id, std::string arguments) {
  ContentPart part = Part(Kind::kToolCall, "");
  part.id = std::move(id);
  part.name = "f";
  part.arguments = std::move(arguments);
  return part;
}

std::string WrittenAnswer(const Answer& answer) {
  Conversation request;
  request.model = "asked";
  std::string out = "left over";
  WriteAnswer(answer, {.request = &request, .request_id = "r1", .created = 7}, out);
  simdjson::dom::parser parser;
  EXPECT_EQ(parser.parse(out).error(), simdjson::SUCCESS) << out;
  return out;
}

Answer FullAnswer() {
  Answer answer;
  answer.id = "msg_1";
  answer.model = "m";
  answer.parts = {Signed(Kind::kThinking, "hm", ChatProtocol::kMessages, "S"),
                  Signed(Kind::kHiddenThinking, "", ChatProtocol::kResponses, "E"),
                  Part(Kind::kText, "a\n"),
                  Part(Kind::kText, "b"),
                  CallPart("t1", R"({"x":1})"),
                  CallPart("t2", "")};
  answer.finish = FinishReason::kToolCalls;
  answer.usage.tokens =
      ReportedTokens{.input = 9, .cached_input = 4, .cache_write = 2, .output = 5, .reasoning = 3};
  answer.usage.service_tier = "flex";
  return answer;
}

constexpr std::string_view kAnswerUsage =
    R"("usage":{"prompt_tokens":9,"completion_tokens":5,"total_tokens":14,)"
    R"("prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":2},)"
    R"("completion_tokens_details":{"reasoning_tokens":3}},"service_tier":"flex"})";

TEST(ChatAnswerWriterTest, AllParts) {
  EXPECT_EQ(WrittenAnswer(FullAnswer()),
            R"({"id":"chatcmpl-r1","object":"chat.completion","created":7,"model":"m","choices":[)"
            R"({"index":0,"message":{"role":"assistant","content":"a\nb","refusal":null,)"
            R"("reasoning_content":"hm","thinking_blocks":[{"type":"thinking","thinking":"hm",)"
            R"("signature":"hg1.messages.S"},{"type":"redacted_thinking","data":)"
            R"("hg1.responses.E"}],"tool_calls":[{"id":"t1","type":"function","function":{"name":)"
            R"("f","arguments":"{\"x\":1}"}},{"id":"t2","type":"function","function":{"name":"f",)"
            R"("arguments":"{}"}}]},"logprobs":null,"finish_reason":"tool_calls"}],)" +
                std::string(kAnswerUsage));
}

TEST(ChatAnswerWriterTest, ACallForAClientOfFunctions) {
  Conversation request;
  request.legacy_calls = true;
  Answer answer;
  answer.id = "chatcmpl-9";
  answer.model = "m";
  answer.parts = {CallPart("t1", R"({"x":1})"), CallPart("t2", "")};
  answer.finish = FinishReason::kToolCalls;
  std::string out;
  WriteAnswer(answer, {.request = &request, .request_id = "r1", .created = 7}, out);
  EXPECT_EQ(out,
            R"({"id":"chatcmpl-9","object":"chat.completion","created":7,"model":"m","choices":[)"
            R"({"index":0,"message":{"role":"assistant","content":null,"refusal":null,)"
            R"("function_call":{"name":"f","arguments":"{\"x\":1}"}},"logprobs":null,)"
            R"("finish_reason":"function_call"}]})");
}

TEST(ChatAnswerWriterTest, AnAnswerOfNothing) {
  Answer answer;
  answer.id = "chatcmpl-9";
  answer.parts = {Part(Kind::kRefusal, "no")};
  EXPECT_EQ(
      WrittenAnswer(answer),
      R"({"id":"chatcmpl-9","object":"chat.completion","created":7,"model":"asked","choices":[)"
      R"({"index":0,"message":{"role":"assistant","content":null,"refusal":"no"},)"
      R"("logprobs":null,"finish_reason":"stop"}]})");
}

TEST(ChatAnswerWriterTest, WhyItEnded) {
  constexpr std::pair<FinishReason, std::string_view> kWords[] = {
      {FinishReason::kStop, "stop"},
      {FinishReason::kStopSequence, "stop"},
      {FinishReason::kLength, "length"},
      {FinishReason::kToolCalls, "tool_calls"},
      {FinishReason::kRefusal, "content_filter"},
      {FinishReason::kPause, "stop"}};
  for (const auto& [reason, word] : kWords) {
    Answer answer;
    answer.finish = reason;
    EXPECT_NE(WrittenAnswer(answer).find("\"finish_reason\":\"" + std::string(word) + "\""),
              std::string::npos)
        << word;
  }
}

// What is read from a written answer is what was written.
TEST(ChatAnswerWriterTest, RoundTrip) {
  Answer answer = FullAnswer();
  answer.id = "chatcmpl-9";
  answer.parts[0].signature.protocol = ChatProtocol::kChatCompletions;
  answer.parts[1].signature.protocol = ChatProtocol::kChatCompletions;
  EventLog log;
  EXPECT_TRUE(ReadAnswer(WrittenAnswer(answer), log));
  EXPECT_EQ(log.text,
            "start(chatcmpl-9,m) think(hm) chat-sign(S) | chat-sign(E) | text(a\nb) | "
            "call(t1,f) args({\"x\":1}) | call(t2,f) args({}) | usage(9/4/2>5/3 flex) "
            "finish(calls) end");
}

}  // namespace
}  // namespace headgate::backends::openai_chat

#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>

#include "backends/protocols/anthropic/answer_reader.h"
#include "backends/protocols/anthropic/answer_values.h"
#include "backends/protocols/anthropic/answer_writer.h"
#include "tests/backends/protocols/anthropic/event_log.h"

namespace headgate::backends::anthropic {
namespace {

std::string Told(std::string_view body) {
  EventLog log;
  return ReadAnswer(body, log) ? log.text : "no answer\n" + log.text;
}

TEST(AnswerReader, TellsAWholeAnswer) {
  EXPECT_EQ(Told(R"({"usage":{"input_tokens":10,"output_tokens":44,"cache_creation_input_tokens":5,
       "cache_read_input_tokens":100,"cache_creation":{"ephemeral_5m_input_tokens":5},
       "output_tokens_details":{"thinking_tokens":30},"service_tier":"standard"},
     "content":[{"type":"thinking","thinking":"hm\n","signature":"sig"},
       {"type":"redacted_thinking","data":"red"},
       {"text":"Hi \u00e9","type":"text","citations":null},
       {"type":"server_tool_use","id":"s","name":"web_search","input":{}},
       {"type":"web_search_tool_result","content":[{"type":"text","text":"no"}]},
       {"type":"tool_use","id":"t1","name":"f","input":{"a": [1]}},
       {"type":"tool_use","id":"t2","name":"g","input":{}},
       {"type":"tool_use","id":"t3","name":"h"}],
     "stop_reason":"tool_use","stop_sequence":null,"stop_details":null,
     "id":"msg_1","type":"message","role":"assistant","model":"claude"})"),
            "start msg_1 claude\nthinking hm\n\nsignature sig\npart end\nsignature red\npart end\n"
            "text Hi é\npart end\ncall t1 f\narguments {\"a\": [1]}\npart end\n"
            "call t2 g\narguments {}\npart end\ncall t3 h\narguments {}\npart end\n"
            "usage 115 cached 100 written 5 output 44 reasoning 30 default\nfinish 3\nend\n");
}

TEST(AnswerReader, TakesAnObjectOutOfAText) {
  const auto arguments = [](std::string_view input) {
    const std::string told = Told(R"({"content":[{"type":"tool_use","id":"t","name":"f","input":)" +
                                  std::string(input) + R"(}],"stop_reason":"tool_use"})");
    const std::size_t begin = told.find("arguments");
    return told.substr(begin, told.find("\npart end") - begin);
  };
  EXPECT_EQ(arguments(R"("{\"a\":\"b\\n\"}")"), R"(arguments {"a":"b\n"})");
  EXPECT_EQ(arguments(R"("{}" )"), "arguments {}");
  EXPECT_EQ(arguments(R"("{\"a\":")"), "arguments {}");
  EXPECT_EQ(arguments(R"("text")"), "arguments {}");
  EXPECT_EQ(arguments("[1]"), "arguments {}");
}

TEST(AnswerReader, ACallWithoutANameIsNoAnswerUnlessItWasCut) {
  const std::string call = R"({"content":[{"type":"tool_use","id":"t","input":{}}],"stop_reason":)";
  EXPECT_EQ(Told(call + R"("tool_use"})").substr(0, 10), "no answer\n");
  EXPECT_TRUE(Told(call + R"("max_tokens"})").ends_with("end\n"));
}

TEST(AnswerReader, TellsWhyTheModelRefuses) {
  EXPECT_EQ(Told(R"({"id":"m","model":"c","content":[],"stop_reason":"refusal",
                     "stop_details":{"type":"refusal","explanation":"no"}})"),
            "start m c\nrefusal no\npart end\nfinish 4\nend\n");
}

TEST(AnswerReader, StopReasons) {
  const auto finish = [](std::string_view members) {
    const std::string told =
        Told(R"({"content":[{"type":"text","text":"a"}],)" + std::string(members) + "}");
    const std::size_t begin = told.find("finish");
    return told.substr(begin, told.size() - begin - 4);
  };
  EXPECT_EQ(finish(R"("stop_reason":"end_turn")"), "finish 0\n");
  EXPECT_EQ(finish(R"("stop_reason":"stop_sequence","stop_sequence":"END")"), "finish 1 at END\n");
  EXPECT_EQ(finish(R"("stop_reason":"max_tokens")"), "finish 2\n");
  EXPECT_EQ(finish(R"("stop_reason":"model_context_window_exceeded")"), "finish 2\n");
  EXPECT_EQ(finish(R"("stop_reason":"pause_turn")"), "finish 5\n");
  EXPECT_EQ(finish(R"("stop_reason":"new_reason")"), "finish 0\n");
  EXPECT_EQ(finish(R"("stop_reason":null)"), "finish 0\n");
}

TEST(AnswerReader, ImpossibleUsage) {
  const auto usage = [](std::string_view members) {
    const std::string told = Told(R"({"content":[],"usage":{)" + std::string(members) +
                                  R"(},"stop_reason":"end_turn"})");
    return told.substr(8, told.find("finish") - 8);
  };
  EXPECT_EQ(usage(R"("input_tokens":0,"output_tokens":0)"), "usage none\n");
  EXPECT_EQ(usage(R"("input_tokens":-1,"output_tokens":5)"), "");  // cannot be billed
  EXPECT_EQ(usage(R"("input_tokens":1e3,"output_tokens":99999999999999999999,"x":1)"), "");
  EXPECT_EQ(
      usage(R"("input_tokens":3,"output_tokens":5,"output_tokens_details":{"thinking_tokens":9})"),
      "usage 3 cached 0 written 0 output 5 reasoning 5 inconsistent\n");
  EXPECT_EQ(usage(R"("input_tokens":3,"cache_read_input_tokens":null,"output_tokens":5)"),
            "usage 3 cached 0 written 0 output 5 reasoning 0\n");
}

TEST(AnswerReader, IsNotAnAnswer) {
  for (const std::string_view body :
       {"", "[]", "null", "{}", "<html>", R"({"type":"message"})",
        R"({"type":"error","error":{"type":"api_error","message":"m"}})",
        R"({"type":"error","content":[]})", R"({"content":"text"})",
        R"({"content":[{"type":"text","text":"cut)", R"({"content":[]}])", R"({"content":[NaN]})",
        "{\"content\":[{\"type\":\"text\",\"text\":\"a\nb\"}]}"}) {
    EXPECT_EQ(Told(body), "no answer\n") << body;
  }
  const std::string deep(100'000, '[');
  EXPECT_EQ(Told(R"({"content":)" + deep), "no answer\n");
  EXPECT_EQ(Told("\xEF\xBB\xBF\n{\"content\":[]}"), "start  \nfinish 0\nend\n");
  EXPECT_EQ(Told(R"({"content":[7,null,{},{"type":5},{"type":"text","text":5}],"id":5})"),
            "start  \npart end\nfinish 0\nend\n");
}

// --- the other way -------------------------------------------------------------------------------

using Kind = ContentPart::Kind;

std::string WrittenAnswer(const Answer& answer, const Conversation& request) {
  std::string out;
  WriteAnswer(answer, {.request = &request, .request_id = "r-1"}, out);
  simdjson::dom::parser parser;
  EXPECT_EQ(parser.parse(out).error(), simdjson::SUCCESS) << out;
  return out;
}

Answer AnswerOf(std::vector<ContentPart> parts, FinishReason finish) {
  Answer answer{.id = "chatcmpl-1", .model = "gpt", .parts = std::move(parts), .finish = finish};
  answer.usage.tokens = ReportedTokens{
      .input = 115, .cached_input = 100, .cache_write = 5, .output = 44, .reasoning = 30};
  return answer;
}

constexpr std::string_view kUsage =
    R"("usage":{"input_tokens":10,"cache_creation_input_tokens":5,"cache_read_input_tokens":100,)"
    R"("output_tokens":44,"output_tokens_details":{"thinking_tokens":30}}})";

std::vector<ContentPart> AllParts() {
  return {{.kind = Kind::kThinking, .text = "hm", .signature = {ChatProtocol::kResponses, "enc"}},
          {.kind = Kind::kThinking, .text = "unsigned"},
          {.kind = Kind::kHiddenThinking, .signature = {ChatProtocol::kChatCompletions, "c"}},
          {.kind = Kind::kText, .text = "a\"b"},
          {.kind = Kind::kRefusal, .text = "no"},
          {.kind = Kind::kToolCall, .name = "f", .id = "call_1", .arguments = R"({"x":1})"},
          {.kind = Kind::kToolCall, .name = "g", .arguments = "{cut"}};
}

constexpr std::string_view kShownBlocks =
    R"({"type":"text","text":"a\"b"},{"type":"text","text":"no"},)"
    R"({"type":"tool_use","id":"call_1","name":"f","input":{"x":1}},)";

TEST(AnswerWriter, WritesAWholeAnswer) {
  Conversation request;
  EXPECT_EQ(
      WrittenAnswer(AnswerOf(AllParts(), FinishReason::kToolCalls), request),
      R"({"id":"msg_r-1","type":"message","role":"assistant","model":"gpt","content":[)" +
          std::string(kShownBlocks) +
          R"({"type":"tool_use","id":"toolu_r-1_3","name":"g","input":{"arguments":"{cut"}}],)"
          R"("stop_reason":"tool_use","stop_sequence":null,)" +
          std::string(kUsage));
}

TEST(AnswerWriter, WritesThoughtsIfTheClientThinks) {
  Conversation request;
  request.thinking.mode = ThinkingRequest::Mode::kAdaptive;
  const std::vector<ContentPart> all = AllParts();
  const Answer answer = AnswerOf({all[0], all[1], all[2]}, FinishReason::kStop);
  const std::string head =
      R"({"id":"msg_r-1","type":"message","role":"assistant","model":"gpt","content":[)";
  const std::string hidden = R"({"type":"redacted_thinking","data":"hg1.chat.c"}],)";
  const std::string tail =
      R"("stop_reason":"end_turn","stop_sequence":null,)" + std::string(kUsage);
  EXPECT_EQ(WrittenAnswer(answer, request),
            head + R"({"type":"thinking","thinking":"hm","signature":"hg1.responses.enc"},)" +
                R"({"type":"thinking","thinking":"unsigned","signature":""},)" + hidden + tail);
  request.thinking.display = "omitted";
  EXPECT_EQ(WrittenAnswer(answer, request),
            head + R"({"type":"thinking","thinking":"","signature":"hg1.responses.enc"},)" +
                hidden + tail);
}

TEST(AnswerWriter, StopReasons) {
  const Conversation request;
  const auto reason = [&](std::optional<FinishReason> finish, std::string sequence, bool call) {
    Answer answer;
    answer.finish = finish;
    answer.stop_sequence = std::move(sequence);
    if (call) answer.parts.push_back({.kind = Kind::kToolCall, .name = "f", .id = "t"});
    const std::string out = WrittenAnswer(answer, request);
    const std::size_t begin = out.find("\"stop_reason\":") + 14;
    return out.substr(begin, out.find(",\"usage\"") - begin);
  };
  using Finish = FinishReason;
  EXPECT_EQ(reason(Finish::kStop, "", false), R"("end_turn","stop_sequence":null)");
  EXPECT_EQ(reason(Finish::kStop, "", true), R"("tool_use","stop_sequence":null)");
  EXPECT_EQ(reason(std::nullopt, "", false), R"("end_turn","stop_sequence":null)");
  EXPECT_EQ(reason(Finish::kStopSequence, "END", false),
            R"("stop_sequence","stop_sequence":"END")");
  EXPECT_EQ(reason(Finish::kStopSequence, "", false), R"("stop_sequence","stop_sequence":null)");
  EXPECT_EQ(reason(Finish::kLength, "", true), R"("max_tokens","stop_sequence":null)");
  EXPECT_EQ(reason(Finish::kRefusal, "", false), R"("refusal","stop_sequence":null)");
  EXPECT_EQ(reason(Finish::kPause, "", false), R"("pause_turn","stop_sequence":null)");
}

TEST(AnswerWriter, KeepsAnIdOfItsOwnForm) {
  const Conversation request;
  const AnswerContext context{.request = &request, .request_id = "r\n1"};
  EXPECT_EQ(MessageId("msg_01", context), "msg_01");
  EXPECT_EQ(MessageId("msg_\"", context), "msg_r1");
  EXPECT_EQ(MessageId("", context), "msg_r1");
}

TEST(AnswerWriter, IsReadBack) {
  Conversation request;
  request.thinking.mode = ThinkingRequest::Mode::kAdaptive;
  Answer answer = AnswerOf(AllParts(), FinishReason::kToolCalls);
  answer.usage.service_tier = "priority";
  EXPECT_EQ(Told(WrittenAnswer(answer, request)),
            "start msg_r-1 gpt\nthinking hm\nsignature hg1.responses.enc\npart end\n"
            "thinking unsigned\npart end\nsignature hg1.chat.c\npart end\ntext a\"b\npart end\n"
            "text no\npart end\ncall call_1 f\narguments {\"x\":1}\npart end\n"
            "call toolu_r-1_6 g\narguments {\"arguments\":\"{cut\"}\npart end\n"
            "usage 115 cached 100 written 5 output 44 reasoning 30 priority\nfinish 3\nend\n");
}

}  // namespace
}  // namespace headgate::backends::anthropic

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "backends/protocols/json/members.h"
#include "backends/protocols/openai_responses/answer_reader.h"
#include "backends/protocols/openai_responses/answer_writer.h"
#include "backends/protocols/openai_responses/conversation_reader.h"
#include "tests/backends/protocols/openai_responses/event_text.h"

namespace headgate::backends::openai_responses {
namespace {

std::string Response(std::string_view members) {
  return R"({"id":"resp_1","object":"response","model":"m",)" + std::string(members) + "}";
}

std::string EventsOf(std::string_view body) {
  EventText events;
  return ReadAnswer(body, events) ? events.lines() : "none";
}

struct AnswerCase {
  std::string_view members;
  std::string_view events;  // behind the start
};

constexpr AnswerCase kAnswerCases[] = {
    {R"("status":"completed","output":[{"type":"message","role":"assistant","content":[
        {"type":"output_text","text":"hi"}]}],"service_tier":"flex","usage":{"input_tokens":10,
        "input_tokens_details":{"cached_tokens":4,"cache_write_tokens":3},"output_tokens":7,
        "output_tokens_details":{"reasoning_tokens":5},"total_tokens":17})",
     "text hi\npart end\nusage 10/4/3/7/5 flex\nfinish 0\nend\n"},
    {R"("status":"completed","output":[
        {"type":"reasoning","summary":[{"type":"summary_text","text":"a"},
          {"type":"summary_text","text":"b"}],"encrypted_content":"enc"},
        {"type":"web_search_call","id":"ws"},
        {"type":"function_call","id":"fc_1","call_id":"c1","name":"f","arguments":"{\"x\":1}"},
        {"type":"function_call","id":"fc_2","call_id":"c2","name":"g","arguments":""},
        {"type":"custom_tool_call","id":"ct","call_id":"c3","name":"p","input":"x\"y"}],
        "usage":{"input_tokens":1,"output_tokens":2})",
     "thinking a\nthinking \n\n\nthinking b\nsignature enc\npart end\n"
     "call c1 f\narguments {\"x\":1}\npart end\ncall c2 g\npart end\n"
     "call c3 p\narguments {\"input\":\"x\\\"y\"}\npart end\n"
     "usage 1/0/0/2/0\nfinish 3\nend\n"},
    {R"("status":"completed","output":[{"type":"message","content":[
        {"type":"refusal","refusal":"no"}]}])",
     "refusal no\npart end\nfinish 4\nend\n"},
    {R"("status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[
        {"type":"reasoning","summary":[],"encrypted_content":"e"}])",
     "signature e\npart end\nfinish 2\nend\n"},
    {R"("status":"incomplete","incomplete_details":{"reason":"content_filter"},"output":[])",
     "finish 4\nend\n"},
    {R"("status":"completed","output":[{"type":"reasoning","summary":[],"content":[
        {"type":"reasoning_text","text":"raw"}]}])",
     "thinking raw\npart end\nfinish 0\nend\n"},
    {R"("status":"completed","output":[{"type":"reasoning","summary":[
        {"type":"summary_text","text":"sum"}],"content":[{"type":"reasoning_text","text":"raw"}]}])",
     "thinking sum\nthinking \n\n\nthinking raw\npart end\nfinish 0\nend\n"},
    {R"("status":"failed","output":[],"error":{"code":"server_error","message":"x"},
        "usage":{"input_tokens":3,"output_tokens":0})",
     "usage 3/0/0/0/0\nerror {\"error\":{\"code\":\"server_error\",\"message\":\"x\"}}\n"},
    {R"("status":"completed","output":[5,{"type":7},{"type":"message","content":"x"},
        {"type":"message","content":[3,{"type":"output_text","text":null}]}],"usage":[])",
     "finish 0\nend\n"},
};

TEST(AnswerReaderTest, ReadsWholeAnswers) {
  for (const AnswerCase& one : kAnswerCases) {
    EXPECT_EQ(EventsOf(Response(one.members)), "start resp_1 m\n" + std::string(one.events))
        << one.members;
  }
}

TEST(AnswerReaderTest, RefusesWhatIsNotAnAnswer) {
  for (
      const std::string_view body :
      {"", "{}", "[]", "<html>", R"({"choices":[]})", R"({"error":{"message":"x"}})",
       R"({"object":"response","status":"completed"})",
       R"({"object":"response","status":"queued","output":[]})",
       R"({"object":"response","status":"completed","output":[{"type":"function_call","call_id":"c"}]})",
       R"({"object":"response","status":"completed","output":[)"}) {
    EXPECT_EQ(EventsOf(body), "none") << body;
  }
}

// Returns the conversation of a client that sent `body`.
Conversation Asked(std::string_view body) {
  Conversation conversation;
  DroppedFields dropped;
  EXPECT_FALSE(ReadConversation(body, conversation, dropped)) << body;
  return conversation;
}

std::string WriteFor(const Conversation& request, const Answer& answer) {
  std::string out;
  const AnswerContext context{&request, "r1", 1700000000};
  WriteAnswer(answer, context, out);
  json::PaddedCopy copy;
  json::Members members;
  EXPECT_TRUE(members.Read(copy.Take(out))) << out;
  EXPECT_EQ(members.Repeated(), "");
  return out;
}

std::string MemberOf(std::string_view body, std::string_view name) {
  json::PaddedCopy copy;
  json::Members members;
  EXPECT_TRUE(members.Read(copy.Take(body)));
  return std::string(members.Find(name));
}

ContentPart PartOf(ContentPart::Kind kind, std::string_view text) {
  ContentPart part;
  part.kind = kind;
  part.text = text;
  return part;
}

Answer Saying(std::string_view text, FinishReason finish) {
  Answer answer;
  answer.id = "msg_abc";
  answer.model = "claude";
  answer.parts = {PartOf(ContentPart::Kind::kText, text)};
  answer.finish = finish;
  answer.usage.tokens =
      ReportedTokens{.input = 10, .cached_input = 4, .cache_write = 3, .output = 7, .reasoning = 5};
  answer.ended = true;
  return answer;
}

TEST(AnswerWriterTest, WritesAllMembers) {
  const Conversation request = Asked(R"({"model":"alias","input":"x"})");
  EXPECT_EQ(
      WriteFor(request, Saying("hi", FinishReason::kStop)),
      R"({"id":"resp_r1","object":"response","created_at":1700000000,"status":"completed",)"
      R"("incomplete_details":null,"background":false,"error":null,"instructions":null,)"
      R"("max_output_tokens":null,"model":"claude","output":[{"type":"message","id":"msg_r1_0",)"
      R"("status":"completed","role":"assistant","content":[{"type":"output_text","text":"hi",)"
      R"("annotations":[],"logprobs":[]}]}],"parallel_tool_calls":true,)"
      R"("previous_response_id":null,"prompt_cache_key":null,"reasoning":{"effort":null,)"
      R"("summary":null},"safety_identifier":null,"service_tier":"default","store":false,)"
      R"("temperature":1.0,"text":{"format":{"type":"text"},"verbosity":"medium"},)"
      R"("tool_choice":"auto","tools":[],"top_logprobs":0,"top_p":1.0,"truncation":"disabled",)"
      R"("usage":{"input_tokens":10,"input_tokens_details":{"cached_tokens":4,)"
      R"("cache_write_tokens":3},"output_tokens":7,"output_tokens_details":)"
      R"({"reasoning_tokens":5},"total_tokens":17},"user":null,"metadata":{}})");
}

TEST(AnswerWriterTest, RepeatsTheRequest) {
  const Conversation request = Asked(
      R"({"model":"alias","input":"x","instructions":"i","temperature":0.20,"top_p":0.9,
          "max_output_tokens":5,"parallel_tool_calls":false,"prompt_cache_key":"k",
          "reasoning":{"effort":"low","summary":"auto"},"safety_identifier":"u",
          "text":{"format":{"type":"json_schema","name":"n","schema":{"a":1}},"verbosity":"low"},
          "metadata":{"m":"1"},"tool_choice":{"type":"custom","name":"p"},
          "tools":[{"type":"function","name":"f","description":"d","parameters":{},"strict":true},
            {"type":"namespace","name":"n","description":"","tools":[
              {"type":"function","name":"a"},{"type":"function","name":"b"}]},
            {"type":"namespace","name":"o","tools":[{"type":"function","name":"a"}]},
            {"type":"custom","name":"p"}]})");
  Answer answer = Saying("hi", FinishReason::kStop);
  answer.id = "resp_kept";
  answer.model.clear();
  const std::string body = WriteFor(request, answer);
  constexpr std::pair<std::string_view, std::string_view> kMembers[] = {
      {"id", R"("resp_kept")"},
      {"model", R"("alias")"},
      {"instructions", R"("i")"},
      {"temperature", "0.20"},
      {"top_p", "0.9"},
      {"max_output_tokens", "5"},
      {"parallel_tool_calls", "false"},
      {"prompt_cache_key", R"("k")"},
      {"reasoning", R"({"effort":"low","summary":"auto"})"},
      {"safety_identifier", R"("u")"},
      {"text", R"({"format":{"type":"json_schema","name":"n","description":null,"schema":{"a":1},)"
               R"("strict":false},"verbosity":"low"})"},
      {"metadata", R"({"m":"1"})"},
      {"tool_choice", R"({"type":"custom","name":"p"})"},
      {"tools",
       R"([{"type":"function","name":"f","description":"d","parameters":{},"strict":true},)"
       R"({"type":"namespace","name":"n","description":"","tools":[)"
       R"({"type":"function","name":"a","description":null,"parameters":null,"strict":false},)"
       R"({"type":"function","name":"b","description":null,"parameters":null,"strict":false}]},)"
       R"({"type":"namespace","name":"o","description":"","tools":[)"
       R"({"type":"function","name":"a","description":null,"parameters":null,"strict":false}]},)"
       R"({"type":"custom","name":"p","description":"","format":{"type":"text"}}])"},
  };
  for (const auto& [name, value] : kMembers) EXPECT_EQ(MemberOf(body, name), value) << name;
}

struct FinishCase {
  FinishReason finish;
  std::string_view status;
  std::string_view details;
};

TEST(AnswerWriterTest, SaysHowTheAnswerEnded) {
  const FinishCase kCases[] = {
      {FinishReason::kStop, R"("completed")", ""},
      {FinishReason::kStopSequence, R"("completed")", ""},
      {FinishReason::kToolCalls, R"("completed")", ""},
      {FinishReason::kPause, R"("completed")", ""},
      {FinishReason::kLength, R"("incomplete")", R"({"reason":"max_output_tokens"})"},
      {FinishReason::kRefusal, R"("incomplete")", R"({"reason":"content_filter"})"},
  };
  const Conversation request = Asked(R"({"model":"a","input":"x"})");
  for (const FinishCase& one : kCases) {
    const std::string body = WriteFor(request, Saying("x", one.finish));
    EXPECT_EQ(MemberOf(body, "status"), one.status);
    EXPECT_EQ(MemberOf(body, "incomplete_details"), one.details);
    const bool cut = one.finish == FinishReason::kLength;
    EXPECT_EQ(MemberOf(body, "output").find(R"("status":"incomplete")") != std::string::npos, cut);
  }
  Answer refusal = Saying("", FinishReason::kRefusal);
  refusal.parts = {PartOf(ContentPart::Kind::kRefusal, "no")};
  EXPECT_EQ(MemberOf(WriteFor(request, refusal), "status"), R"("completed")");
  refusal.usage = {};
  EXPECT_EQ(MemberOf(WriteFor(request, refusal), "usage"), "");
}

TEST(AnswerWriterTest, WritesItemsOfEachKind) {
  const Conversation request =
      Asked(R"({"model":"a","input":"x","tools":[{"type":"custom","name":"p"},
                {"type":"namespace","name":"n","tools":[{"type":"function","name":"f"}]}]})");
  Answer answer = Saying("", FinishReason::kToolCalls);
  ContentPart thought = PartOf(ContentPart::Kind::kThinking, "t");
  thought.signature = {ChatProtocol::kMessages, "sig"};
  ContentPart hidden = PartOf(ContentPart::Kind::kHiddenThinking, "");
  hidden.signature = {ChatProtocol::kMessages, "dark"};
  ContentPart call = PartOf(ContentPart::Kind::kToolCall, "");
  call.id = "toolu_1";
  call.name = "n__ns__f";
  ContentPart custom = PartOf(ContentPart::Kind::kToolCall, "");
  custom.id = "toolu_2";
  custom.name = "p";
  custom.arguments = R"({"input":"a\nb"})";
  answer.parts = {thought, hidden, call, custom, PartOf(ContentPart::Kind::kRefusal, "no")};
  EXPECT_EQ(
      MemberOf(WriteFor(request, answer), "output"),
      R"([{"type":"reasoning","id":"rs_r1_0","status":"completed","summary":[{"type":)"
      R"("summary_text","text":"t"}],"encrypted_content":"hg1.messages.sig"},)"
      R"({"type":"reasoning","id":"rs_r1_1","status":"completed","summary":[],)"
      R"("encrypted_content":"hg1.messages.dark"},)"
      R"({"type":"function_call","id":"fc_r1_2","status":"completed","call_id":"toolu_1",)"
      R"("name":"f","namespace":"n","arguments":"{}"},)"
      R"({"type":"custom_tool_call","id":"ctc_r1_3","status":"completed","call_id":"toolu_2",)"
      R"("name":"p","input":"a\nb"},)"
      R"({"type":"message","id":"msg_r1_4","status":"completed","role":"assistant","content":[)"
      R"({"type":"refusal","refusal":"no"}]}])");
}

TEST(AnswerWriterTest, IsReadBackAsTheSameAnswer) {
  const Conversation request = Asked(R"({"model":"a","input":"x"})");
  const std::string body = WriteFor(request, Saying("h\xC3\xA9 \"q\"", FinishReason::kLength));
  EXPECT_EQ(EventsOf(body),
            "start resp_r1 claude\ntext h\xC3\xA9 \"q\"\npart end\nusage 10/4/3/7/5 default\n"
            "finish 2\nend\n");
}

}  // namespace
}  // namespace headgate::backends::openai_responses

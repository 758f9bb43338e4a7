#include "backends/protocols/openai_responses/conversation_writer.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "backends/protocols/json/members.h"
#include "backends/protocols/openai_responses/conversation_reader.h"
#include "tests/backends/protocols/openai_responses/conversation_text.h"

namespace headgate::backends::openai_responses {
namespace {

using Kind = ContentPart::Kind;

struct Written {
  std::string body;
  std::string dropped;
};

Written Write(const Conversation& conversation, bool openai = false, bool sampling = true,
              bool effort = true) {
  BackendTraits traits;
  traits.model = "gpt";
  traits.is_openai = openai;
  traits.takes_sampling = sampling;
  traits.takes_effort = effort;
  DroppedFields dropped;
  Written written;
  EXPECT_FALSE(WriteConversation(conversation, traits, dropped, written.body));
  for (const std::string& name : dropped) written.dropped += name + " ";
  json::PaddedCopy copy;
  json::Members members;
  EXPECT_TRUE(members.Read(copy.Take(written.body))) << written.body;
  EXPECT_EQ(members.Repeated(), "") << written.body;
  return written;
}

ContentPart Part(Kind kind, std::string_view text) {
  ContentPart part;
  part.kind = kind;
  part.text = text;
  return part;
}

Conversation Asking() {
  Conversation conversation;
  conversation.protocol = ChatProtocol::kMessages;
  conversation.turns.push_back({TurnRole::kUser, {Part(Kind::kText, "hi")}});
  return conversation;
}

constexpr std::string_view kHi =
    R"([{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]}])";

// The body of Asking() with `rest` behind its last member.
std::string Body(std::string_view rest = {}, std::string_view begin = {}) {
  return R"({"model":"gpt")" + std::string(begin) + R"(,"input":)" + std::string(kHi) +
         R"(,"store":false)" + std::string(rest) + "}";
}

TEST(ConversationWriterTest, WritesTheLeast) {
  EXPECT_EQ(Write(Asking()).body, Body());
  EXPECT_EQ(Write(Asking()).dropped, "");
}

TEST(ConversationWriterTest, NeverStoresAStream) {
  Conversation conversation = Asking();
  conversation.stream = true;
  EXPECT_NE(Write(conversation).body.find(R"(,"stream":true,"store":false)"), std::string::npos);
}

TEST(ConversationWriterTest, WritesTurnsAsItems) {
  Conversation conversation = Asking();
  conversation.system = {Part(Kind::kText, "a"), Part(Kind::kText, ""), Part(Kind::kText, "b")};
  ContentPart thought = Part(Kind::kThinking, "t");
  thought.signature = {ChatProtocol::kResponses, "enc"};
  ContentPart hidden = Part(Kind::kHiddenThinking, "");
  hidden.signature = {ChatProtocol::kResponses, "dark"};
  ContentPart call = Part(Kind::kToolCall, "");
  call.id = "toolu_1";
  call.name = "f";
  call.arguments = R"({"x":"é"})";
  ContentPart result = Part(Kind::kToolResult, "");
  result.id = "toolu_1";
  result.is_error = true;
  result.result = {Part(Kind::kText, "no"), Part(Kind::kText, "way")};
  ContentPart image = Part(Kind::kImage, "");
  image.media_type = "image/png";
  image.data = "QQ==";
  conversation.turns.push_back(
      {TurnRole::kAssistant,
       {thought, hidden, Part(Kind::kText, "ok"), Part(Kind::kText, ""), call}});
  conversation.turns.push_back({TurnRole::kUser, {result, image}});
  conversation.turns.push_back({TurnRole::kSystem, {Part(Kind::kText, "late")}});
  conversation.turns.push_back({TurnRole::kAssistant, {Part(Kind::kRefusal, "never")}});
  const Written written = Write(conversation);
  EXPECT_EQ(
      written.body,
      R"({"model":"gpt","instructions":"a\n\nb","input":[)"
      R"({"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]},)"
      R"({"type":"reasoning","summary":[{"type":"summary_text","text":"t"}],"encrypted_content":"enc"},)"
      R"({"type":"reasoning","summary":[],"encrypted_content":"dark"},)"
      R"({"type":"message","role":"assistant","content":[{"type":"output_text","text":"ok"}]},)"
      R"({"type":"function_call","call_id":"toolu_1","name":"f","arguments":"{\"x\":\"é\"}"},)"
      R"({"type":"function_call_output","call_id":"toolu_1","output":"Error: no\nway"},)"
      R"({"type":"message","role":"user","content":[{"type":"input_image","image_url":"data:image/png;base64,QQ==","detail":"auto"}]},)"
      R"({"type":"message","role":"system","content":[{"type":"input_text","text":"late"}]},)"
      R"({"type":"message","role":"assistant","content":[{"type":"refusal","refusal":"never"}]}],)"
      R"("store":false})");
  EXPECT_EQ(written.dropped, "is_error ");
  EXPECT_NE(Write(conversation, true).body.find(R"("role":"developer")"), std::string::npos);
}

TEST(ConversationWriterTest, WritesResultsWithImagesAsParts) {
  Conversation conversation = Asking();
  ContentPart result = Part(Kind::kToolResult, "");
  result.id = "c";
  ContentPart image = Part(Kind::kImage, "");
  image.url = "https://x/y.png";
  image.image_detail = "low";
  result.result = {Part(Kind::kText, "see"), image};
  conversation.turns = {{TurnRole::kUser, {result}}};
  EXPECT_NE(
      Write(conversation)
          .body.find(R"("output":[{"type":"input_text","text":"see"},)"
                     R"({"type":"input_image","image_url":"https://x/y.png","detail":"low"}]})"),
      std::string::npos);
  conversation.turns[0].parts[0].is_error = true;
  EXPECT_NE(Write(conversation)
                .body.find(R"("output":[{"type":"input_text","text":"Error:"},)"
                           R"({"type":"input_text","text":"see"},)"),
            std::string::npos);
}

TEST(ConversationWriterTest, WritesDocuments) {
  Conversation conversation = Asking();
  ContentPart data = Part(Kind::kDocument, "");
  data.media_type = "application/pdf";
  data.data = "QQ==";
  ContentPart url = Part(Kind::kDocument, "");
  url.url = "https://x/a.pdf";
  ContentPart text = Part(Kind::kDocument, "body");
  text.name = "title";
  conversation.turns = {{TurnRole::kUser, {data, url, text}}};
  EXPECT_NE(
      Write(conversation)
          .body.find(
              R"([{"type":"input_file","file_data":"data:application/pdf;base64,QQ==","filename":"document.pdf"},)"
              R"({"type":"input_file","file_url":"https://x/a.pdf"},)"
              R"({"type":"input_text","text":"title\n\nbody"}])"),
      std::string::npos);
}

TEST(ConversationWriterTest, SendsThoughtsOnlyToTheirProtocol) {
  Conversation conversation = Asking();
  ContentPart thought = Part(Kind::kThinking, "t");
  conversation.turns.push_back({TurnRole::kAssistant, {thought}});
  thought.signature = {ChatProtocol::kMessages, "sig"};
  conversation.turns.push_back({TurnRole::kAssistant, {thought}});
  EXPECT_EQ(Write(conversation).body, Body());
  EXPECT_EQ(Write(conversation).dropped, "thinking ");
}

TEST(ConversationWriterTest, WritesTools) {
  Conversation conversation = Asking();
  conversation.tools = {{"f", "d", R"({"type":"object"})", true, "{}"}, {"g", "", "", {}, ""}};
  conversation.tool_choice = ToolChoice{ToolChoice::Mode::kNamed, "g"};
  conversation.parallel_tool_calls = false;
  Written written = Write(conversation);
  EXPECT_EQ(written.body,
            Body(R"(,"tools":[{"type":"function","name":"f","description":"d","parameters":)"
                 R"({"type":"object"},"strict":true},{"type":"function","name":"g","parameters":)"
                 R"({"type":"object","properties":{}},"strict":false}],"tool_choice":)"
                 R"({"type":"function","name":"g"},"parallel_tool_calls":false)"));
  EXPECT_EQ(written.dropped, "cache_control ");
  // A client of Responses that says nothing means strict, as the backend does.
  conversation.protocol = ChatProtocol::kResponses;
  EXPECT_NE(Write(conversation).body.find(R"("properties":{}}}],"tool_choice")"),
            std::string::npos);
  const std::pair<ToolChoice::Mode, std::string_view> kModes[] = {
      {ToolChoice::Mode::kAuto, R"("tool_choice":"auto")"},
      {ToolChoice::Mode::kRequired, R"("tool_choice":"required")"},
      {ToolChoice::Mode::kNone, R"("tool_choice":"none")"}};
  for (const auto& [mode, text] : kModes) {
    conversation.tool_choice->mode = mode;
    EXPECT_NE(Write(conversation).body.find(text), std::string::npos) << text;
  }
}

TEST(ConversationWriterTest, WritesLimits) {
  Conversation conversation = Asking();
  conversation.max_tokens = 1;
  conversation.temperature = "0.70";
  conversation.top_p = "1e-1";
  EXPECT_EQ(Write(conversation).body,
            Body(R"(,"max_output_tokens":1,"temperature":0.70,"top_p":1e-1)"));
  EXPECT_EQ(Write(conversation, true, false).body, Body(R"(,"max_output_tokens":16)"));
  EXPECT_EQ(Write(conversation, true, false).dropped, "temperature top_p ");
}

TEST(ConversationWriterTest, WritesFormats) {
  Conversation conversation = Asking();
  conversation.verbosity = "low";
  EXPECT_EQ(Write(conversation).body, Body(R"(,"text":{"verbosity":"low"})"));
  conversation.format.kind = AnswerFormat::Kind::kJsonObject;
  EXPECT_EQ(Write(conversation).body,
            Body(R"(,"text":{"format":{"type":"json_object"},"verbosity":"low"})"));
  conversation.verbosity.clear();
  conversation.format = {AnswerFormat::Kind::kJsonSchema, "", "d", R"({"a":1})", false};
  EXPECT_EQ(Write(conversation).body,
            Body(R"(,"text":{"format":{"type":"json_schema","name":"answer","description":"d",)"
                 R"("schema":{"a":1},"strict":false}})"));
}

struct ThinkingCase {
  ThinkingRequest thinking;
  std::string_view written;
  std::string_view dropped;
};

constexpr std::string_view kAsked = R"(,"include":["reasoning.encrypted_content"],"reasoning":)";

TEST(ConversationWriterTest, AsksForThoughts) {
  using Mode = ThinkingRequest::Mode;
  const ThinkingCase kCases[] = {
      {{Mode::kUnsaid, 0, "high", ""}, R"({"effort":"high"})", ""},
      {{Mode::kUnsaid, 0, "", "detailed"}, R"({"summary":"detailed"})", ""},
      {{Mode::kAdaptive, 0, "max", ""}, R"({"effort":"max","summary":"auto"})", ""},
      {{Mode::kAdaptive, 0, "", "summarized"}, R"({"summary":"auto"})", ""},
      {{Mode::kAdaptive, 0, "low", "omitted"}, R"({"effort":"low"})", ""},
      {{Mode::kBudget, 1024, "", "omitted"}, R"({"effort":"low"})", "thinking "},
      {{Mode::kBudget, 8192, "", "omitted"}, R"({"effort":"medium"})", "thinking "},
      {{Mode::kBudget, 32000, "", ""}, R"({"effort":"high","summary":"auto"})", "thinking "},
  };
  for (const ThinkingCase& one : kCases) {
    Conversation conversation = Asking();
    conversation.thinking = one.thinking;
    const Written written = Write(conversation);
    EXPECT_EQ(written.body, Body(std::string(kAsked) + std::string(one.written)));
    EXPECT_EQ(written.dropped, one.dropped);
  }
  Conversation off = Asking();
  off.thinking.mode = Mode::kOff;
  EXPECT_EQ(Write(off).body, Body(R"(,"reasoning":{"effort":"none"})"));
  off.thinking = {Mode::kUnsaid, 0, "high", ""};
  EXPECT_EQ(Write(off, true, true, false).body, Body());
  EXPECT_EQ(Write(off, true, true, false).dropped, "output_config.effort ");
}

TEST(ConversationWriterTest, WritesNames) {
  Conversation conversation = Asking();
  conversation.service_tier = "flex";
  conversation.cache_key = "k";
  conversation.user = "u";
  conversation.metadata = {{"a", "1"}, {"b", "\""}};
  EXPECT_EQ(Write(conversation).body,
            Body(R"(,"service_tier":"flex","prompt_cache_key":"k","user":"u",)"
                 R"("metadata":{"a":"1","b":"\""})"));
  EXPECT_NE(Write(conversation, true).body.find(R"("safety_identifier":"u")"), std::string::npos);
  conversation.user = std::string(65, 'u');
  EXPECT_NE(
      Write(conversation, true)
          .body.find(
              R"("safety_identifier":"f20e249d15fa4b9f44ba21d154f62e1efa76ddfdce5d25139a33a4787cee5a8b")"),
      std::string::npos)
      << Write(conversation, true).body;
  EXPECT_EQ(Write(conversation, true).dropped, "");
}

TEST(ConversationWriterTest, NamesWhatTheProtocolCannotSay) {
  Conversation conversation = Asking();
  conversation.top_k = conversation.seed = "1";
  conversation.presence_penalty = conversation.frequency_penalty = "0.5";
  conversation.stop = {"x"};
  conversation.cache_control = "{}";
  EXPECT_EQ(Write(conversation).body, Body());
  EXPECT_EQ(Write(conversation).dropped,
            "cache_control frequency_penalty presence_penalty seed stop_sequences top_k ");
}

TEST(ConversationWriterTest, ComesBackAsItWas) {
  constexpr std::string_view kBody =
      R"({"model":"gpt","instructions":"rules","input":[{"role":"user","content":[)"
      R"({"type":"input_text","text":"a\u00e9"},{"type":"input_file","filename":"a.pdf","file_data":)"
      R"("data:application/pdf;base64,QQ=="},{"type":"input_image","image_url":"https://x","detail":"low"}]},)"
      R"({"type":"reasoning","summary":[{"type":"summary_text","text":"t"}],"encrypted_content":"e"},)"
      R"({"type":"function_call","call_id":"c1","name":"h","namespace":"n","arguments":"{\"x\":1}"},)"
      R"({"type":"function_call","call_id":"c2","name":"f","arguments":"{}"},)"
      R"({"type":"function_call_output","call_id":"c1","output":"r"},)"
      R"({"type":"function_call_output","call_id":"c2","output":""}],)"
      R"("stream":true,"max_output_tokens":50,"temperature":1,"parallel_tool_calls":true,)"
      R"("tools":[{"type":"function","name":"f","parameters":{},"strict":true}],)"
      R"("tool_choice":{"type":"function","name":"f"},"text":{"format":{"type":"json_schema",)"
      R"("name":"n","schema":{}}},"reasoning":{"effort":"low","summary":"auto"},)"
      R"("prompt_cache_key":"k","user":"u","metadata":{"a":"b"}})";
  Conversation first;
  Conversation second;
  DroppedFields dropped;
  ASSERT_FALSE(ReadConversation(kBody, first, dropped));
  const std::string once = Write(first).body;
  ASSERT_FALSE(ReadConversation(once, second, dropped)) << once;
  EXPECT_EQ(TurnsText(second), TurnsText(first));
  EXPECT_EQ(ToolsText(second), ToolsText(first));
  EXPECT_EQ(Write(second).body, once);
  EXPECT_TRUE(dropped.empty());
}

TEST(ResponsesConversationWriterTest, KeepsToASchemaAsAnthropicDoes) {
  Conversation conversation;
  conversation.format.kind = AnswerFormat::Kind::kJsonSchema;
  conversation.format.schema = "{}";
  for (const bool messages : {true, false}) {
    conversation.protocol = messages ? ChatProtocol::kMessages : ChatProtocol::kChatCompletions;
    DroppedFields dropped;
    std::string out;
    EXPECT_FALSE(WriteConversation(conversation, {.model = "m"}, dropped, out));
    EXPECT_EQ(out.find(R"("schema":{},"strict":true)") != std::string::npos, messages) << out;
  }
}

}  // namespace
}  // namespace headgate::backends::openai_responses

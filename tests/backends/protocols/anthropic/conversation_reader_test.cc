#include "backends/protocols/anthropic/conversation_reader.h"

#include <gtest/gtest.h>

#include <string>

namespace headgate::backends::anthropic {
namespace {

using Kind = ContentPart::Kind;

struct ReadRequest {
  Conversation said;
  DroppedFields dropped;
  std::optional<BodyProblem> problem;
};

ReadRequest ReadBody(std::string_view body) {
  ReadRequest read;
  read.problem = ReadConversation(body, read.said, read.dropped);
  return read;
}

// A body with these members beside a message.
std::string With(std::string_view members) {
  return R"({"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hi"}])" +
         std::string(members) + "}";
}

std::string WithContent(std::string_view role, std::string_view content) {
  return R"({"model":"m","max_tokens":9,"messages":[{"role":")" + std::string(role) +
         R"(","content":)" + std::string(content) + "}]}";
}

TEST(ConversationReader, ReadsEveryMember) {
  const ReadRequest read = ReadBody(With(
      R"(,"system":"Be brief.","stream":true,"stop_sequences":["END","\n"],"temperature":0.70,
          "top_p":1e-1,"top_k":40,"metadata":{"user_id":"u1"},"service_tier":"standard_only",
          "cache_control":{"type":"ephemeral","ttl":"1h"},
          "tools":[{"name":"f","description":"d","input_schema":{"type":"object"},"strict":true,
                    "cache_control":{"type":"ephemeral"}},{"type":"custom","name":"g"}],
          "tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true},
          "thinking":{"type":"enabled","budget_tokens":2048,"display":"omitted"},
          "output_config":{"effort":"xhigh","format":{"type":"json_schema","schema":{"a":[1]}}})"));
  ASSERT_FALSE(read.problem) << read.problem->message;
  const Conversation& said = read.said;
  EXPECT_EQ(said.protocol, ChatProtocol::kMessages);
  EXPECT_EQ(said.model, "m");
  EXPECT_EQ(said.max_tokens, 9);
  EXPECT_TRUE(said.stream);
  ASSERT_EQ(said.system.size(), 1u);
  EXPECT_EQ(said.system[0].text, "Be brief.");
  EXPECT_EQ(said.stop, (std::vector<std::string>{"END", "\n"}));
  EXPECT_EQ(said.temperature, "0.70");
  EXPECT_EQ(said.top_p, "1e-1");
  EXPECT_EQ(said.top_k, "40");
  EXPECT_EQ(said.user, "u1");
  EXPECT_EQ(said.service_tier, "default");
  EXPECT_EQ(said.cache_control, R"({"type":"ephemeral","ttl":"1h"})");
  ASSERT_EQ(said.tools.size(), 2u);
  EXPECT_EQ(said.tools[0].description, "d");
  EXPECT_EQ(said.tools[0].schema, R"({"type":"object"})");
  EXPECT_EQ(said.tools[0].strict, true);
  EXPECT_EQ(said.tools[0].cache_control, R"({"type":"ephemeral"})");
  EXPECT_EQ(said.tools[1].name, "g");
  EXPECT_EQ(said.tool_choice->mode, ToolChoice::Mode::kNamed);
  EXPECT_EQ(said.tool_choice->name, "f");
  EXPECT_EQ(said.parallel_tool_calls, false);
  EXPECT_EQ(said.thinking.mode, ThinkingRequest::Mode::kBudget);
  EXPECT_EQ(said.thinking.budget_tokens, 2048);
  EXPECT_EQ(said.thinking.display, "omitted");
  EXPECT_EQ(said.thinking.effort, "xhigh");
  EXPECT_EQ(said.format.kind, AnswerFormat::Kind::kJsonSchema);
  EXPECT_EQ(said.format.schema, R"({"a":[1]})");
  EXPECT_TRUE(read.dropped.empty());
}

TEST(ConversationReader, ReadsTheBlocksOfAUser) {
  const ReadRequest read = ReadBody(WithContent("user", R"([
      {"type":"tool_result","tool_use_id":"t1","is_error":true,"cache_control":{"type":"ephemeral"},
       "content":[{"type":"text","text":"42"},
                  {"source":{"data":"QUJD","media_type":"image/png","type":"base64"},"type":"image"}]},
      {"type":"tool_result","tool_use_id":"t2","content":"ok"},
      {"type":"tool_result","tool_use_id":"t3"},
      {"type":"text","text":"caf\u00e9 \ud83d\ude00 \ud800","cache_control":{"type":"ephemeral"}},
      {"type":"image","source":{"type":"url","url":"https://x/y.png"}},
      {"type":"document","title":"T","source":{"type":"base64","media_type":"application/pdf","data":"UERG"}},
      {"type":"document","source":{"type":"text","media_type":"text/plain","data":"plain"}},
      {"type":"document","source":{"type":"content","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}},
      {"type":"search_result","source":"https://s","title":"S","content":[{"type":"text","text":"found"}]}])"));
  ASSERT_FALSE(read.problem) << read.problem->message;
  const std::vector<ContentPart>& parts = read.said.turns.at(0).parts;
  ASSERT_EQ(parts.size(), 9u);
  EXPECT_EQ(parts[0].kind, Kind::kToolResult);
  EXPECT_EQ(parts[0].id, "t1");
  EXPECT_TRUE(parts[0].is_error);
  EXPECT_EQ(parts[0].cache_control, R"({"type":"ephemeral"})");
  ASSERT_EQ(parts[0].result.size(), 2u);
  EXPECT_EQ(parts[0].result[0].text, "42");
  EXPECT_EQ(parts[0].result[1].media_type, "image/png");
  EXPECT_EQ(parts[0].result[1].data, "QUJD");
  EXPECT_EQ(parts[1].result.at(0).text, "ok");
  EXPECT_TRUE(parts[2].result.empty());
  EXPECT_EQ(parts[3].text, "café 😀 \xEF\xBF\xBD");
  EXPECT_EQ(parts[3].cache_control, R"({"type":"ephemeral"})");
  EXPECT_EQ(parts[4].url, "https://x/y.png");
  EXPECT_EQ(parts[5].kind, Kind::kDocument);
  EXPECT_EQ(parts[5].name, "T");
  EXPECT_EQ(parts[5].media_type, "application/pdf");
  EXPECT_EQ(parts[6].text, "plain");
  EXPECT_EQ(parts[7].text, "a\nb");
  EXPECT_EQ(parts[8].kind, Kind::kDocument);
  EXPECT_EQ(parts[8].text, "found");
  EXPECT_EQ(read.dropped, DroppedFields{"content.source"});
}

TEST(ConversationReader, ReadsTheBlocksOfAnAssistant) {
  const ReadRequest read = ReadBody(WithContent("assistant", R"([
      {"type":"thinking","thinking":"hm","signature":"sig=="},
      {"type":"thinking","thinking":"hm","signature":"hg1.chat.abc"},
      {"type":"redacted_thinking","data":"hg1.responses.enc"},
      {"type":"text","text":"So"},
      {"type":"tool_use","id":"t1","name":"f","input":{"x": [1, {"y":null}]}},
      {"type":"tool_use","id":"t2","name":"g"}])"));
  ASSERT_FALSE(read.problem) << read.problem->message;
  const std::vector<ContentPart>& parts = read.said.turns.at(0).parts;
  ASSERT_EQ(parts.size(), 6u);
  EXPECT_EQ(parts[0].signature.protocol, ChatProtocol::kMessages);
  EXPECT_EQ(parts[0].signature.text, "sig==");
  EXPECT_EQ(parts[1].signature.protocol, ChatProtocol::kChatCompletions);
  EXPECT_EQ(parts[1].signature.text, "abc");
  EXPECT_EQ(parts[2].kind, Kind::kHiddenThinking);
  EXPECT_EQ(parts[2].signature.protocol, ChatProtocol::kResponses);
  EXPECT_EQ(parts[2].signature.text, "enc");
  EXPECT_EQ(parts[4].arguments, R"({"x": [1, {"y":null}]})");
  EXPECT_EQ(parts[5].arguments, "{}");
}

TEST(ConversationReader, KeepsTurnsAsTheyWereWritten) {
  const ReadRequest read = ReadBody(
      R"({"messages":[{"role":"user","content":"a"},{"content":"b","role":"user"},
          {"role":"system","content":[{"type":"text","text":"note"}]},{"role":"assistant","content":""}]})");
  ASSERT_FALSE(read.problem) << read.problem->message;
  ASSERT_EQ(read.said.turns.size(), 4u);
  EXPECT_EQ(read.said.turns[1].parts.at(0).text, "b");
  EXPECT_EQ(read.said.turns[2].role, TurnRole::kSystem);
  EXPECT_EQ(read.said.turns[3].role, TurnRole::kAssistant);
}

TEST(ConversationReader, NullIsAbsent) {
  const ReadRequest read = ReadBody(
      R"({"model":null,"max_tokens":null,"system":null,"tools":null,"thinking":null,"metadata":{"user_id":null},
          "output_config":{"effort":null,"format":null},"tool_choice":null,"mcp_servers":null,"context_management":null,
          "messages":[{"role":"user","content":[{"type":"text","text":"a","citations":null,"cache_control":null}]}]})");
  ASSERT_FALSE(read.problem) << read.problem->message;
  EXPECT_FALSE(read.said.max_tokens);
  EXPECT_TRUE(read.dropped.empty());
}

TEST(ConversationReader, NamesWhatItLeavesOut) {
  const ReadRequest read = ReadBody(With(
      R"(,"context_management":{},"container":"c","speed":"fast","mcp_servers":[],
          "a\r\nset-cookie: b":1,"\ud800":2,"metadata":{"other":1},
          "tools":[{"name":"f","defer_loading":true}],"output_config":{"task_budget":{"total":1}})"));
  ASSERT_FALSE(read.problem) << read.problem->message;
  EXPECT_EQ(read.dropped,
            (DroppedFields{"context_management", "container", "speed", "unknown", "metadata.other",
                           "tools.defer_loading", "output_config.task_budget"}));
}

TEST(ConversationReader, ThinkingModes) {
  using Mode = ThinkingRequest::Mode;
  const auto mode = [](std::string_view thinking) {
    const ReadRequest read = ReadBody(With(",\"thinking\":" + std::string(thinking)));
    EXPECT_FALSE(read.problem);
    return read.said.thinking.mode;
  };
  EXPECT_EQ(mode(R"({"type":"adaptive"})"), Mode::kAdaptive);
  EXPECT_EQ(mode(R"({"type":"between_tools"})"), Mode::kAdaptive);
  EXPECT_EQ(mode(R"({"type":"disabled"})"), Mode::kOff);
  EXPECT_EQ(mode("null"), Mode::kUnsaid);
}

struct WrongBody {
  std::string body;
  std::string_view param;
  std::string_view message;
};

void ExpectProblem(const WrongBody& wrong) {
  const ReadRequest read = ReadBody(wrong.body);
  ASSERT_TRUE(read.problem) << wrong.body;
  EXPECT_EQ(read.problem->param, wrong.param) << wrong.body;
  EXPECT_EQ(read.problem->message, wrong.message) << wrong.body;
}

constexpr std::string_view kNeeds =
    " needs a backend that speaks Anthropic's Messages; this request would be translated.";

TEST(ConversationReader, RefusesWrongTypes) {
  const WrongBody bodies[] = {
      {"[]", "", "The body must be a JSON object."},
      {"{}", "messages",
       R"(messages is missing; send one, such as [{"role":"user","content":"Hello"}].)"},
      {R"({"messages":[]})", "messages", "messages is empty; send at least 1 message."},
      {R"({"messages":{}})", "messages", "messages must be an array of messages, not an object."},
      {R"({"messages":[7]})", "messages[0]", "messages[0] must be an object, not 7."},
      {R"({"messages":[{}]})", "messages[0]", "messages[0] is empty; send its members."},
      {WithContent("tool", "1"), "messages[0]",
       "messages[0].role must be user, assistant or system."},
      {WithContent("user", "1"), "messages[0].content",
       "messages[0].content must be a string or an array of content blocks, not 1."},
      {WithContent("user", R"([{"type":"text","text":[]}])"), "messages[0].content[0].text",
       "messages[0].content[0].text must be a string, not an array."},
      {WithContent("user", R"([{"text":"a"}])"), "messages[0].content[0].type",
       "messages[0].content[0].type is missing; send one, such as text."},
      {WithContent("user", R"([{"type":"tool_use","id":"a","name":"b"}])"),
       "messages[0].content[0]",
       "messages[0].content[0] must not be of type tool_use: content of a user has no such block."},
      {WithContent("assistant", R"([{"type":"tool_use","id":"a","name":"b","input":"{}"}])"),
       "messages[0].content[0].input",
       "messages[0].content[0].input must be an object, not a string."},
      {WithContent("user", R"([{"type":"image","source":{"type":"base64","data":"QQ=="}}])"),
       "messages[0].content[0].source.media_type",
       "messages[0].content[0].source.media_type is missing; send one, such as image/png."},
      {With(R"(,"max_tokens":1.5)"), "max_tokens", "max_tokens is given twice; give it once."},
      {With(R"(,"inference_geo":"eu")"), "inference_geo",
       "inference_geo for a place of processing needs a backend that speaks Anthropic's Messages; "
       "this request would be translated."},
      {With(R"(,"temperature":"hot")"), "temperature",
       "temperature must be a number, not a string."},
      {With(R"(,"temperature":NaN)"), "temperature", "temperature must be a number, not NaN."},
      {With(R"(,"stream":"yes")"), "stream", "stream must be true or false, not a string."},
      {With(R"(,"tools":[{"type":"custom"}])"), "tools[0].name",
       "tools[0].name is missing; send one, such as get_weather."},
      {With(R"(,"tool_choice":{"type":"some"})"), "tool_choice",
       "tool_choice.type must be auto, any, tool or none."},
      {With(R"(,"thinking":{"type":"enabled"})"), "thinking.budget_tokens",
       "thinking.budget_tokens is missing; send one, such as 1024."},
      {With(R"(,"thinking":{"type":"enabled","budget_tokens":99999999999999999999})"),
       "thinking.budget_tokens",
       "thinking.budget_tokens must be a whole number from 0 to 1000000000000, not "
       "99999999999999999999."},
      {With(R"(,"service_tier":"flex")"), "service_tier",
       "service_tier must be auto or standard_only."},
  };
  for (const WrongBody& wrong : bodies) ExpectProblem(wrong);
}

TEST(ConversationReader, RefusesWhatOnlyTheProviderHas) {
  const auto needs = [](std::string_view what) { return std::string(what) + std::string(kNeeds); };
  const std::string server = needs("messages[0].content[0] of type server_tool_use");
  const std::string file = needs("messages[0].content[0].source of type file");
  const std::string tool = needs("tools[0] of type web_search_20250305");
  const std::string mcp = needs("mcp_servers[0] of the provider");
  const std::string warm = needs("max_tokens of 0, which only fills the prompt cache,");
  const WrongBody bodies[] = {
      {WithContent("assistant", R"([{"type":"server_tool_use","id":"a"}])"),
       "messages[0].content[0]", server},
      {WithContent("user", R"([{"type":"image","source":{"type":"file","file_id":"f"}}])"),
       "messages[0].content[0].source", file},
      {With(R"(,"tools":[{"type":"web_search_20250305","name":"web_search"}])"), "tools[0]", tool},
      {With(R"(,"mcp_servers":[{"url":"https://x"}])"), "mcp_servers[0]", mcp},
      {R"({"max_tokens":0,"messages":[{"role":"user","content":"a"}]})", "max_tokens", warm},
  };
  for (const WrongBody& wrong : bodies) ExpectProblem(wrong);
}

TEST(ConversationReader, RefusesRepeatedMembersAtEveryLevel) {
  const std::string bodies[] = {
      With(R"(,"model":"n")"),
      With(R"(,"m\u006fdel":"n")"),
      With(R"(,"x":1,"x":2)"),
      With(R"(,"system":"a","system":null)"),
      WithContent("user", R"([{"type":"text","type":"text","text":"a"}])"),
      WithContent("user", R"([{"type":"text","text":"a","text":"b"}])"),
      WithContent("user", R"([{"type":"image","source":{"type":"url","url":"a","url":"b"}}])"),
      With(R"(,"tools":[{"name":"a","name":"b"}])"),
  };
  for (const std::string& body : bodies) {
    const ReadRequest read = ReadBody(body);
    ASSERT_TRUE(read.problem) << body;
    EXPECT_TRUE(read.problem->message.ends_with(" is given twice; give it once."))
        << read.problem->message;
  }
}

TEST(ConversationReader, SurvivesHostileBodies) {
  const std::string deep = std::string(900, '[') + std::string(900, ']');
  EXPECT_FALSE(ReadBody(With(",\"x\":" + deep)).problem);
  const auto schema_of = [](const std::string& value) {
    return With(R"(,"tools":[{"name":"f","input_schema":{"a":)" + value + "}}]");
  };
  EXPECT_FALSE(ReadBody(schema_of(deep)).problem);
  EXPECT_TRUE(ReadBody(schema_of(std::string(1100, '[') + std::string(1100, ']'))).problem);
  EXPECT_TRUE(ReadBody(With(R"(,"tools":[{"name":"f","input_schema":{"a":NaN}}])")).problem);
  std::string many;
  for (int i = 0; i < 100; ++i) many += ",\"k" + std::to_string(i) + "\":1";
  EXPECT_TRUE(ReadBody(With(many)).problem);
  // A long key is unescaped once only: simdjson's buffer has room for no more.
  const std::string key(1u << 20, 'k');
  const ReadRequest read =
      ReadBody(WithContent("user", R"([{")" + key + R"(":1,"type":"text","text":"a"}])"));
  EXPECT_FALSE(read.problem);
  EXPECT_EQ(read.dropped, DroppedFields{"content.unknown"});
  EXPECT_EQ(ReadBody(With(R"(,"temperature":1e999)")).said.temperature, "1e999");
}

}  // namespace
}  // namespace headgate::backends::anthropic

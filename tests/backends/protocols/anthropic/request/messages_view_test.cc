#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/backends/protocols/openai/request/body_reader.h"

namespace headgate::backends {
namespace {

using ::testing::ElementsAre;

constexpr ApiEndpoint kMessagesEndpoint = ApiEndpoint::kMessages;

// A sound body with `more` members behind it.
std::string Asked(const std::string& more) {
  return R"({"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hi"}])" +
         (more.empty() ? "" : "," + more) + "}";
}

std::string Turns(const std::string& messages) {
  return R"({"model":"m","messages":[)" + messages + "]}";
}

TEST(MessagesView, ReadsARequestOfClaudeCode) {
  const std::string body = R"({
    "model": "claude\u002dx",
    "messages": [
      {"role": "user", "content": [{"type": "text", "text": "List\n"}]},
      {"role": "assistant", "content": [
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "text", "text": "I will."},
        {"type": "tool_use", "id": "t1", "name": "Bash", "input": {"text": "not this"}}]},
      {"content": [
        {"content": [{"type": "text", "text": "a.txt"}], "tool_use_id": "t1", "type": "tool_result"},
        {"type": "text", "text": "<system-reminder>x</system-reminder>",
         "cache_control": {"type": "ephemeral"}}], "role": "user"}
    ],
    "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}},
               {"type": "text", "text": "And kind."}],
    "tools": [{"name": "Bash", "description": "d", "input_schema": {"name": "x", "type": "object"}},
              {"type": "custom", "name": "Re\u0061d", "input_schema": {}}],
    "metadata": {"user_id": "user_ab_account__session_0f-1"},
    "max_tokens": 128000, "thinking": {"type": "adaptive"}, "context_management": {"edits": []},
    "output_config": {"effort": "high", "format": {"type": "json_schema", "schema": {}}},
    "service_tier": "auto", "stream": true
  })";
  BodyReader reader;
  const auto problem = reader.Read(body, kMessagesEndpoint);
  ASSERT_FALSE(problem) << problem->message;
  const BodyFacts& s = reader.view.facts;
  EXPECT_EQ(s.model, "claude-x");
  EXPECT_TRUE(s.stream);
  EXPECT_TRUE(s.wants_usage);
  EXPECT_FALSE(reader.view.splice.add_usage);
  std::vector<std::pair<TextRole, std::string>> texts;
  for (const BodyText& text : s.texts) texts.emplace_back(text.role, text.text);
  EXPECT_THAT(
      texts,
      ElementsAre(std::pair(TextRole::kSystem, "Be brief."),
                  std::pair(TextRole::kSystem, "And kind."), std::pair(TextRole::kUser, "List\n"),
                  std::pair(TextRole::kAssistant, "I will."), std::pair(TextRole::kTool, "a.txt"),
                  std::pair(TextRole::kUser, "<system-reminder>x</system-reminder>")));
  EXPECT_EQ(s.text_bytes, 9u + 9u + 5u + 7u + 5u + 36u);
  EXPECT_EQ(s.max_tokens, 128000);
  EXPECT_EQ(s.choices, 1);
  EXPECT_TRUE(s.uses_tools);
  EXPECT_TRUE(s.uses_json_schema);
  EXPECT_FALSE(s.uses_images);
  EXPECT_TRUE(s.tool_loop);
  EXPECT_EQ(s.message_count, 5);  // system, user, assistant, result, reminder
  EXPECT_TRUE(s.has_assistant_turn);
  EXPECT_EQ(s.service_tier, "auto");
  EXPECT_EQ(s.reasoning_effort, "high");
  EXPECT_EQ(s.session_id, "0f-1");
  EXPECT_THAT(s.tool_names, ElementsAre("Bash", "Read"));
  EXPECT_EQ(s.native_only, "");
}

TEST(MessagesView, FindsTheSessionOfClaudeCode) {
  struct {
    std::string user_id, session;
  } const cases[] = {
      {"user_1_account_2_session_3", "3"},
      {"session_3", ""},
      {"someone", ""},
      {"", ""},
      {"user_1_account__session_", ""},
      {R"({\"device_id\":\"d\",\"account_uuid\":\"\",\"session_id\":\"4-5\"})", "4-5"},
      {R"({\"session_id\": \"6\"})", "6"},
      {R"({\"session_id\":7})", ""},
      {R"({\"session_id\":\"8)", ""},
      {R"({\"session_id\":)", ""},
  };
  BodyReader reader;
  for (const auto& [user_id, session] : cases) {
    ASSERT_FALSE(
        reader.Read(Asked(R"("metadata":{"user_id":")" + user_id + "\"}"), kMessagesEndpoint));
    EXPECT_EQ(reader.view.facts.session_id, session) << user_id;
    ASSERT_EQ(reader.view.facts.metadata.size(), 1u);
    EXPECT_EQ(reader.view.facts.metadata[0].first, "user_id");
  }
}

TEST(MessagesView, PutsWordsOfAnthropicIntoThoseOfOpenAi) {
  BodyReader reader;
  ASSERT_FALSE(
      reader.Read(Asked(R"("service_tier":"standard_only","thinking":{"type":"disabled"})"),
                  kMessagesEndpoint));
  EXPECT_EQ(reader.view.facts.service_tier, "default");
  EXPECT_EQ(reader.view.facts.reasoning_effort, "none");
  ASSERT_FALSE(
      reader.Read(Asked(R"("output_config":{"effort":"low"},"thinking":{"type":"disabled"})"),
                  kMessagesEndpoint));
  EXPECT_EQ(reader.view.facts.reasoning_effort, "low");
  ASSERT_FALSE(reader.Read(Asked(R"("thinking":{"type":"enabled","budget_tokens":2048})"),
                           kMessagesEndpoint));
  EXPECT_EQ(reader.view.facts.reasoning_effort, "");
}

TEST(MessagesView, CountsImagesAndDocumentsWhereverTheyStand) {
  const std::string data(64, 'A');
  const std::string image = R"({"source":{"data":")" + data +
                            R"(","type":"base64","media_type":"image/png"},"type":"image"})";
  const std::string by_url = R"({"type":"image","source":{"type":"url","url":"https://x/y.png"}})";
  const std::string pdf =
      R"({"type":"document","source":{"media_type":"application/pdf","data":")" + data +
      R"(","type":"base64"},"title":"t"})";
  const std::string text =
      R"({"type":"document","source":{"data":"ab\n","type":"text","media_type":"text/plain"}})";
  const std::string nested = R"({"type":"document","source":{"type":"content","content":[)" +
                             image + R"(,{"type":"text","text":"cd"}]}})";
  const std::string result =
      R"({"type":"tool_result","tool_use_id":"t","content":[)" + image + "," + nested + "]}";
  const std::string unknown =
      R"({"type":"hologram","source":{"type":"base64","media_type":"image/x","data":"A"}})";
  struct {
    std::string block;
    std::int64_t tokens;
    std::size_t text_bytes;
    bool images;
  } const cases[] = {
      {image, 1500, 0, true},   {by_url, 1500, 0, true}, {pdf, 3, 0, false},
      {text, 0, 3, false},      {nested, 1500, 2, true}, {result, 3000, 2, true},
      {unknown, 1500, 0, true},
  };
  BodyReader reader;
  for (const auto& c : cases) {
    const auto problem =
        reader.Read(Turns(R"({"role":"user","content":[)" + c.block + "]}"), kMessagesEndpoint);
    ASSERT_FALSE(problem) << c.block << problem->message;
    EXPECT_EQ(reader.view.facts.other_input_tokens, c.tokens) << c.block;
    EXPECT_EQ(reader.view.facts.text_bytes, c.text_bytes) << c.block;
    EXPECT_EQ(reader.view.facts.uses_images, c.images) << c.block;
  }
  ASSERT_FALSE(
      reader.Read(Turns(R"({"role":"user","content":[)" + result + "]}"), kMessagesEndpoint));
  EXPECT_EQ(reader.view.facts.texts[0].role, TextRole::kTool);
}

TEST(MessagesView, TheLastBlockDecidesAboutTheToolLoop) {
  const std::string result = R"({"type":"tool_result","tool_use_id":"t","content":"x"})";
  const std::string words = R"({"type":"text","text":"Stop!"})";
  const std::string reminder = R"({"type":"text","text":"<system-reminder>"})";
  struct {
    std::string content;
    bool loop;
    int messages;
  } const cases[] = {
      {"[" + result + "]", true, 1},
      {"[" + result + "," + result + "]", true, 2},
      {"[" + result + "," + words + "]", false, 2},
      {"[" + result + "," + reminder + "," + reminder + "]", true, 2},
      {"[" + result + "," + words + "," + reminder + "]", false, 2},
      {"[" + reminder + "]", false, 1},
      {"[]", false, 1},
      {"null", false, 1},
      {"\"x\"", false, 1},
  };
  BodyReader reader;
  for (const auto& c : cases) {
    ASSERT_FALSE(
        reader.Read(Turns(R"({"role":"user","content":)" + c.content + "}"), kMessagesEndpoint));
    EXPECT_EQ(reader.view.facts.tool_loop, c.loop) << c.content;
    EXPECT_EQ(reader.view.facts.message_count, c.messages) << c.content;
  }
}

TEST(MessagesView, NullStandsForAbsentAtEveryLevel) {
  BodyReader reader;
  const auto problem = reader.Read(
      R"({"model":"m","max_tokens":null,"stream":null,"system":null,"tools":null,"metadata":null,
          "service_tier":null,"output_config":null,"output_format":null,"thinking":null,
          "container":null,"mcp_servers":null,"messages":[{"role":"user","content":[{"type":"text",
          "text":"a","source":null,"content":null,"tool_use_id":null,"file_id":null},
          {"type":"document","source":{"type":"url","data":null,"media_type":null,"content":null}}]},
          {"role":"assistant","content":null}]})",
      kMessagesEndpoint);
  ASSERT_FALSE(problem) << problem->message;
  EXPECT_EQ(reader.view.facts.native_only, "");
  EXPECT_EQ(reader.view.facts.message_count, 2);
  const auto tools = reader.Read(
      Asked(R"("tools":[{"type":null,"name":"f"},{"name":null}],"thinking":{"type":null},
               "output_config":{"effort":null,"format":null},"metadata":{"user_id":null})"),
      kMessagesEndpoint);
  ASSERT_FALSE(tools) << tools->message;
  EXPECT_THAT(reader.view.facts.tool_names, ElementsAre("f"));
}

TEST(MessagesView, ACountOfTokensHasNeitherStreamNorLimit) {
  BodyReader reader;
  const auto problem = reader.Read(Asked(R"("stream":7,"system":"s","tools":[{"name":"f"}])"),
                                   ApiEndpoint::kCountTokens);
  ASSERT_FALSE(problem) << problem->message;
  EXPECT_FALSE(reader.view.facts.stream);
  EXPECT_FALSE(reader.view.facts.max_tokens);
  EXPECT_TRUE(reader.view.facts.uses_tools);
  EXPECT_EQ(reader.view.facts.text_bytes, 3u);
}

TEST(MessagesView, OnlyTheModelIsRewritten) {
  BodyReader reader;
  const std::string body = Asked(
      R"("stream":true,"stream_options":{"include_usage":false},"x":{"model":"m"},"é":1e400)");
  for (const StreamUsage usage :
       {StreamUsage::kNone, StreamUsage::kAtEnd, StreamUsage::kContinuous}) {
    ASSERT_FALSE(reader.Read(body, kMessagesEndpoint));
    std::string expected = body;
    expected.replace(expected.find("\"m\""), 3, "\"up\"");
    EXPECT_EQ(reader.Spliced("up", usage), expected);
  }
}

TEST(MessagesView, LetsThroughWhatItDoesNotRead) {
  const std::vector<std::string> bodies = {
      Turns(R"({"role":"user","content":[{}]})"),
      Turns(R"({"role":"user","content":"a","name":1,"name":2})"),
      Turns(R"({"role":"user","content":[{"type":"web_search_tool_result","content":{"x":[7]}}]})"),
      Turns(R"({"role":"user","content":[{"type":"search_result","source":"https://x","title":"t",
               "content":[{"type":"text","text":"a","citations":7}]}]})"),
      Turns(R"({"role":"assistant","content":[{"type":"tool_use","input":7,"name":7,"id":7}]})"),
      Turns(R"({"role":"system","content":"a"})"),
      // Deeper than any list of blocks that has a meaning.
      Turns(R"({"role":"user","content":[{"content":[{"content":[{"content":[7]}]}]}]})"),
  };
  BodyReader reader;
  for (const std::string& body : bodies) {
    const auto problem = reader.Read(body, kMessagesEndpoint);
    EXPECT_FALSE(problem) << body << " -> " << problem->message;
  }
}

}  // namespace
}  // namespace headgate::backends

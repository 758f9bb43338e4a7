#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/backends/protocols/openai/request/body_reader.h"

namespace headgate::backends {
namespace {

using ::testing::ElementsAre;

constexpr ApiEndpoint kResponses = ApiEndpoint::kResponses;

std::string WithInput(const std::string& input, const std::string& more = "") {
  return R"({"model":"m","input":)" + input + more + "}";
}

TEST(ResponsesView, ReadsARequestOfCodex) {
  const std::string body = R"({
    "model": "gpt\u002d5", "stream": true, "store": false, "include": ["reasoning.encrypted_content"],
    "input": [
      {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "Rules"}]},
      {"content": "List", "role": "user"},
      {"type": "reasoning", "id": "r", "summary": [], "content": [{"text": "not this"}],
       "encrypted_content": "x"},
      {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "I will."}]},
      {"type": "function_call", "call_id": "c1", "name": "shell", "arguments": "{}"},
      {"type": "function_call", "call_id": "c2", "name": "shell", "arguments": "{}"},
      {"output": "a.txt", "call_id": "c1", "type": "function_call_output"},
      {"type": "function_call_output", "call_id": "c2", "output": [{"type": "input_text", "text": "b"}]}
    ],
    "instructions": "Be brief.",
    "tools": [{"type": "function", "name": "shell", "parameters": {"name": "x"}},
              {"type": "namespace", "name": "mcp", "tools": [{"type": "function", "name": "y"}]}, {"type": "web_search"}],
    "tool_choice": "auto", "parallel_tool_calls": false,
    "reasoning": {"effort": "high", "summary": "auto"}, "text": {"format": {"type": "json_schema"}},
    "prompt_cache_key": "0f-1", "service_tier": "flex", "max_output_tokens": 20,
    "metadata": {"class": "batch"}, "client_metadata": {"a": "b"}
  })";
  BodyReader reader;
  const auto problem = reader.Read(body, kResponses);
  ASSERT_FALSE(problem) << problem->message;
  const BodyFacts& s = reader.view.facts;
  EXPECT_EQ(s.model, "gpt-5");
  EXPECT_TRUE(s.stream);
  EXPECT_TRUE(s.wants_usage);
  EXPECT_FALSE(reader.view.splice.add_usage);
  std::vector<std::pair<TextRole, std::string>> texts;
  for (const BodyText& text : s.texts) texts.emplace_back(text.role, text.text);
  EXPECT_THAT(
      texts,
      ElementsAre(std::pair(TextRole::kSystem, "Be brief."), std::pair(TextRole::kSystem, "Rules"),
                  std::pair(TextRole::kUser, "List"), std::pair(TextRole::kAssistant, "I will."),
                  std::pair(TextRole::kTool, "a.txt"), std::pair(TextRole::kTool, "b")));
  EXPECT_EQ(s.text_bytes, 9u + 5u + 4u + 7u + 5u + 1u);
  EXPECT_EQ(s.max_tokens, 20);
  EXPECT_TRUE(s.uses_tools);
  EXPECT_TRUE(s.uses_json_schema);
  EXPECT_TRUE(s.tool_loop);
  EXPECT_EQ(s.message_count, 6);  // two of the system, user, assistant with its calls, two results
  EXPECT_TRUE(s.has_assistant_turn);
  EXPECT_EQ(s.service_tier, "flex");
  EXPECT_EQ(s.reasoning_effort, "high");
  EXPECT_EQ(s.session_id, "0f-1");
  EXPECT_EQ(s.metadata_class, "batch");
  EXPECT_THAT(s.tool_names, ElementsAre("shell", "mcp", "y"));
  EXPECT_EQ(s.native_only, "");
  EXPECT_FALSE(s.store);
}

TEST(ResponsesView, AStringIsAUsersMessage) {
  BodyReader reader;
  ASSERT_FALSE(reader.Read(WithInput("\"Hi\""), kResponses));
  ASSERT_EQ(reader.view.facts.texts.size(), 1u);
  EXPECT_EQ(reader.view.facts.texts[0].role, TextRole::kUser);
  EXPECT_EQ(reader.view.facts.message_count, 1);
  EXPECT_FALSE(reader.view.facts.tool_loop);
  EXPECT_FALSE(reader.view.facts.has_assistant_turn);
}

TEST(ResponsesView, KnowsStateAtTheProvider) {
  BodyReader reader;
  ASSERT_FALSE(reader.Read(WithInput("\"Hi\""), kResponses));
  EXPECT_TRUE(reader.view.facts.store);
  ASSERT_FALSE(reader.Read(WithInput("\"Hi\"", R"(,"store":null,"background":false,
      "previous_response_id":"resp_1","conversation":{"id":"conv_1"})"),
                           kResponses));
  EXPECT_TRUE(reader.view.facts.store);
  EXPECT_EQ(reader.view.facts.previous_response_id, "resp_1");
  EXPECT_EQ(reader.view.facts.conversation, "conv_1");
  ASSERT_FALSE(reader.Read(R"({"model":"m","conversation":"conv_2","store":false})", kResponses));
  EXPECT_EQ(reader.view.facts.conversation, "conv_2");
  EXPECT_EQ(reader.view.facts.previous_response_id, "");
  EXPECT_FALSE(reader.view.facts.store);
}

TEST(ResponsesView, CountsImagesFilesAndAudioByTheMemberThatCarriesThem) {
  const std::string audio(1998, 'A');
  const std::string parts =
      R"([{"type":"input_image","image_url":"data:image/png;base64,\/\/8="},
          {"image_url":{"url":"https://x/y.png"}},{"file_id":"f","type":"input_image"},
          {"type":"input_file","file_id":"g","file_data":null},
          {"type":"input_file","file_data":")" +
      std::string(62, 'A') + R"("},
          {"input_audio":{"data":")" +
      audio + R"("}}])";
  BodyReader reader;
  const auto problem =
      reader.Read(WithInput(R"([{"role":"user","content":)" + parts + "}]"), kResponses);
  ASSERT_FALSE(problem) << problem->message;
  EXPECT_TRUE(reader.view.facts.uses_images);
  EXPECT_TRUE(reader.view.facts.uses_audio);
  EXPECT_EQ(reader.view.facts.other_input_tokens, 3 * 1500 + 2 + 20);
  // A screenshot.
  ASSERT_FALSE(reader.Read(
      WithInput(
          R"([{"type":"computer_call_output","output":{"type":"computer_screenshot","image_url":"x"}}])"),
      kResponses));
  EXPECT_EQ(reader.view.facts.other_input_tokens, 1500);
  EXPECT_TRUE(reader.view.facts.tool_loop);
}

TEST(ResponsesView, AnAssistantsWordsAndCallsAreOneMessage) {
  const std::string words = R"({"role":"assistant","content":"a"})";
  const std::string call = R"({"type":"function_call","arguments":"{}"})";
  const std::string result = R"({"type":"function_call_output","output":"x"})";
  const std::string thought = R"({"type":"reasoning","summary":[]})";
  const std::string user = R"({"role":"user","content":"x"})";
  struct {
    std::vector<std::string> items;
    int messages;
    bool loop;
  } const cases[] = {
      {{user}, 1, false},
      {{user, call}, 2, false},
      {{user, thought, call, call, result, result}, 4, true},
      {{user, thought, words, call, result}, 3, true},
      {{user, words, words}, 3, false},
      {{user, call, result, call, result, user}, 6, false},
      {{user, call, thought, call, result}, 3, true},
  };
  BodyReader reader;
  for (const auto& c : cases) {
    std::string input;
    for (const std::string& item : c.items) input += (input.empty() ? "[" : ",") + item;
    ASSERT_FALSE(reader.Read(WithInput(input + "]"), kResponses));
    EXPECT_EQ(reader.view.facts.message_count, c.messages) << input;
    EXPECT_EQ(reader.view.facts.tool_loop, c.loop) << input;
  }
}

TEST(ResponsesView, NullStandsForAbsentAtEveryLevel) {
  BodyReader reader;
  const auto problem = reader.Read(
      R"({"model":"m","instructions":null,"stream":null,"max_output_tokens":null,"tools":null,
          "tool_choice":null,"reasoning":null,"text":null,"service_tier":null,"metadata":null,
          "prompt_cache_key":null,"store":null,"background":null,"previous_response_id":null,
          "conversation":null,"prompt":null,"top_logprobs":null,"input":[
          {"type":null,"role":"user","content":[{"type":null,"text":"a","refusal":null,
            "image_url":null,"file_id":null,"file_data":null,"input_audio":null}],"output":null},
          {"type":"reasoning","role":null,"content":null}]})",
      kResponses);
  ASSERT_FALSE(problem) << problem->message;
  EXPECT_EQ(reader.view.facts.native_only, "");
  EXPECT_EQ(reader.view.facts.message_count, 1);
  const auto options = reader.Read(
      WithInput("\"a\"", R"(,"text":{"format":null},"reasoning":{"effort":null},"top_logprobs":0)"),
      kResponses);
  ASSERT_FALSE(options) << options->message;
  EXPECT_EQ(reader.view.facts.native_only, "");
}

TEST(ResponsesView, OnlyTheModelIsRewritten) {
  BodyReader reader;
  const std::string body = WithInput(
      "\"a\"",
      R"(,"stream":true,"stream_options":{"include_obfuscation":false},"x":{"model":"m"},"y":1e400)");
  for (const StreamUsage usage :
       {StreamUsage::kNone, StreamUsage::kAtEnd, StreamUsage::kContinuous}) {
    ASSERT_FALSE(reader.Read(body, kResponses));
    std::string expected = body;
    expected.replace(expected.find("\"m\""), 3, "\"up\"");
    EXPECT_EQ(reader.Spliced("up", usage), expected);
  }
}

}  // namespace
}  // namespace headgate::backends

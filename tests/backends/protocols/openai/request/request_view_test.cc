#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "backends/protocols/request_reader.h"
#include "tests/backends/protocols/openai/request/body_reader.h"

namespace headgate::backends {
namespace {

using ::testing::ElementsAre;

// A sound chat body with `more` members behind it.
std::string Chat(const std::string& more) {
  return R"({"model":"m","messages":[{"role":"user","content":"Hi"}])" +
         (more.empty() ? "" : "," + more) + "}";
}

std::string Completion(const std::string& more) {
  return R"({"model":"m","prompt":"Hi",)" + more + "}";
}

// A chat body with these messages.
std::string Messages(const std::string& messages) {
  return R"({"model":"m","messages":)" + messages + "}";
}

TEST(RequestView, ReadsAChatRequest) {
  const std::string body = R"({
    "temperature": 0.5,
    "messages": [
      {"role": "system", "content": "Be brief."},
      {"content": "Caf\u00e9 \ud83d\ude00\n", "role": "user"},
      {"role": "assistant", "content": null, "tool_calls": [{"id": "1", "type": "function"}]},
      {"role": "tool", "tool_call_id": "1", "content": [{"type": "text", "text": "42"}]}
    ],
    "tools": [{"type": "function", "function": {"description": "d", "name": "apply_patch",
               "parameters": {"name": "not this", "type": "object"}}},
              {"type": "custom", "custom": {"name": "ba\u0073h"}}, {"type": "web_search"}],
    "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {}}},
    "stream": true, "stream_options": {"include_usage": true},
    "max_tokens": 10, "max_completion_tokens": 20, "n": 3, "service_tier": "flex",
    "reasoning_effort": "low", "metadata": {"class": "batch", "who": "me"}, "model": "gpt\u002d4"
  })";
  BodyReader reader;
  const auto problem = reader.Read(body);
  ASSERT_FALSE(problem) << problem->message;
  const BodyFacts& s = reader.view.facts;
  EXPECT_EQ(s.model, "gpt-4");
  EXPECT_TRUE(s.stream);
  EXPECT_TRUE(reader.view.facts.wants_usage);
  EXPECT_FALSE(reader.view.splice.add_usage);
  EXPECT_EQ(s.body_bytes, body.size());
  ASSERT_EQ(s.texts.size(), 3u);
  EXPECT_EQ(s.texts[0].text, "Be brief.");
  EXPECT_EQ(s.texts[0].role, TextRole::kSystem);
  EXPECT_EQ(s.texts[1].text, "Caf\xC3\xA9 \xF0\x9F\x98\x80\n");
  EXPECT_EQ(s.texts[1].role, TextRole::kUser);
  EXPECT_EQ(s.texts[2].text, "42");
  EXPECT_EQ(s.texts[2].role, TextRole::kTool);
  EXPECT_EQ(s.text_bytes, 9u + 11u + 2u);
  EXPECT_EQ(s.max_tokens, 20);
  EXPECT_EQ(s.choices, 3);
  EXPECT_EQ(reader.view.facts.answered_choices, 3);
  EXPECT_TRUE(s.uses_tools);
  EXPECT_TRUE(s.uses_json_schema);
  EXPECT_FALSE(s.uses_images);
  EXPECT_FALSE(s.uses_audio);
  EXPECT_TRUE(s.tool_loop);
  EXPECT_EQ(s.message_count, 4);
  EXPECT_TRUE(s.has_assistant_turn);
  EXPECT_EQ(s.service_tier, "flex");
  EXPECT_EQ(s.reasoning_effort, "low");
  EXPECT_EQ(s.metadata_class, "batch");
  EXPECT_THAT(s.tool_names, ElementsAre("apply_patch", "bash"));
  EXPECT_EQ(s.other_input_tokens, 0);
}

// Azure's clients: a deployment in the path, and a body that may name a model or not.
TEST(RequestView, AModelInThePathCounts) {
  const std::string messages = R"("messages":[{"role":"user","content":"Hi"}])";
  const std::string usage = R"("stream_options":{"include_usage":true},)";
  struct {
    std::string body, sent;
  } const cases[] = {
      {"{" + messages + "}", R"({"model":"up",)" + messages + "}"},
      {"{ \n" + messages + "}", R"({"model":"up", )"
                                "\n" +
                                    messages + "}"},
      {R"({"model":"other",)" + messages + "}", R"({"model":"up",)" + messages + "}"},
      {R"({"model":"",)" + messages + "}", R"({"model":"up",)" + messages + "}"},
      {"{" + messages + R"(,"model": null })", "{" + messages + R"(,"model": "up" })"},
      {R"({"mod\u0065l":"other",)" + messages + "}", R"({"mod\u0065l":"up",)" + messages + "}"},
      {R"({"stream":true,)" + messages + "}",
       "{" + usage + R"("model":"up","stream":true,)" + messages + "}"},
      {R"({"stream":true,"stream_options":{},)" + messages + "}",
       R"({"model":"up","stream":true,"stream_options":{"include_usage":true},)" + messages + "}"},
  };
  for (const auto& [body, sent] : cases) {
    BodyReader reader;
    const auto problem = reader.Read(body, ApiEndpoint::kChat, "asked");
    ASSERT_FALSE(problem) << body << problem->message;
    EXPECT_EQ(reader.view.facts.model, "asked") << body;
    EXPECT_EQ(reader.Spliced("up"), sent);
    EXPECT_EQ(
        openai::SplicedBody(body, reader.view.splice, {.model = "up", .usage = StreamUsage::kAtEnd})
            .size(),
        sent.size());
  }
  for (const std::string& body :
       {std::string("{}"), "{" + messages + R"(,"model":5})", "{" + messages + R"(,"model":["m"]})",
        R"({"model":"a",)" + messages + R"(,"model":"a"})",
        R"({"model":null,)" + messages + R"(,"mod\u0065l":"a"})"}) {
    BodyReader reader;
    EXPECT_TRUE(reader.Read(body, ApiEndpoint::kChat, "asked")) << body;
  }
}

TEST(RequestView, KnowsMetadataOfAnyKindIsThere) {
  using Entry = std::pair<std::string_view, std::string_view>;
  BodyReader reader;
  ASSERT_FALSE(reader.Read(Chat(R"("metadata":{"a":"x","b":7,"c":null,"d":{"a":"y"},"a":""})")));
  EXPECT_THAT(
      reader.view.facts.metadata,
      ElementsAre(Entry{"a", "x"}, Entry{"b", ""}, Entry{"c", ""}, Entry{"d", ""}, Entry{"a", ""}));
}

TEST(RequestView, KeepsNothingOfTheRequestBefore) {
  BodyReader reader;
  ASSERT_FALSE(
      reader.Read(Chat(R"("stream":true,"n":2,"max_tokens":1,"functions":[{"name":"f"}])")));
  EXPECT_THAT(reader.view.facts.tool_names, ElementsAre("f"));
  ASSERT_FALSE(reader.Read(Chat("")));
  EXPECT_FALSE(reader.view.facts.stream);
  EXPECT_FALSE(reader.view.splice.add_usage);
  EXPECT_EQ(reader.view.facts.choices, 1);
  EXPECT_FALSE(reader.view.facts.max_tokens);
  EXPECT_FALSE(reader.view.facts.uses_tools);
  EXPECT_TRUE(reader.view.facts.tool_names.empty());
  EXPECT_EQ(reader.view.facts.texts.size(), 1u);
}

TEST(RequestView, NullStandsForAbsent) {
  BodyReader reader;
  const auto problem = reader.Read(Chat(
      R"("stream":null,"stream_options":null,"max_tokens":null,"max_completion_tokens":null,"n":null,
         "tools":null,"functions":null,"response_format":null,"service_tier":null,
         "reasoning_effort":null,"metadata":null,"modalities":null,"audio":null)"));
  ASSERT_FALSE(problem) << problem->message;
  EXPECT_FALSE(reader.view.facts.max_tokens);
  EXPECT_FALSE(reader.view.facts.uses_audio);
}

// SDKs of typed languages write null for every optional field at every level.
TEST(RequestView, NullStandsForAbsentAtEveryLevel) {
  const std::string bodies[] = {
      Chat(R"("tools":[{"type":"function","function":{"name":"f","strict":null},"custom":null}])"),
      Chat(R"("tools":[{"type":"custom","function":null,"custom":{"name":"f","format":null}}])"),
      Chat(R"("tools":[{"type":"function","function":{"name":"f"},"name":null,"custom":null}])"),
      Chat(R"("tools":[{"type":"function","name":"f","function":null,"custom":null}])"),
      Chat(R"("tool_choice":null,"parallel_tool_calls":null,"functions":[{"name":"f"}],
              "function_call":null)"),
      Chat(R"("stream":true,"stream_options":{"include_usage":null,"include_obfuscation":null,
              "continuous_usage_stats":null},"functions":[{"name":"f","parameters":null}])"),
      Chat(R"("response_format":{"type":"text","json_schema":null},"functions":[{"name":"f"}])"),
      Chat(R"("metadata":{"class":null,"user":null},"functions":[{"name":"f"}])"),
      Chat(R"("prompt_cache_key":null,"stop":null,"logit_bias":null,"user":null,"seed":null,
              "modalities":null,"audio":null,"prediction":null,"functions":[{"name":"f"}])"),
  };
  BodyReader reader;
  for (const std::string& body : bodies) {
    const auto problem = reader.Read(body);
    ASSERT_FALSE(problem) << body << ": " << problem->message;
    EXPECT_THAT(reader.view.facts.tool_names, ElementsAre("f")) << body;
    EXPECT_TRUE(reader.view.facts.uses_tools);
    EXPECT_EQ(reader.view.facts.metadata_class, "");
    EXPECT_FALSE(reader.view.facts.wants_usage);
    EXPECT_FALSE(reader.view.facts.uses_audio);
  }
  const auto turns = reader.Read(Messages(
      R"([{"role":"assistant","content":null,"tool_calls":null,"refusal":null,"name":null,
           "audio":null,"function_call":null},
          {"role":"user","name":null,"content":[{"type":"file","text":null,"file":
            {"file_data":null,"file_id":"f","filename":null}}]}])"));
  ASSERT_FALSE(turns) << turns->message;
  EXPECT_EQ(reader.view.facts.message_count, 2);
  EXPECT_EQ(reader.view.facts.other_input_tokens, 0);
}

// Both are sent, and servers differ in which of them counts.
TEST(RequestView, TheLargerMaximumWinsInEitherOrder) {
  BodyReader reader;
  ASSERT_FALSE(reader.Read(Chat(R"("max_completion_tokens":7,"max_tokens":9)")));
  EXPECT_EQ(reader.view.facts.max_tokens, 9);
  ASSERT_FALSE(reader.Read(Chat(R"("max_tokens":7,"max_completion_tokens":9)")));
  EXPECT_EQ(reader.view.facts.max_tokens, 9);
  ASSERT_FALSE(reader.Read(Chat(R"("max_completion_tokens":null,"max_tokens":0)")));
  EXPECT_EQ(reader.view.facts.max_tokens, 0);
}

TEST(RequestView, CountsImagesAudioAndFilesByTheFieldThatCarriesThem) {
  BodyReader reader;
  const std::string audio(1998, 'A');
  ASSERT_FALSE(reader.Read(Messages(
      R"([{"role":"user","content":[{"type":"text","text":"a"},
          {"type":"image_url","image_url":{"url":"data:image/png;base64,\/\/8="}},
          {"image_url":"https://x/y.png","type":"text"},
          {"type":"input_audio","input_audio":{"format":"wav","data":")" +
      audio +
      R"("}},{"type":"file","file":{"file_id":"f"}}, {"type":"refusal","refusal":"no"}]}])")));
  const BodyFacts& s = reader.view.facts;
  EXPECT_TRUE(s.uses_images);
  EXPECT_TRUE(s.uses_audio);
  EXPECT_EQ(s.other_input_tokens, 2 * 1500 + 20);
  EXPECT_EQ(s.texts.size(), 2u);
  ASSERT_FALSE(reader.Read(Chat(R"("modalities":["text","audio"])")));
  EXPECT_TRUE(reader.view.facts.uses_audio);
  ASSERT_FALSE(reader.Read(Chat(R"("audio":{"voice":"v"})")));
  EXPECT_TRUE(reader.view.facts.uses_audio);
}

TEST(RequestView, NullInAPartStandsForAbsent) {
  BodyReader reader;
  const auto problem = reader.Read(R"({"model":"m","messages":[{"role":"user","content":[
      {"type":"text","text":"hi","image_url":null,"input_audio":null,"file":null,"refusal":null},
      {"type":"image_url","text":null,"image_url":{"url":"https://x/y.png"}}]}]})");
  ASSERT_FALSE(problem) << problem->message;
  const BodyFacts& s = reader.view.facts;
  EXPECT_EQ(s.text_bytes, 2u);
  EXPECT_TRUE(s.uses_images);
  EXPECT_FALSE(s.uses_audio);
  const auto only_text = reader.Read(
      R"({"model":"m","messages":[{"role":"user","content":[{"text":"hi","image_url":null}]}]})");
  ASSERT_FALSE(only_text) << only_text->message;
  EXPECT_FALSE(reader.view.facts.uses_images);
  EXPECT_EQ(reader.view.facts.other_input_tokens, 0);
}

TEST(RequestView, TheLastRoleDecidesAboutTheToolLoop) {
  BodyReader reader;
  ASSERT_FALSE(reader.Read(Messages(R"([{"role":"function","content":"x"}])")));
  EXPECT_TRUE(reader.view.facts.tool_loop);
  ASSERT_FALSE(reader.Read(Messages(R"([{"role":"tool"},{"role":"developer"}])")));
  EXPECT_FALSE(reader.view.facts.tool_loop);
  ASSERT_FALSE(reader.Read(Messages(R"([{"role":"ipython","content":"x"}])")));
  EXPECT_EQ(reader.view.facts.texts[0].role, TextRole::kUser);
}

TEST(RequestView, ReadsPromptsInTheirFourShapes) {
  struct Case {
    std::string value;
    std::size_t texts, text_bytes;
    std::int64_t tokens;
    int prompts;
  };
  const std::vector<Case> cases = {{R"("ab")", 1, 2, 0, 1},        {R"("")", 0, 0, 0, 1},
                                   {R"(["a","bc"])", 2, 3, 0, 2},  {"[1, 2,3]", 0, 0, 3, 1},
                                   {"[[1,2],[3],[]]", 0, 0, 3, 3}, {"[0]", 0, 0, 1, 1}};
  BodyReader reader;
  for (const Case& c : cases) {
    for (const ApiEndpoint endpoint : {ApiEndpoint::kCompletions, ApiEndpoint::kEmbeddings}) {
      const bool completion = endpoint == ApiEndpoint::kCompletions;
      const std::string name = completion ? "prompt" : "input";
      const auto problem =
          reader.Read("{\"" + name + "\":" + c.value + ",\"model\":\"m\"}", endpoint);
      ASSERT_FALSE(problem) << c.value << problem->message;
      EXPECT_EQ(reader.view.facts.texts.size(), c.texts) << c.value;
      EXPECT_EQ(reader.view.facts.text_bytes, c.text_bytes) << c.value;
      EXPECT_EQ(reader.view.facts.other_input_tokens, c.tokens) << c.value;
      EXPECT_EQ(reader.view.facts.prompts, c.prompts) << c.value;
      for (const auto& text : reader.view.facts.texts) EXPECT_EQ(text.role, TextRole::kPrompt);
    }
  }
}

TEST(RequestView, ReadsACompletion) {
  BodyReader reader;
  ASSERT_FALSE(reader.Read(
      Completion(R"("suffix":"}","n":2,"best_of":5,"max_tokens":16,"stream":true,"messages":7)"),
      ApiEndpoint::kCompletions));
  const BodyFacts& s = reader.view.facts;
  EXPECT_TRUE(s.has_suffix);
  EXPECT_EQ(s.choices, 5);
  EXPECT_EQ(reader.view.facts.answered_choices, 2);
  EXPECT_EQ(s.max_tokens, 16);
  EXPECT_TRUE(reader.view.splice.add_usage);
  EXPECT_EQ(s.texts.size(), 2u);
  ASSERT_FALSE(reader.Read(Completion(R"("suffix":null)"), ApiEndpoint::kCompletions));
  EXPECT_FALSE(reader.view.facts.has_suffix);
}

TEST(RequestView, EmbeddingsHaveNoStream) {
  BodyReader reader;
  ASSERT_FALSE(reader.Read(R"({"model":"m","input":"a","stream":true,"encoding_format":"base64"})",
                           ApiEndpoint::kEmbeddings));
  EXPECT_FALSE(reader.view.facts.stream);
  EXPECT_FALSE(reader.view.splice.add_usage);
}

TEST(RequestView, LetsThroughWhatItDoesNotRead) {
  const std::vector<std::string> bodies = {
      Chat(R"("x":1,"x":2,"x":{"model":"a","model":"b"})"),
      Chat(R"("temperature":1e400,"seed":123456789012345678901234567890,"y":-0.0E-7)"),
      Chat(R"("temperature":NaN,"z":-Infinity)"),
      Chat(R"("x":"\ud800 \q \uZZZZ")"),
      Chat(R"("logit_bias":{"50256":-100},"stop":["\n","\u0000"])"),
      Chat(R"("":"","\"":1,"\ud83d":2,"\u0000":3)"),
      Chat("\"x\":" + std::string(1023, '[') + std::string(1023, ']')),
      Chat(R"("metadata":{"who":1,"who":2})"),
      Chat(R"("prompt":[],"input":7,"suffix":{},"best_of":"x")"),
      Messages(R"([{"role":"user","content":"a","name":"n","name":"m"}])"),
      Messages(R"([{"role":"assistant","content":[],"audio":{"id":"x"},"tool_calls":[]}])"),
      Messages(R"([{"role":"user","content":[{}]}])"),
      Messages(R"([{"role":"user","content":"half a pair \ud83d"}])"),
      Messages(R"([{"role":"user","content":""}])"),
      "\r\n\t " + Chat("") + " \r\n",
  };
  BodyReader reader;
  for (const std::string& body : bodies) {
    const auto problem = reader.Read(body);
    EXPECT_FALSE(problem) << body.substr(0, 200) << " -> " << problem->message;
    std::string expected = body;
    expected.replace(expected.find("\"m\""), 3, "\"up\"");
    EXPECT_EQ(reader.Spliced("up"), expected);
  }
}

TEST(RequestView, HalfASurrogatePairIsAReplacementCharacter) {
  BodyReader reader;
  ASSERT_FALSE(reader.Read(
      Messages(R"([{"role":"user","content":"\ud83d|\udE00|\ud83d\ud83d\ude00|\u20AC\/"}])")));
  EXPECT_EQ(reader.view.facts.texts[0].text,
            "\xEF\xBF\xBD|\xEF\xBF\xBD|\xEF\xBF\xBD\xF0\x9F\x98\x80|\xE2\x82\xAC/");
}

}  // namespace
}  // namespace headgate::backends

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/backends/protocols/openai/request/body_reader.h"
#include "tests/backends/protocols/request/refusal_cases.h"

namespace headgate::backends {
namespace {

std::string ChatWith(const std::string& more) {
  return R"({"model":"m","messages":[{"role":"user","content":"Hi"}],)" + more + "}";
}

std::string Message(const std::string& message) {
  return R"({"model":"m","messages":[{"role":"user"},)" + message + "]}";
}

TEST(RequestRefusal, WrongTypesAreNamed) {
  const ApiEndpoint completions = ApiEndpoint::kCompletions;
  const ApiEndpoint embeddings = ApiEndpoint::kEmbeddings;
  ExpectAllRefused(
      ApiEndpoint::kChat,
      {
          {"[]", "", "The body must be a JSON object"},
          {"\"a\"", "", "not a string"},
          {"7", "", "not 7"},
          {"{}", "model", "model is missing"},
          {R"({"model":"m"})", "messages", "messages is missing"},
          {R"({"model":"m"})", "prompt", "prompt is missing", completions},
          {R"({"model":"m"})", "input", "input is missing", embeddings},
          {R"({"messages":[{"role":"user"}]})", "model", "model is missing"},
          {R"({"model":null})", "model", "not null"},
          {R"({"model":7})", "model", "must be a model's name as a string"},
          {R"({"model":""})", "model", "is empty"},
          {R"({"model":["m"]})", "model", "not an array"},
          {R"({"messages":{}})", "messages", "must be an array of messages, not an object"},
          {R"({"messages":[]})", "messages", "is empty"},
          {Message("7"), "messages[1]", "must be an object"},
          {Message("{}"), "messages[1].role", "is missing"},
          {Message(R"({"role":null})"), "messages[1].role", "must be a string"},
          {Message(R"({"role":"user","content":7})"), "messages[1].content", "array of parts"},
          {Message(R"({"role":"user","content":["x"]})"), "messages[1].content[0]", "an object"},
          {Message(R"({"role":"user","content":[{},{"text":7}]})"), "messages[1].content[1].text",
           "must be a string, not 7"},
          {Message(R"({"role":"user","content":[{"image_url":7}]})"),
           "messages[1].content[0].image_url", "not 7"},
          {Message(R"({"role":"user","content":[{"input_audio":"x"}]})"),
           "messages[1].content[0].input_audio", "not a string"},
          {Message(R"({"role":"user","content":[{"input_audio":{"data":1}}]})"),
           "messages[1].content[0].input_audio.data", "base64"},
          {Message(R"({"role":"user","content":[{"file":{"file_data":{}}}]})"),
           "messages[1].content[0].file.file_data", "base64"},
          {Message(R"({"role":"assistant","tool_calls":{}})"), "messages[1].tool_calls",
           "an array"},
          {ChatWith(R"("stream":1)"), "stream", "must be true or false, not 1"},
          {ChatWith(R"("stream":"true")"), "stream", "not a string"},
          {ChatWith(R"("stream":truely)"), "stream", "true or false, not truely"},
          {ChatWith(R"("stream_options":true)"), "stream_options", "include_usage"},
          {ChatWith(R"("stream_options":{"include_usage":"yes"})"), "stream_options.include_usage",
           "true or false"},
          {ChatWith(R"("max_tokens":"16")"), "max_tokens",
           "must be an integer of 0 or more, such as 256"},
          {ChatWith(R"("max_tokens":16.0)"), "max_tokens", "not 16.0"},
          {ChatWith(R"("max_tokens":1e3)"), "max_tokens", "not 1e3"},
          {ChatWith(R"("max_tokens":-1)"), "max_tokens", "not -1"},
          {ChatWith(R"("max_tokens":016)"), "max_tokens", "not 016"},
          {ChatWith(R"("max_tokens":true)"), "max_tokens", "not true"},
          {ChatWith(R"("max_completion_tokens":99999999999999999999)"), "max_completion_tokens",
           "integer"},
          {ChatWith("\"max_tokens\":" + std::string(100, '9')), "max_tokens",
           "not " + std::string(24, '9') + "…."},
          {ChatWith(R"("n":0)"), "n", "from 1 to 128"},
          {ChatWith(R"("n":129)"), "n", "from 1 to 128"},
          {ChatWith(R"("tools":{})"), "tools", "an array"},
          {ChatWith(R"("tools":[7])"), "tools[0]", "an object"},
          {ChatWith(R"("tools":[{"function":[]}])"), "tools[0].function", "an object"},
          {ChatWith(R"("tools":[{"function":{"name":7}}])"), "tools[0].function.name", "a string"},
          {ChatWith(R"("functions":[{"name":null}])"), "functions[0].name", "a string"},
          {ChatWith(R"("functions":[null])"), "functions[0]", "an object"},
          {ChatWith(R"("tools":[null])"), "tools[0]", "an object"},
          {ChatWith(R"("tools":[{"function":{"name":null}}])"), "tools[0].function.name",
           "a string"},
          {ChatWith(R"("response_format":{"type":null})"), "response_format.type", "json_schema"},
          {Message("null"), "messages[1]", "an object"},
          {Message(R"({"role":"user","content":[null]})"), "messages[1].content[0]", "an object"},
          {Message(R"({"role":"user","content":[{"input_audio":{"data":null}}]})"),
           "messages[1].content[0].input_audio.data", "base64"},
          {ChatWith(R"("response_format":"json")"), "response_format", "json_object"},
          {ChatWith(R"("response_format":{"type":1})"), "response_format.type", "json_schema"},
          {ChatWith(R"("service_tier":1)"), "service_tier", "a string"},
          {ChatWith(R"("reasoning_effort":{})"), "reasoning_effort", "a string"},
          {ChatWith(R"("metadata":[])"), "metadata", "an object"},
          {ChatWith(R"("metadata":{"class":7})"), "metadata.class", "a string"},
          {ChatWith(R"("modalities":"audio")"), "modalities", "an array"},
          {ChatWith(R"("modalities":[1])"), "modalities[0]", "a string"},
          {ChatWith(R"("audio":"alloy")"), "audio", "an object"},
          {R"({"prompt":null})", "prompt", "not null", completions},
          {R"({"prompt":["a",null]})", "prompt[1]", "not null", completions},
          {R"({"prompt":[]})", "prompt", "is empty", completions},
          {R"({"prompt":["a",1]})", "prompt[1]", "a string", completions},
          {R"({"prompt":[1,"a"]})", "prompt[1]", "a token id", completions},
          {R"({"prompt":[1.5]})", "prompt[0]", "not 1.5", completions},
          {R"({"prompt":[[1],2]})", "prompt[1]", "an array of token ids", completions},
          {R"({"prompt":[[[]]]})", "prompt[0][0]", "a token id", completions},
          {R"({"prompt":"a","suffix":1})", "suffix", "a string", completions},
          {R"({"prompt":"a","best_of":129})", "best_of", "from 0 to 128", completions},
          {R"({"input":{"a":1}})", "input", "a string, or an array", embeddings},
      });
}

TEST(RequestRefusal, DuplicatesOfWhatIsReadAreNamed) {
  const std::string twice = "is given twice";
  ExpectAllRefused(
      ApiEndpoint::kChat,
      {
          {ChatWith(R"("model":"m")"), "model", twice},
          {ChatWith(R"("mod\u0065l":"m")"), "model", twice},
          {R"({"\u006d\u006F\u0064\u0065\u006c":"a","model":"b"})", "model", twice},
          {ChatWith(R"("messages":[])"), "messages", twice},
          {ChatWith(R"("stream":false,"stream":true)"), "stream", twice},
          {ChatWith(R"("max_tokens":1,"max_tokens":1)"), "max_tokens", twice},
          {ChatWith(R"("max_tokens":1,"max\u005ftokens":2)"), "max_tokens", twice},
          {ChatWith(R"("max_completion_tokens":1,"max_completion_tokens":null)"),
           "max_completion_tokens", twice},
          {ChatWith(R"("n":null,"n":128)"), "n", twice},
          {ChatWith(R"("stream_options":null,"stream_options":{})"), "stream_options", twice},
          {ChatWith(R"("stream_options":{"include_usage":true,"include_usage":false})"),
           "stream_options.include_usage", twice},
          {ChatWith(R"("metadata":{"class":"a","cl\u0061ss":"b"})"), "metadata.class", twice},
          {ChatWith(R"("tools":[],"tools":[])"), "tools", twice},
          {ChatWith(R"("tools":[{"function":{"name":"a","name":"b"}}])"), "tools[0].function.name",
           twice},
          {ChatWith(R"("service_tier":"flex","service_tier":"priority")"), "service_tier", twice},
          {ChatWith(R"("response_format":{"type":"text","type":"json_schema"})"),
           "response_format.type", twice},
          {Message(R"({"role":"user","role":"tool"})"), "messages[1].role", twice},
          {Message(R"({"role":"user","content":"a","content":null})"), "messages[1].content",
           twice},
          {Message(R"({"role":"user","content":[{"text":"a","te\u0078t":"b"}]})"),
           "messages[1].content[0].text", twice},
          {R"({"model":"m","prompt":"a","prompt":"b"})", "prompt", twice,
           ApiEndpoint::kCompletions},
          {R"({"model":"m","input":"a","input":"b"})", "input", twice, ApiEndpoint::kEmbeddings},
      });
}

TEST(RequestRefusal, WhatIsNotJsonNamesTheFieldAndTheByte) {
  const std::string nul(1, '\0');
  ExpectAllRefused(
      ApiEndpoint::kChat,
      {
          {"", "", "is empty"},
          {" \r\n\t", "", "is empty"},
          {ChatWith("\"x\":\"\xff\""), "x", "not UTF-8"},
          {"{\"model\":\"\xC3\",\"messages\":[]}", "model", "byte 10 (in model): it is not UTF-8"},
          {Message("{\"role\":\"user\",\"content\":\"\xED\xA0\x80\"}"), "messages", "not UTF-8"},
          {"{\"\xC0\xAF\":1}", "", "byte 2: it is not UTF-8"},
          {"{\"model\":\"m\",\"messages\":[{\"role\":\"us", "messages", "ends inside a string"},
          {"{\"model\":\"a\nb\"}", "model",
           "byte 11 (in model): a string holds a raw control byte"},
          {ChatWith("\"x\":\"" + nul + "\""), "x", "raw control byte"},
          {ChatWith(R"("x":[1,2)"), "x", "a comma or ']'"},
          {R"({"model":"m")", "model", "ends too early"},
          {R"({"model":"m",)", "", "ends too early"},
          {R"({"model")", "", "ends too early"},
          {R"({"model":)", "model", "ends too early"},
          {"{", "", "ends too early"},
          {"{]", "", "field name in quotes"},
          {ChatWith(R"("x":1)") + "}", "", "something follows the object"},
          {ChatWith(R"("x":1)") + "{}", "", "something follows the object"},
          {ChatWith(R"("x":1)") + " null", "", "something follows the object"},
          {ChatWith(R"("x":[})"), "x", "a value is expected"},
          {ChatWith(R"("x":[1})"), "x", "a comma or ']'"},
          {ChatWith(R"("x":{])"), "x", "field name in quotes"},
          {ChatWith(R"("x":{"a":1])"), "x", "a comma or '}'"},
          {ChatWith(R"("x":[[{"a":[1,{]}]]})"), "x", "field name in quotes"},
          {ChatWith(R"("x":[1,])"), "x", "a value is expected"},
          {ChatWith(R"("x":[,1])"), "x", "a value is expected"},
          {ChatWith(R"("x":{"a":1,})"), "x", "field name in quotes"},
          {ChatWith(R"("x":{"a" 1})"), "x", "a colon"},
          {ChatWith(R"("x":{a:1})"), "x", "field name in quotes"},
          {ChatWith(R"("x":{"a"})"), "x", "a colon"},
          {ChatWith(R"("x":[1 2])"), "x", "a comma or ']'"},
          {ChatWith(R"("x":["a" "b"])"), "x", "a comma or ']'"},
          {ChatWith(R"("x":["a""b"])"), "x", "a comma or ']'"},
          {ChatWith(R"("x":true"y")"), "x", "a value is expected"},
          {ChatWith(R"("x":"y"true)"), "x", "a comma or '}'"},
          {ChatWith(R"("x":'y')"), "x", "a value is expected"},
          {ChatWith("\"x\":\x0b"), "x", "a value is expected"},
          {ChatWith("\"x\":\xC2\xA0"), "x", "a value is expected"},
          {ChatWith("\"x\":[1\f,2]"), "x", ""},
          {ChatWith("\"x\":[1\x1a"
                    "2]"),
           "x", ""},
          {ChatWith("\"x\":" + nul), "x", "a value is expected"},
          {"\xEF\xBB\xBF" + ChatWith("\"x\":1"), "", "a value is expected"},
          {ChatWith("\"x\":" + std::string(1024, '[') + std::string(1024, ']')), "x",
           "1024 levels"},
          {ChatWith("\"x\":" + std::string(100000, '[')), "x", "1024 levels"},
          {ChatWith(R"("x\q":1)"), "", "escape"},
          {R"({"model":"a\q"})", "model", "an escape that JSON does not know"},
          {R"({"model":"a\u12"})", "model", "an escape that JSON does not know"},
          {Message(R"({"role":"user","content":"\u12G4"})"), "messages", "an escape"},
      });
}

TEST(RequestRefusal, EveryTruncationIsAnError) {
  const std::vector<std::string> bodies = {
      ChatWith(
          R"("stream":true,"stream_options":{"a":[{}],"include_usage":null},"x":{"y":[1,"\"]"]})"),
      Message(R"({"role":"user","content":[{"type":"text","text":"\u00e9\ud83d\ude00é"},
                 {"type":"image_url","image_url":{"url":"data:"}}]},{"role":"tool"})"),
      ChatWith(R"("tools":[{"function":{"name":"f"}}],"metadata":{"class":"c"},"max_tokens":1)")};
  BodyReader reader;
  for (const std::string& body : bodies) {
    ASSERT_FALSE(reader.Read(body));
    for (std::size_t size = 0; size < body.size(); ++size) {
      const auto problem = reader.Read(std::string_view(body).substr(0, size));
      ASSERT_TRUE(problem) << body.substr(0, size);
      EXPECT_FALSE(problem->message.empty());
    }
  }
}

// With any byte replaced by any other, the reader gives a verdict and stays inside the block.
TEST(RequestRefusal, OneWrongByteAnywhereIsSurvived) {
  const std::string sound =
      ChatWith(R"("stream":true,"stream_options":{},"x":[1,{"y":"\u00e9"}],"max_tokens":1)");
  BodyReader reader;
  for (std::size_t at = 0; at < sound.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string body = sound;
      body[at] = static_cast<char>(byte);
      if (reader.Read(body)) continue;
      EXPECT_GE(reader.Spliced("upstream").size(), 40u);
    }
  }
}

}  // namespace
}  // namespace headgate::backends

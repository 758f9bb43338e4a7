#include <string>

#include "tests/backends/protocols/request/refusal_cases.h"

namespace headgate::backends {
namespace {

std::string Members(const std::string& more) {
  return R"({"model":"m","messages":[{"role":"user","content":"Hi"}],)" + more + "}";
}

std::string Turn(const std::string& message) {
  return R"({"model":"m","messages":[{"role":"user"},)" + message + "]}";
}

std::string BlockOf(const std::string& block) {
  return Turn(R"({"role":"user","content":[)" + block + "]}");
}

TEST(MessagesRefusal, WrongTypesAreNamed) {
  ExpectAllRefused(
      ApiEndpoint::kMessages,
      {
          {"[]", "", "The body must be a JSON object"},
          {"{}", "model", "model is missing"},
          {R"({"model":7})", "model", "must be a model's name"},
          {R"({"model":"m"})", "messages", "messages is missing"},
          {R"({"model":"m","messages":null})", "messages",
           "must be an array of messages, not null"},
          {R"({"model":"m","messages":[]})", "messages", "is empty"},
          {Turn("7"), "messages[1]", "an object"},
          {Turn("{}"), "messages[1].role", "is missing"},
          {Turn(R"({"role":null})"), "messages[1].role", "must be a string"},
          {Turn(R"({"role":"user","content":7})"), "messages[1].content",
           "a string or an array of blocks"},
          {Turn(R"({"role":"user","content":{}})"), "messages[1].content", "not an object"},
          {BlockOf("7"), "messages[1].content[0]", "an object"},
          {BlockOf(R"({"type":7})"), "messages[1].content[0].type", "a string"},
          {BlockOf(R"({"text":7})"), "messages[1].content[0].text", "a string"},
          {BlockOf(R"({"tool_use_id":7})"), "messages[1].content[0].tool_use_id", "a string"},
          {BlockOf(R"({"content":7})"), "messages[1].content[0].content", "array of blocks"},
          {BlockOf(R"({"content":[{"text":[]}]})"), "messages[1].content[0].content[0].text",
           "not an array"},
          {BlockOf(R"({"source":7})"), "messages[1].content[0].source", "an object"},
          {BlockOf(R"({"source":{"type":7}})"), "messages[1].content[0].source.type", "base64"},
          {BlockOf(R"({"source":{"data":[]}})"), "messages[1].content[0].source.data", "a string"},
          {BlockOf(R"({"source":{"media_type":1}})"), "messages[1].content[0].source.media_type",
           "image/png"},
          {BlockOf(R"({"content":[{"source":{"content":[{"source":{"data":7}}]}}]})"),
           "messages[1].content[0].content[0].source.content[0].source.data", "a string"},
          {Members(R"("system":7)"), "system", "a string or an array of blocks"},
          {Members(R"("system":[{"text":7}])"), "system[0].text", "a string"},
          {Members(R"("stream":"true")"), "stream", "true or false"},
          {Members(R"("max_tokens":"9")"), "max_tokens", "an integer"},
          {Members(R"("max_tokens":-1)"), "max_tokens", "an integer"},
          {Members(R"("max_tokens":99999999999999999999)"), "max_tokens", "an integer"},
          {Members(R"("tools":{})"), "tools", "an array"},
          {Members(R"("tools":[7])"), "tools[0]", "input_schema"},
          {Members(R"("tools":[{"name":7}])"), "tools[0].name", "a string"},
          {Members(R"("tools":[{"type":7}])"), "tools[0].type", "custom"},
          {Members(R"("service_tier":1)"), "service_tier", "a string"},
          {Members(R"("metadata":"x")"), "metadata", "an object"},
          {Members(R"("output_config":"x")"), "output_config", "effort"},
          {Members(R"("output_config":{"effort":1})"), "output_config.effort", "a string"},
          {Members(R"("output_config":{"format":1})"), "output_config.format", "json_schema"},
          {Members(R"("output_config":{"format":{"type":1}})"), "output_config.format.type",
           "json_schema"},
          {Members(R"("thinking":true)"), "thinking", "adaptive"},
          {Members(R"("thinking":{"type":1})"), "thinking.type", "adaptive"},
      });
}

TEST(MessagesRefusal, DuplicatesOfWhatIsReadAreNamed) {
  const std::string twice = "is given twice";
  ExpectAllRefused(
      ApiEndpoint::kMessages,
      {
          {Members(R"("mod\u0065l":"m")"), "model", twice},
          {Members(R"("messages":[])"), "messages", twice},
          {Members(R"("system":"a","system":"b")"), "system", twice},
          {Members(R"("stream":true,"stream":false)"), "stream", twice},
          {Members(R"("max_tokens":1,"max_tokens":1)"), "max_tokens", twice},
          {Members(R"("tools":[],"tools":[])"), "tools", twice},
          {Members(R"("tools":[{"name":"a","name":"b"}])"), "tools[0].name", twice},
          {Members(R"("metadata":{"user_id":"a","user_id":"b"})"), "metadata.user_id", twice},
          {Members(R"("thinking":{"type":"a","type":"b"})"), "thinking.type", twice},
          {Members(R"("container":null,"container":null)"), "container", twice},
          {Turn(R"({"role":"user","role":"user"})"), "messages[1].role", twice},
          {Turn(R"({"role":"user","content":"a","content":"b"})"), "messages[1].content", twice},
          {BlockOf(R"({"text":"a","te\u0078t":"b"})"), "messages[1].content[0].text", twice},
          {BlockOf(R"({"source":{"data":"a","data":"b"}})"), "messages[1].content[0].source.data",
           twice},
          {BlockOf(R"({"content":[{"type":"a","type":"b"}]})"),
           "messages[1].content[0].content[0].type", twice},
      });
}

TEST(MessagesRefusal, WrongBytesAnywhereAreSurvived) {
  ExpectSurvived(
      ApiEndpoint::kMessages,
      R"({"model":"m","system":[{"text":"a"}],"messages":[{"role":"user","content":[)"
      R"({"type":"tool_result","content":[{"source":{"data":"\u0041"}}]},{"text":"b"}]}],)"
      R"("metadata":{"user_id":"u_session_1"},"tools":[{"name":"f"}],"max_tokens":1})");
}

}  // namespace
}  // namespace headgate::backends

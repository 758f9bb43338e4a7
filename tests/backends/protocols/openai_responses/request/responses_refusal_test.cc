#include <string>

#include "tests/backends/protocols/request/refusal_cases.h"

namespace headgate::backends {
namespace {

std::string Asking(const std::string& more) { return R"({"model":"m","input":"Hi",)" + more + "}"; }

std::string ItemOf(const std::string& item) {
  return R"({"model":"m","input":[{"role":"user"},)" + item + "]}";
}

std::string PartOf(const std::string& part) {
  return ItemOf(R"({"role":"user","content":[)" + part + "]}");
}

TEST(ResponsesRefusal, WrongTypesAreNamed) {
  ExpectAllRefused(
      ApiEndpoint::kResponses,
      {
          {"[]", "", "The body must be a JSON object"},
          {"{}", "model", "model is missing"},
          {R"({"model":"m"})", "input", "input is missing"},
          {R"({"model":"m","input":null})", "input", "input is missing"},
          {R"({"model":"m","input":7})", "input", "a string or an array of items, not 7"},
          {ItemOf("7"), "input[1]", "an object"},
          {ItemOf("{}"), "input[1].role", "is missing"},
          {ItemOf(R"({"role":7})"), "input[1].role", "a string"},
          {ItemOf(R"({"type":7})"), "input[1].type", "a string"},
          {ItemOf(R"({"role":"user","content":7})"), "input[1].content", "an array of parts"},
          {ItemOf(R"({"type":"function_call_output","output":7})"), "input[1].output", "a string"},
          {PartOf("7"), "input[1].content[0]", "an object"},
          {PartOf(R"({"text":7})"), "input[1].content[0].text", "a string"},
          {PartOf(R"({"image_url":7})"), "input[1].content[0].image_url", "https://"},
          {PartOf(R"({"file_data":7})"), "input[1].content[0].file_data", "base64"},
          {PartOf(R"({"input_audio":7})"), "input[1].content[0].input_audio", "an object"},
          {PartOf(R"({"input_audio":{"data":7}})"), "input[1].content[0].input_audio.data",
           "base64"},
          {Asking(R"("instructions":7)"), "instructions", "a string"},
          {Asking(R"("stream":1)"), "stream", "true or false"},
          {Asking(R"("max_output_tokens":"1")"), "max_output_tokens", "an integer"},
          {Asking(R"("tools":{})"), "tools", "an array"},
          {Asking(R"("tools":[7])"), "tools[0]", "an object"},
          {Asking(R"("tools":[{"type":7}])"), "tools[0].type", "function"},
          {Asking(R"("tools":[{"name":7}])"), "tools[0].name", "a string"},
          {Asking(R"("tool_choice":7)"), "tool_choice", "required"},
          {Asking(R"("tool_choice":{"type":7})"), "tool_choice.type", "function"},
          {Asking(R"("reasoning":"low")"), "reasoning", "effort"},
          {Asking(R"("reasoning":{"effort":7})"), "reasoning.effort", "a string"},
          {Asking(R"("text":"x")"), "text", "format"},
          {Asking(R"("text":{"format":"x"})"), "text.format", "json_object"},
          {Asking(R"("text":{"format":{"type":7}})"), "text.format.type", "json_schema"},
          {Asking(R"("service_tier":7)"), "service_tier", "a string"},
          {Asking(R"("prompt_cache_key":7)"), "prompt_cache_key", "a string"},
          {Asking(R"("metadata":7)"), "metadata", "an object"},
          {Asking(R"("store":1)"), "store", "true or false"},
          {Asking(R"("background":1)"), "background", "true or false"},
          {Asking(R"("background":true)"), "background", "Leave out background"},
          {Asking(R"("previous_response_id":7)"), "previous_response_id", "the id of a response"},
          {Asking(R"("conversation":7)"), "conversation", "the id of a conversation"},
          {Asking(R"("conversation":{"id":7})"), "conversation.id", "the id of a conversation"},
      });
}

TEST(ResponsesRefusal, DuplicatesOfWhatIsReadAreNamed) {
  const std::string twice = "is given twice";
  ExpectAllRefused(
      ApiEndpoint::kResponses,
      {
          {Asking(R"("mod\u0065l":"m")"), "model", twice},
          {Asking(R"("input":"m")"), "input", twice},
          {Asking(R"("stream":true,"stream":true)"), "stream", twice},
          {Asking(R"("tools":[{"name":"a","name":"a"}])"), "tools[0].name", twice},
          {Asking(R"("store":true,"store":false)"), "store", twice},
          {Asking(R"("conversation":{"id":"a","id":"b"})"), "conversation.id", twice},
          {Asking(R"("text":{"format":null,"format":null})"), "text.format", twice},
          {ItemOf(R"({"role":"user","role":"user"})"), "input[1].role", twice},
          {ItemOf(R"({"output":"a","output":"b"})"), "input[1].output", twice},
          {PartOf(R"({"text":"a","te\u0078t":"b"})"), "input[1].content[0].text", twice},
          {PartOf(R"({"file_id":null,"file_id":"b"})"), "input[1].content[0].file_id", twice},
      });
}

TEST(ResponsesRefusal, WrongBytesAnywhereAreSurvived) {
  ExpectSurvived(
      ApiEndpoint::kResponses,
      R"({"model":"m","instructions":"a","input":[{"role":"user","content":[{"text":"b"},)"
      R"({"image_url":"\u0041"}]},{"type":"reasoning","content":[{"text":"c"}]},)"
      R"({"type":"function_call_output","output":"d"}],"conversation":{"id":"e"}})");
}

}  // namespace
}  // namespace headgate::backends

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "backends/protocols/openai_responses/conversation_reader.h"

namespace headgate::backends::openai_responses {
namespace {

struct Refusal {
  std::string_view body;
  std::string_view message;
  std::string_view param;
};

constexpr Refusal kRefusals[] = {
    {R"({"model":"m"})", "input is missing; send a string or a list of items.", "input"},
    {R"({"input":5})", "input must be a string or a list of items, not a number.", "input"},
    {R"({"input":["x"]})", "input[0] must be an object, not a string.", "input[0]"},
    {R"({"input":"x","model":7})", "model must be a string, not a number.", "model"},
    {R"({"input":"x","stream":"yes"})", "stream must be true or false, not a string.", "stream"},
    {R"({"input":"x","input":"y"})", "input is there twice; send it once.", "input"},
    {R"({"input":"x","text":{"format":{"type":"text","t\u0079pe":"text"}}})",
     "text.format.type is there twice; send it once.", "text.format.type"},
    {R"({"input":"x","temperature":"hot"})", "temperature must be a number, not a string.",
     "temperature"},
    {R"({"input":"x","max_output_tokens":0})",
     "max_output_tokens must be a whole number from 1 to 1000000000000.", "max_output_tokens"},
    {R"({"input":"x","max_output_tokens":99999999999999999999999})",
     "max_output_tokens must be a whole number from 1 to 1000000000000.", "max_output_tokens"},
    {R"({"input":"x","max_output_tokens":[]})",
     "max_output_tokens must be a whole number from 1 to 1000000000000, not an array.",
     "max_output_tokens"},
    {R"({"input":"x","top_logprobs":2})",
     "top_logprobs needs a backend that speaks the Responses API; this request would be "
     "translated.",
     "top_logprobs"},
    {R"({"input":"x","previous_response_id":"resp_1"})",
     "previous_response_id needs a backend that speaks the Responses API; this request would be "
     "translated.",
     "previous_response_id"},
    {R"({"input":"x","conversation":{"id":"c"}})",
     "conversation needs a backend that speaks the Responses API; this request would be "
     "translated.",
     "conversation"},
    {R"({"input":"x","prompt":{"id":"p"}})",
     "prompt needs a backend that speaks the Responses API; this request would be translated.",
     "prompt"},
    {R"({"input":"x","background":true})",
     "background needs a backend that speaks the Responses API; this request would be translated.",
     "background"},
    {R"({"input":"x","include":["message.output_text.logprobs"]})",
     "include[0] needs a backend that speaks the Responses API; this request would be translated.",
     "include[0]"},
    {R"({"input":"x","include":[1]})", "include[0] must be a string, not a number.", "include[0]"},
    {R"({"input":"x","metadata":{"a":1}})", "metadata.a must be a string, not a number.",
     "metadata.a"},
    {R"({"input":"x","instructions":[]})", "instructions must be a string, not an array.",
     "instructions"},
    {R"({"input":"x","reasoning":"high"})", "reasoning must be an object, not a string.",
     "reasoning"},
    {R"({"input":"x","text":{"format":{"type":"xml"}}})",
     R"(text.format.type must be "text", "json_object" or "json_schema".)", "text.format.type"},
    {R"({"input":"x","text":{"format":{"type":"json_schema","name":"n"}}})",
     "text.format.schema is missing; send a JSON schema.", "text.format.schema"},
    {R"({"input":[{"role":"tool","content":"x"}]})",
     R"(input[0].role must be "user", "assistant", "system" or "developer".)", "input[0].role"},
    {R"({"input":[{"content":"x"}]})", "input[0].role is missing; send a string.", "input[0].role"},
    {R"({"input":[{"role":"user","content":{"type":"input_text"}}]})",
     "input[0].content must be a string or a list of parts, not an object.", "input[0].content"},
    {R"({"input":[{"role":"user","content":[{"type":"input_text","text":5}]}]})",
     "input[0].content[0].text must be a string, not a number.", "input[0].content[0].text"},
    {R"({"input":[{"role":"user","content":[{"type":"input_audio"}]}]})",
     "input[0].content[0] of the type \"input_audio\" needs a backend that speaks the Responses "
     "API; this request would be translated.",
     "input[0].content[0]"},
    {R"({"input":[{"role":"user","content":[{"type":"input_image","file_id":"file_1"}]}]})",
     "input[0].content[0].file_id needs a backend that speaks the Responses API; this request "
     "would be translated.",
     "input[0].content[0].file_id"},
    {R"({"input":[{"role":"user","content":[{"type":"input_image","image_url":"data:x,y"}]}]})",
     "input[0].content[0].image_url must be a data URL in base64, such as "
     "data:image/png;base64,….",
     "input[0].content[0].image_url"},
    {R"({"input":[{"role":"user","content":[{"type":"input_file","filename":"a"}]}]})",
     "input[0].content[0] must have either file_data or file_url.", "input[0].content[0]"},
    {R"({"input":[{"role":"system","content":[{"type":"input_image","image_url":"https://x"}]}]})",
     "input[0].content must have texts only, as the role is system.", "input[0].content"},
    {R"({"input":[{"type":"item_reference","id":"msg_1"}]})",
     "input[0] of the type \"item_reference\" needs a backend that speaks the Responses API; this "
     "request would be translated.",
     "input[0]"},
    {R"({"input":[{"type":"computer_call_output","call_id":"c"}]})",
     "input[0] of the type \"computer_call_output\" needs a backend that speaks the Responses "
     "API; this request would be translated.",
     "input[0]"},
    {R"({"input":[{"type":"function_call","name":"f","arguments":"{}"}]})",
     "input[0].call_id is missing; send a string.", "input[0].call_id"},
    {R"({"input":[{"type":"function_call","call_id":"c","name":"f","arguments":{}}]})",
     "input[0].arguments must be a string, not an object.", "input[0].arguments"},
    {R"({"input":[{"type":"reasoning","summary":"x"}]})",
     "input[0].summary must be a list of texts, not a string.", "input[0].summary"},
    {R"({"input":"x","tools":{}})", "tools must be an array of tools, not an object.", "tools"},
    {R"({"input":"x","tools":[{"type":"function"}]})", "tools[0].name is missing; send a string.",
     "tools[0].name"},
    {R"({"input":"x","tools":[{"type":"function","name":"f","parameters":"{}"}]})",
     "tools[0].parameters must be an object, not a string.", "tools[0].parameters"},
    {R"({"input":"x","tools":[{"type":"function","name":"f"},{"type":"function","name":"f"}]})",
     "tools[1].name is the name of an earlier tool.", "tools[1].name"},
    {R"({"input":"x","tools":[{"type":"function","name":"a__ns__b"}]})",
     "tools[0].name must not have \"__ns__\" in it; this request would be translated.",
     "tools[0].name"},
    {R"({"input":"x","tools":[{"type":"namespace","name":"n","tools":[{"type":"mcp"}]}]})",
     R"(tools[0].tools[0].type must be "function" or "custom" in a namespace.)",
     "tools[0].tools[0].type"},
    {R"({"input":"x","tools":[{"type":"web_search"}]})",
     "tools[0] of the type \"web_search\" needs a backend that speaks the Responses API; this "
     "request would be translated.",
     "tools[0]"},
    {R"({"input":"x","tools":[{"type":"function","name":"f"},{"type":"file_search"}]})",
     "tools[1] of the type \"file_search\" needs a backend that speaks the Responses API; this "
     "request would be translated.",
     "tools[1]"},
    {R"({"input":"x","tools":[{"type":"function","name":"f"},{"type":"web_search"}],
         "tool_choice":{"type":"web_search"}})",
     "tool_choice of the type \"web_search\" needs a backend that speaks the Responses API; this "
     "request would be translated.",
     "tool_choice"},
    {R"({"input":"x","tools":[{"type":"function","name":"f"}],
         "tool_choice":{"type":"function","name":"g"}})",
     "tool_choice.name is not the name of one of the tools.", "tool_choice.name"},
    {R"({"input":"x","tools":[{"type":"function","name":"f"}],"tool_choice":"any"})",
     R"(tool_choice must be "auto", "required", "none" or an object.)", "tool_choice"},
    {R"({"input":"x","tools":[{"type":"function","name":"f"},{"type":"web_search"}],
         "tool_choice":{"type":"allowed_tools","mode":"auto","tools":[{"type":"web_search"}]}})",
     "tool_choice.tools allows none of the functions in tools.", "tool_choice.tools"},
};

TEST(ConversationRefusalTest, SaysWhatIsWrongAndWhere) {
  for (const Refusal& one : kRefusals) {
    Conversation conversation;
    DroppedFields dropped;
    const auto problem = ReadConversation(one.body, conversation, dropped);
    ASSERT_TRUE(problem) << one.body;
    EXPECT_EQ(problem->message, one.message) << one.body;
    EXPECT_EQ(problem->param, one.param) << one.body;
  }
}

// Every member that is read, with each type of value: none may crash, and a problem names a place.
TEST(ConversationRefusalTest, StandsValuesOfAnyType) {
  const std::string deep = std::string(900, '[') + std::string(900, ']');
  for (const std::string_view name :
       {"model",         "input",        "instructions",      "stream",
        "store",         "include",      "max_output_tokens", "temperature",
        "top_p",         "tools",        "tool_choice",       "parallel_tool_calls",
        "text",          "reasoning",    "metadata",          "user",
        "background",    "conversation", "safety_identifier", "service_tier",
        "prompt",        "truncation",   "prompt_cache_key",  "top_logprobs",
        "stream_options"}) {
    for (const std::string_view value :
         {std::string_view("null"), std::string_view("true"), std::string_view("-1e400"),
          std::string_view("\"\\ud800\""), std::string_view("[[{}]]"), std::string_view("{}"),
          std::string_view("[null]"), std::string_view(R"({"type":{},"tools":[1]})"),
          std::string_view(R"([{"type":"message","role":"user","content":[null]}])"),
          std::string_view(deep)}) {
      Conversation conversation;
      DroppedFields dropped;
      const std::string body = "{\"" + std::string(name) + "\":" + std::string(value) +
                               (name == "input" ? "}" : R"(,"input":"x"})");
      const auto problem = ReadConversation(body, conversation, dropped);
      if (problem) {
        EXPECT_TRUE(problem->param.starts_with(name)) << body << problem->param;
      }
    }
  }
}

}  // namespace
}  // namespace headgate::backends::openai_responses

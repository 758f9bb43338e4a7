#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "backends/protocols/openai_chat/conversation_reader.h"

namespace headgate::backends::openai_chat {
namespace {

struct RefusalCase {
  std::string_view body;  // behind the messages, or all of it if it begins with a brace
  std::string_view param;
  std::string_view message;  // behind the param
};

constexpr std::string_view kNeedsChat =
    " needs a backend that speaks chat completions; this request would be translated. Leave it "
    "out, or choose another model.";

constexpr RefusalCase kWrongFields[] = {
    {R"("model":5)", "model", " must be a string, not a number."},
    {R"("stream":"yes")", "stream", " must be true or false, not a string."},
    {R"("stream_options":[])", "stream_options",
     R"( must be an object such as {"include_usage": true}, not an array.)"},
    {R"("stream_options":{"include_usage":1})", "stream_options.include_usage",
     " must be true or false, not a number."},
    {R"("max_tokens":"5")", "max_tokens", " must be an integer, not a string."},
    {R"("max_tokens":0)", "max_tokens", " must be at least 1."},
    {R"("max_tokens":1.5)", "max_tokens", " must be an integer of at most 64 bits, such as 1024."},
    {R"("max_tokens":99999999999999999999)", "max_tokens",
     " must be an integer of at most 64 bits, such as 1024."},
    {R"("temperature":"hot")", "temperature", " must be a number, not a string."},
    {R"("temperature":1e999)", "temperature",
     " is not a number that can be read; write one such as 0.5."},
    {R"("temperature":01)", "temperature",
     " is not a number that can be read; write one such as 0.5."},
    {R"("stop":[1])", "stop[0]", " must be a string, not a number."},
    {R"("stop":[null])", "stop[0]", " must be a string, not null."},
    {R"("tools":{})", "tools", " must be an array of tools, not an object."},
    {R"("tools":[{"type":"function"}])", "tools[0]",
     ".function.name is missing; send the name of the function."},
    {R"("tools":[{"function":{"name":"f","parameters":"x"}}])", "tools[0].function.parameters",
     " must be an object, not a string."},
    {R"("tools":[{"function":{"name":"f","parameters":{"a":tru}}}])",
     "tools[0].function.parameters", " is not valid JSON; write a valid value."},
    {R"("tools":[{"type":"web_search"}])", "tools[0].type", kNeedsChat},
    {R"("tools":[{"type":"custom","custom":{"name":"f"}}])", "tools[0].custom", kNeedsChat},
    {R"("tool_choice":"maybe")", "tool_choice",
     R"( must be "none", "auto", "required" or an object such as {"type": "function", …}.)"},
    {R"("response_format":{"type":"grammar"})", "response_format.type",
     R"( must be "text", "json_object" or "json_schema".)"},
    {R"("response_format":{"type":"json_schema"})", "response_format.json_schema",
     R"(.schema is missing; send one, such as {"type": "object"}.)"},
    {R"("thinking":{"type":"between"})", "thinking.type",
     R"( must be "enabled", "adaptive" or "disabled".)"},
    {R"("metadata":{"a":1})", "metadata.a", " must be a string, not a number."},
    {R"("n":2)", "n", kNeedsChat},
    {R"("logprobs":true)", "logprobs", kNeedsChat},
    {R"("top_logprobs":3)", "top_logprobs", kNeedsChat},
    {R"("modalities":["text","audio"])", "modalities[1]", kNeedsChat},
    {R"("audio":{"voice":"x"})", "audio", kNeedsChat},
    {R"("web_search_options":{})", "web_search_options", kNeedsChat},
    {R"("model":"a","model":"b")", "model", " is there twice; send it once."},
    {R"("model":null,"mod\u0065l":"b")", "model", " is there twice; send it once."},
};

constexpr RefusalCase kWrongMessages[] = {
    {R"({})", "messages",
     R"( is missing; send one, such as "messages": [{"role": "user", "content": "Hello"}].)"},
    {R"({"messages":[]})", "messages",
     R"( is empty; send at least one, such as {"role": "user", "content": "Hello"}.)"},
    {R"({"messages":"Hi"})", "messages", " must be an array of messages, not a string."},
    {R"({"messages":["Hi"]})", "messages[0]",
     R"( must be an object such as {"role": "user", "content": "Hello"}, not a string.)"},
    {R"({"messages":[{"content":"Hi"}]})", "messages[0]",
     R"(.role is missing; send one, such as "role": "user".)"},
    {R"({"messages":[{"role":"ipython"}]})", "messages[0]",
     R"(.role must be "system", "developer", "user", "assistant" or "tool".)"},
    {R"({"messages":[{"role":"user"},{"role":"user","content":5}]})", "messages[1].content",
     " must be a string, an array of parts, or null, not a number."},
    {R"({"messages":[{"role":"user","role":"user"}]})", "messages[0].role",
     " is there twice; send it once."},
    {R"({"messages":[{"role":"user","content":[{"type":"text","text":5}]}]})",
     "messages[0].content[0].text", " must be a string, not a number."},
    {R"({"messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{}}]}]})",
     "messages[0].content[0].input_audio", kNeedsChat},
    {R"({"messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"f"}}]}]})",
     "messages[0].content[0].file.file_id", kNeedsChat},
    {R"({"messages":[{"role":"user","content":[{"type":"video"}]}]})",
     "messages[0].content[0].type",
     R"( must be "text", "image_url", "file" or "refusal", with a member of that name.)"},
    {R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:x,y"}}]}]})",
     "messages[0].content[0].image_url.url",
     R"( is a data URL without base64; write "data:image/png;base64,…".)"},
    {R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":{}}]}]})",
     "messages[0].content[0].image_url", R"(.url is missing; write one, such as "https://…".)"},
    {R"({"messages":[{"role":"user","content":[{"type":"refusal","refusal":"no"}]}]})",
     "messages[0]", ".content of a user must not have a refusal; write texts, images and files."},
    {R"({"messages":[{"role":"system","content":[{"image_url":"https://x"}]}]})", "messages[0]",
     ".content must be a text, or parts of type \"text\"."},
    {R"({"messages":[{"role":"assistant","content":[{"image_url":"https://x"}]}]})", "messages[0]",
     ".content of an assistant must be texts and refusals."},
    {R"({"messages":[{"role":"assistant","audio":{"id":"a"}}]})", "messages[0].audio", kNeedsChat},
    {R"({"messages":[{"role":"assistant","tool_calls":[{"function":{"name":"f"}}]}]})",
     "messages[0].tool_calls[0]", ".id is missing; send the id of the call."},
    {R"({"messages":[{"role":"assistant","tool_calls":[{"id":"a","custom":{}}]}]})",
     "messages[0].tool_calls[0].custom", kNeedsChat},
    {R"({"messages":[{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f","arguments":5}}]}]})",
     "messages[0].tool_calls[0].function.arguments",
     R"( must be a string with a JSON object, such as "{}", not a number.)"},
    {R"({"messages":[{"role":"tool","content":"x"}]})", "messages[0]",
     ".tool_call_id is missing; send the id of the call that the message answers."},
};

void ExpectRefused(const RefusalCase& one, const std::string& body) {
  Conversation conversation;
  DroppedFields dropped;
  const auto problem = ReadConversation(body, conversation, dropped);
  ASSERT_TRUE(problem) << body;
  EXPECT_EQ(problem->param, one.param) << body;
  EXPECT_EQ(problem->message, std::string(one.param) + std::string(one.message)) << body;
}

TEST(ChatConversationRefusalTest, Fields) {
  for (const RefusalCase& one : kWrongFields) {
    ExpectRefused(one,
                  R"({"messages":[{"role":"user","content":"Hi"}],)" + std::string(one.body) + "}");
  }
}

TEST(ChatConversationRefusalTest, Messages) {
  for (const RefusalCase& one : kWrongMessages) ExpectRefused(one, std::string(one.body));
}

TEST(ChatConversationRefusalTest, TheBodyItself) {
  Conversation conversation;
  DroppedFields dropped;
  for (const std::string_view body : {"[]", "5", "", "null", "\"x\""}) {
    const auto problem = ReadConversation(body, conversation, dropped);
    ASSERT_TRUE(problem) << body;
    EXPECT_EQ(problem->param, "") << body;
    EXPECT_TRUE(problem->message.starts_with("The body must be a JSON object such as ")) << body;
  }
}

}  // namespace
}  // namespace headgate::backends::openai_chat

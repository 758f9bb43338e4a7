#include "backends/protocols/openai_chat/conversation_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/backends/protocols/openai_chat/conversation_text.h"

namespace headgate::backends::openai_chat {
namespace {

struct ReadCase {
  std::string_view name;
  std::string_view body;     // behind the model
  std::string_view text;     // behind the model's line
  std::string_view dropped;  // names, each with a space behind it
};

constexpr std::string_view kHello = R"("messages":[{"role":"user","content":"Hi"}])";

const ReadCase kMessageCases[] = {
    {"texts of all roles",
     R"("messages":[{"role":"system","content":"A"},{"role":"developer","content":[{"type":"text",
        "text":"B"}]},{"role":"user","content":"Hi"},{"role":"assistant","content":"Ho"},
        {"role":"system","content":"C"},{"role":"user","content":[{"type":"text","text":"1"},
        {"type":"text","text":"2"}]}])",
     "system: text text=A\nsystem: text text=B\nuser\n  text text=Hi\nassistant\n  text text=Ho\n"
     "system\n  text text=C\nuser\n  text text=1\n  text text=2\n",
     ""},
    {"images and files",
     R"("messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":
        "DATA:image/png;base64,QUI=","detail":"low"}},{"type":"image_url","image_url":
        "https://x/y.png"},{"type":"file","file":{"filename":"a.pdf","file_data":
        "data:application/pdf;base64,QQ=="}},{"type":"file","file":{"file_data":"QQ=="}}]}])",
     "user\n  image type=image/png data=QUI= detail=low\n  image url=https://x/y.png\n"
     "  document type=application/pdf data=QQ== name=a.pdf\n"
     "  document type=application/pdf data=QQ==\n",
     ""},
    {"a tool's loop",
     R"("messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":null,"refusal":null,
        "tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},
        {"id":"b","type":"function","index":1,"function":{"name":"g","arguments":""}}]},
        {"role":"tool","tool_call_id":"a","content":"1"},{"role":"tool","tool_call_id":"b",
        "content":[{"type":"text","text":"2"},{"type":"image_url","image_url":{"url":"https://x"}}]},
        {"role":"user","content":"Go on"}])",
     "user\n  text text=Hi\nassistant\n  call name=f id=a arguments={\"x\":1}\n"
     "  call name=g id=b arguments={}\nuser\n  result id=a [text text=1]\n"
     "  result id=b [text text=2] [image url=https://x]\nuser\n  text text=Go on\n",
     ""},
    {"deprecated functions",
     R"("messages":[{"role":"assistant","content":null,"function_call":{"name":"f","arguments":
        "{}"}},{"role":"function","name":"f","content":"1"},{"role":"assistant","function_call":
        {"name":"f","arguments":"{}"}},{"role":"function","name":"f","content":"2"}],
        "functions":[{"name":"f","parameters":{"type":"object"}}],"function_call":{"name":"f"})",
     "assistant\n  call name=f id=call_function_1 arguments={}\nuser\n  result id=call_function_1 "
     "[text text=1]\nassistant\n  call name=f id=call_function_2 arguments={}\nuser\n  result "
     "id=call_function_2 [text text=2]\ntool f||{\"type\":\"object\"}||\nchoice named f\nparallel "
     "no\n",
     ""},
    {"broken arguments of a model",
     R"("messages":[{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f",
        "arguments":"{\"x\":"}},{"id":"b","function":{"name":"f","arguments":"[1]"}},
        {"id":"c","function":{"name":"f","arguments":{"x": 1}}}]}])",
     "assistant\n  call name=f id=a arguments={\"arguments\":\"{\\\"x\\\":\"}\n"
     "  call name=f id=b arguments={\"arguments\":\"[1]\"}\n"
     "  call name=f id=c arguments={\"x\": 1}\n",
     ""},
    {"thoughts and refusals",
     R"("messages":[{"role":"assistant","content":[{"type":"refusal","refusal":"no"}],
        "reasoning_content":"hm"},{"role":"assistant","content":"a","reasoning":"so",
        "refusal":"not"},{"role":"assistant","content":"","reasoning_content":"x","thinking_blocks":[
        {"type":"thinking","thinking":"x","signature":"hg1.messages.S"},
        {"type":"redacted_thinking","data":"hg1.responses.E"},
        {"type":"thinking","thinking":"y","signature":"own"}]}])",
     "assistant\n  thinking text=hm\n  refusal text=no\nassistant\n  thinking text=so\n  text "
     "text=a\n  refusal text=not\nassistant\n  thinking text=x messages=S\n  hidden responses=E\n"
     "  thinking text=y chat=own\n",
     ""},
    {"marks for the cache",
     R"("messages":[{"role":"user","content":[{"type":"text","text":"Hi","cache_control":
        {"type": "ephemeral"}}]}],"cache_control":{"type":"ephemeral"},"tools":[{"type":"function",
        "function":{"name":"f"},"cache_control":{"ttl":"1h"}}])",
     "user\n  text text=Hi cache={\"type\": \"ephemeral\"}\ntool f||||{\"ttl\":\"1h\"}\n"
     "cache {\"type\":\"ephemeral\"}\n",
     ""},
    {"half a surrogate pair, and keys with escapes",
     R"("messages":[{"r\u006fle":"user","content":"a\ud83db\u00e9","\ud800":1}])",
     "user\n  text text=a\xEF\xBF\xBD"
     "bé\n",
     "messages.unknown "},
    {"what a client sends back of an answer",
     R"("messages":[{"role":"assistant","content":"a","refusal":null,"annotations":[],"audio":null,
        "function_call":null,"tool_calls":null,"name":"Bob","x":{ }}])",
     "assistant\n  text text=a\n", "messages.name "},
};

const ReadCase kFieldCases[] = {
    {"numbers as they are written",
     R"("temperature":0.70,"top_p":1e0,"top_k":40,"seed":-7,"presence_penalty":-2,
        "frequency_penalty":0.5,"max_tokens":10,"max_completion_tokens":20,"stop":"END","n":1)",
     "max_tokens 20\ntemperature 0.70\ntop_p 1e0\ntop_k 40\nseed -7\npresence -2\nfrequency 0.5\n"
     "stop END\n",
     ""},
    {"texts",
     R"("stop":["a","b"],"service_tier":"flex","verbosity":"low","user":"u","prompt_cache_key":"k",
        "metadata":{"team":"x"},"max_tokens":5)",
     "max_tokens 5\nstop a\nstop b\nverbosity low\ntier flex\nuser u\ncache_key k\n"
     "metadata team=x\n",
     ""},
    {"the newer name of a user", R"("safety_identifier":"s","user":"u")", "user s\n", ""},
    {"a stream", R"("stream":true,"stream_options":{"include_usage":true})", "stream with usage\n",
     ""},
    {"a stream without usage", R"("stream":true,"stream_options":null)", "stream without usage\n",
     ""},
    {"tools",
     R"("tools":[{"type":"function","function":{"name":"f","description":"D","parameters":
        { "type":"object" },"strict":true}},{"type":"function","name":"flat","parameters":{}}],
        "tool_choice":"required","parallel_tool_calls":false)",
     "tool f|D|{ \"type\":\"object\" }|yes|\ntool flat||{}||\nchoice required \nparallel no\n", ""},
    {"a named tool", R"("tool_choice":{"type":"function","function":{"name":"f"}})",
     "choice named f\n", ""},
    {"allowed tools",
     R"("tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[
        {"type":"function","function":{"name":"g"}}]}},"tools":[{"type":"function","function":
        {"name":"f"}},{"type":"function","function":{"name":"g"}}])",
     "tool g||||\nchoice required \n", ""},
    {"a schema",
     R"("response_format":{"type":"json_schema","json_schema":{"name":"n","description":"d",
        "schema":{"type":"object"},"strict":false}})",
     "format n|d|{\"type\":\"object\"}|no\n", ""},
    {"an object", R"("response_format":{"type":"json_object"})", "format object\n", ""},
    {"a text", R"("response_format":{"type":"text"})", "", ""},
    {"effort", R"("reasoning_effort":"high")", "effort high\n", ""},
    {"no effort", R"("reasoning_effort":"none")", "thinking off\neffort none\n", ""},
    {"OpenRouter's reasoning", R"("reasoning":{"max_tokens":2000,"exclude":true})",
     "thinking budget\nbudget 2000\ndisplay omitted\n", ""},
    {"Anthropic's thinking", R"("thinking":{"type":"enabled","budget_tokens":1024})",
     "thinking budget\nbudget 1024\n", ""},
    {"thinking off", R"("thinking":{"type":"disabled"})", "thinking off\n", ""},
    {"what asks for nothing",
     R"("n":1,"logprobs":false,"top_logprobs":0,"store":false,"modalities":["text"],"audio":null,
        "logit_bias":{},"prediction":null)",
     "", ""},
    {"what is dropped",
     R"("logit_bias":{"5":1},"store":true,"prediction":{"type":"content"},"min_p":0.1,
        "stream_options":{"include_obfuscation":false},"a b\r\n":1,"prompt_cache_options":{"ttl":"30m"})",
     "",
     "logit_bias min_p prediction prompt_cache_options store "
     "stream_options.include_obfuscation unknown "},
};

void ExpectRead(const ReadCase& one, std::string_view body, const std::string& turns) {
  Conversation conversation;
  DroppedFields dropped;
  const auto problem =
      ReadConversation("{\"model\":\"m\"," + std::string(body) + "}", conversation, dropped);
  ASSERT_FALSE(problem) << one.name << ": " << problem->message;
  EXPECT_EQ(ConversationText::Of(conversation), turns) << one.name;
  std::string names;
  for (const std::string& name : dropped) names += name + " ";
  EXPECT_EQ(names, one.dropped) << one.name;
}

TEST(ChatConversationReaderTest, Messages) {
  for (const ReadCase& one : kMessageCases) {
    ExpectRead(one, one.body, "model m\n" + std::string(one.text));
  }
}

TEST(ChatConversationReaderTest, OtherFields) {
  for (const ReadCase& one : kFieldCases) {
    std::string text = "model m\n";
    std::string_view rest = one.text;
    if (rest.starts_with("stream ")) {  // stands ahead of the turns
      const std::size_t line = rest.find('\n') + 1;
      text += rest.substr(0, line);
      rest.remove_prefix(line);
    }
    text += "user\n  text text=Hi\n" + std::string(rest);
    ExpectRead(one, std::string(kHello) + "," + std::string(one.body), text);
    ExpectRead(one, std::string(one.body) + "," + std::string(kHello), text);
  }
}

TEST(ChatConversationReaderTest, NamesOfStrangersAreBounded) {
  std::string body = "{" + std::string(kHello);
  for (int i = 0; i < 100; ++i) body += ",\"x" + std::to_string(i) + "\":1";
  body += ",\"" + std::string(1000, 'y') + "\":1}";
  Conversation conversation;
  DroppedFields dropped;
  EXPECT_FALSE(ReadConversation(body, conversation, dropped));
  EXPECT_EQ(dropped.size(), 32u);
}

TEST(ChatConversationReaderTest, DeepNestingIsKeptOrSkipped) {
  const std::string deep = std::string(900, '[') + std::string(900, ']');
  Conversation conversation;
  DroppedFields dropped;
  EXPECT_FALSE(ReadConversation("{" + std::string(kHello) + ",\"x\":" + deep +
                                    ",\"tools\":[{\"function\":{\"name\":\"f\",\"parameters\":"
                                    "{\"x\":" +
                                    deep + "}}}]}",
                                conversation, dropped));
  EXPECT_EQ(conversation.tools.at(0).schema, "{\"x\":" + deep + "}");
}

}  // namespace
}  // namespace headgate::backends::openai_chat

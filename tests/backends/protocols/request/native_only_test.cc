#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/backends/protocols/openai/request/body_reader.h"

namespace headgate::backends {
namespace {

struct NativeCase {
  std::string_view more;  // members of a sound body
  std::string_view native_only;
};

void ExpectNativeOnly(ApiEndpoint endpoint, const std::string& begin,
                      std::initializer_list<NativeCase> cases) {
  BodyReader reader;
  for (const NativeCase& c : cases) {
    const std::string body = begin + "," + std::string(c.more) + "}";
    const auto problem = reader.Read(body, endpoint);
    ASSERT_FALSE(problem) << body << problem->message;
    EXPECT_EQ(reader.view.facts.native_only, c.native_only) << body;
  }
}

TEST(NativeOnly, OfChatCompletions) {
  ExpectNativeOnly(
      ApiEndpoint::kChat, R"({"model":"m","messages":[{"role":"user","content":"Hi"}])",
      {
          {R"("n":1,"logprobs":false,"prediction":null,"modalities":["text"],"store":true)", ""},
          {R"("tools":[{"type":"function","function":{"name":"f"},"custom":null}])", ""},
          {R"("n":2)", "more than one choice (n)"},
          {R"("logprobs":true)", "logprobs"},
          {R"("prediction":{"type":"content"})", "prediction"},
          {R"("web_search_options":{"search_context_size":"low"})", "web_search_options"},
          {R"("modalities":["text","audio"])", "audio"},
          {R"("audio":{"voice":"v"})", "audio"},
          {R"("tools":[{"type":"custom","custom":{"name":"f"}}])", "tools that are not functions"},
          {R"("tools":[{"type":"web_search"}])", "tools that are not functions"},
          {R"("tools":[{"type":7,"name":"f"},{"type":null,"function":{"name":"g"}}])", ""},
          {R"("logprobs":null,"top_logprobs":2)", "logprobs"},
          {R"("moderation":{"model":"x"})", "moderation"},
      });
  ExpectNativeOnly(
      ApiEndpoint::kChat, R"({"model":"m")",
      {
          {R"("messages":[{"role":"user","content":[{"file":{"file_id":"f"}}]}])", "file ids"},
          {R"("messages":[{"role":"user","content":[{"file":{"file_data":"AA"}}]}])", ""},
          {R"("messages":[{"role":"user","content":[{"input_audio":{"data":"A"}}]}])", "audio"},
      });
}

TEST(NativeOnly, OfMessages) {
  ExpectNativeOnly(
      ApiEndpoint::kMessages, R"({"model":"m","messages":[{"role":"user","content":"Hi"}])",
      {
          {R"("tools":[{"name":"f","input_schema":{}},{"type":"custom","name":"g"}])", ""},
          {R"("mcp_servers":[],"container":null,"context_management":{"edits":[1]})", ""},
          {R"("tools":[{"type":"web_search_20260318","name":"web_search"}])",
           "Anthropic's own tools"},
          {R"("tools":[{"type":"bash_20250124","name":"bash"}])", "Anthropic's own tools"},
          {R"("container":"c")", "a container"},
          {R"("thread":null)", ""},
          {R"("thread":{"type":"create"})", "a thread"},
          {R"("thread":{"type":"continue","previous_message_id":"msg_1"})", "a thread"},
          {R"("container":{"skills":[]})", "a container"},
          {R"("mcp_servers":[{"url":"x"}])", "mcp_servers"},
          {R"("max_tokens":0)", "max_tokens of 0"},
      });
  ExpectNativeOnly(
      ApiEndpoint::kMessages, R"({"model":"m")",
      {
          {R"("messages":[{"role":"user","content":[{"type":"image","source":{"type":"file","file_id":"f"}}]}])",
           "file ids"},
          {R"("messages":[{"role":"user","content":[{"type":"container_upload","file_id":"f"}]}])",
           "file ids"},
          {R"("messages":[{"role":"assistant","content":[{"type":"server_tool_use","input":{}}]}])",
           "blocks of Anthropic's own tools"},
          {R"("messages":[{"role":"user","content":[{"type":"tool_result","content":[{"type":"tool_reference"}]}]}])",
           "blocks of Anthropic's own tools"},
          {R"("messages":[{"role":"assistant","content":[{"type":"redacted_thinking","data":"x"}]}])",
           ""},
      });
}

TEST(NativeOnly, OfResponses) {
  const std::string begin = R"({"model":"m","input":"Hi")";
  ExpectNativeOnly(
      ApiEndpoint::kResponses, begin,
      {
          {R"("store":true,"background":false,"top_logprobs":0,"truncation":"auto")", ""},
          {R"("tools":[{"type":"function","name":"f"},{"type":"web_search"}])", ""},
          {R"("tools":[{"type":"web_search"}],"tool_choice":"auto")", "built-in tools"},
          {R"("tools":[{"type":"web_search"}])", "built-in tools"},
          {R"("tools":[{"type":"web_search"}],"tool_choice":"none")", ""},
          {R"("tools":[{"type":"namespace","name":"n","tools":[{"type":"function"}]}])", ""},
          {R"("tools":[{"type":"web_search"}],"tool_choice":"required")", "built-in tools"},
          {R"("tools":[{"type":"web_search"},{"type":"function"}],"tool_choice":"required")", ""},
          {R"("tools":[{"type":"function","name":"f"},{"type":"file_search"}])", "built-in tools"},
          {R"("tools":[{"type":"code_interpreter"},{"type":"web_search"},{"type":"custom"}])",
           "built-in tools"},
          {R"("tools":[{"type":"function"},{"type":"web_search_preview"}])", "built-in tools"},
          {R"("tools":[{"type":"function"},{"type":"file_search"}],"tool_choice":"none")", ""},
          {R"("tool_choice":{"type":"file_search"},"tools":[{"type":"function"}])",
           "built-in tools"},
          {R"("tool_choice":{"type":"function","name":"f"},"tools":[{"type":"function"}])", ""},
          {R"("tools":[{"type":"custom","name":"apply_patch"}])", ""},
          {R"("previous_response_id":"r")", "previous_response_id"},
          {R"("conversation":"c")", "conversation"},
          {R"("prompt":{"id":"p"})", "prompt"},
          {R"("top_logprobs":3)", "logprobs"},
      });
  ExpectNativeOnly(
      ApiEndpoint::kResponses, R"({"model":"m")",
      {
          {R"("prompt":{"id":"p"})", "prompt"},
          {R"("input":[{"type":"item_reference","id":"i"}])", "item_reference"},
          {R"("input":[{"id":"i"},{"type":null,"role":null,"id":"j"}])", "item_reference"},
          {R"("input":[{"id":"i","role":"user","content":"x"}])", ""},
          {R"("input":[{"type":"web_search_call","action":{}},{"role":"user","content":"x"}])", ""},
          {R"("input":[{"type":"computer_call","action":{}}])", "items of built-in tools"},
          {R"("input":[{"type":"custom_tool_call_output","output":"x"},{"type":"mcp_call"}])",
           "items of built-in tools"},
          {R"("input":[{"role":"user","content":[{"type":"input_file","file_id":"f"}]}])",
           "file ids"},
          {R"("input":[{"role":"user","content":[{"input_audio":{"data":"A"}}]}])", "audio"},
      });
}

}  // namespace
}  // namespace headgate::backends

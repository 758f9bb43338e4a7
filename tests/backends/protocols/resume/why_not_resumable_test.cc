#include "backends/protocols/resume/why_not_resumable.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace headgate::backends {
namespace {

TEST(WhyNotResumableTest, ByRequest) {
  constexpr ChatProtocol kAsChat = ChatProtocol::kChatCompletions;
  constexpr ChatProtocol kAsMessages = ChatProtocol::kMessages;
  constexpr ChatProtocol kAsResponses = ChatProtocol::kResponses;
  struct Row {
    ChatProtocol client;
    std::string_view members;
    std::string_view why;
  };
  const Row rows[] = {
      {kAsChat, R"("n":1,"logprobs":false,"top_logprobs":0,"tool_choice":"auto")", ""},
      {kAsChat, R"("n":null,"response_format":{"type":"text"},"stop":["a"],"tools":[])", ""},
      {kAsChat, R"("n":2)", "it asks for more than one answer"},
      {kAsChat, R"("use_beam_search":true)", "it asks for more than one answer"},
      {kAsChat, R"("logprobs":true)", "it asks for logprobs"},
      {kAsChat, R"("top_logprobs":3)", "it asks for logprobs"},
      {kAsChat, R"("tool_choice":"required")", "it asks for the call of a tool"},
      {kAsChat, R"("tool_choice":{"type":"function","function":{"name":"f"}})",
       "it asks for the call of a tool"},
      {kAsChat, R"("tool_choice":{"type":"allowed_tools","mode":"auto"})", ""},
      {kAsChat, R"("function_call":{"name":"f"})", "it asks for the call of a tool"},
      {kAsChat, R"("response_format":{"type":"json_object"})",
       "it asks for JSON or another grammar"},
      {kAsChat, R"("response_format":{"type":"json_schema","json_schema":{}})",
       "it asks for JSON or another grammar"},
      {kAsChat, R"("guided_regex":"a+")", "it asks for JSON or another grammar"},
      {kAsChat, R"("audio":{"voice":"x"})", "it asks for speech"},
      {kAsMessages, R"("tool_choice":{"type":"auto"},"thinking":{"type":"enabled"})", ""},
      {kAsMessages, R"("tool_choice":{"type":"any"})", "it asks for the call of a tool"},
      {kAsMessages, R"("tool_choice":{"type":"tool","name":"f"})",
       "it asks for the call of a tool"},
      {kAsMessages, R"("output_config":{"effort":"low"})", ""},
      {kAsMessages, R"("output_config":{"format":{"type":"json_schema"}})",
       "it asks for JSON or another grammar"},
      {kAsMessages, R"("thread":"t")", "its provider keeps the conversation"},
      {kAsResponses, R"("store":true,"text":{"format":{"type":"text"}},"include":[])", ""},
      {kAsResponses, R"("text":{"format":{"type":"json_schema"}})",
       "it asks for JSON or another grammar"},
      {kAsResponses, R"("include":["message.output_text.logprobs"])", "it asks for logprobs"},
      {kAsResponses, R"("previous_response_id":"resp_1")", "its provider keeps the conversation"},
      {kAsResponses, R"("background":true)", "its provider keeps the conversation"},
      {kAsResponses, R"("tool_choice":"required")", "it asks for the call of a tool"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(WhyNotResumable(row.client, "{" + std::string(row.members) + "}"), row.why)
        << row.members;
  }
  EXPECT_EQ(WhyNotResumable(kAsChat, "[]"), "it cannot be read");
}

}  // namespace
}  // namespace headgate::backends

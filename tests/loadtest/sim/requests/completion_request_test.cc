#include "loadtest/sim/requests/completion_request.h"

#include <gtest/gtest.h>

namespace headgate::loadtest::sim {
namespace {

CompletionRequest Read(Endpoint endpoint, std::string_view body) {
  RequestPlace place;
  place.endpoint = endpoint;
  place.anthropic_version = "2023-06-01";
  auto parsed = ParseCompletionRequest(place, body);
  if (const auto* refusal = std::get_if<Refusal>(&parsed)) {
    ADD_FAILURE() << refusal->message;
    return {};
  }
  return std::get<CompletionRequest>(std::move(parsed));
}

// The conversation of each protocol is the same: a question, a tool call and its result.
TEST(CompletionRequestTest, AConversationCountsTheSameInEveryProtocol) {
  const struct {
    Endpoint endpoint;
    std::string_view body;
  } kCases[] = {
      {Endpoint::kChat, R"({"model":"m","max_tokens":9,"messages":[
          {"role":"system","content":"12345678"},{"role":"user","content":"1234"},
          {"role":"assistant","content":null,"tool_calls":[
             {"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},
          {"role":"tool","tool_call_id":"c","content":"123456789012"}],
          "tools":[{"type":"function","function":{"name":"f"}}]})"},
      {Endpoint::kMessages, R"({"model":"m","max_tokens":9,"system":"12345678","messages":[
          {"role":"user","content":"1234"},
          {"role":"assistant","content":[{"type":"tool_use","id":"c","name":"f","input":{}}]},
          {"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":[
             {"type":"text","text":"123456789012"}]}]}],
          "tools":[{"name":"f","input_schema":{}}]})"},
      {Endpoint::kResponses, R"({"model":"m","max_output_tokens":16,"instructions":"12345678",
          "input":[{"role":"user","content":[{"type":"input_text","text":"1234"}]},
          {"type":"function_call","call_id":"c","name":"f","arguments":"{}"},
          {"type":"function_call_output","call_id":"c","output":"123456789012"}],
          "tools":[{"type":"function","name":"f"}]})"},
  };
  for (const auto& c : kCases) {
    const CompletionRequest request = Read(c.endpoint, c.body);
    EXPECT_EQ(request.prompt_tokens, 2 + 1 + 3 + 4 * kMessageTokens);
    EXPECT_EQ(request.tool_results, 1);
    EXPECT_EQ(request.last_user_text, "1234");
    EXPECT_FALSE(request.tool_call);
    ASSERT_EQ(request.tools.size(), 1U);
    EXPECT_EQ(request.tools[0].name, "f");
    EXPECT_TRUE(request.max_tokens);
  }
}

TEST(CompletionRequestTest, ResponsesRepeatTheirRequest) {
  const CompletionRequest request =
      Read(Endpoint::kResponses, R"({"model":"m","input":"hi","temperature":0.5,"store":false})");
  EXPECT_NE(request.echoed.find(R"("instructions":null,"max_output_tokens":null)"),
            std::string::npos);
  EXPECT_NE(request.echoed.find(R"("store":false,"temperature":5E-1)"), std::string::npos);
}

TEST(CompletionRequestTest, TheNamedToolIsCalled) {
  constexpr std::string_view kSchema =
      R"({"type":"object","properties":{"n":{"type":"integer"},"s":{"enum":["a","b"]}}})";
  const struct {
    Endpoint endpoint;
    std::string before;
    std::string after;
  } kCases[] = {
      {Endpoint::kMessages,
       R"({"model":"m","max_tokens":9,"messages":[{"role":"user","content":"?"}],
           "tools":[{"name":"f","input_schema":{}},{"name":"g","input_schema":)",
       R"(}],"tool_choice":{"type":"tool","name":"g"}})"},
      {Endpoint::kResponses,
       R"({"model":"m","input":"?","tools":[{"type":"function","name":"f"},
           {"type":"function","name":"g","parameters":)",
       R"(}],"tool_choice":{"type":"function","name":"g"}})"},
  };
  for (const auto& c : kCases) {
    const CompletionRequest request = Read(c.endpoint, c.before + std::string(kSchema) + c.after);
    ASSERT_TRUE(request.tool_call);
    EXPECT_EQ(request.tool_call->name, "g");
    EXPECT_EQ(request.tool_call->arguments, R"({"n":7,"s":"a"})");
  }
}

}  // namespace
}  // namespace headgate::loadtest::sim

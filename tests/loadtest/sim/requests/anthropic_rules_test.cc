// Tests the rules that messages_test.py does not test over a socket.
#include "loadtest/sim/requests/anthropic_rules.h"

#include <gtest/gtest.h>

namespace headgate::loadtest::sim {
namespace {

// Returns the text of the refusal. It is empty if the body is accepted.
std::string Refused(std::string_view body, bool provider = true) {
  RequestPlace place;
  place.endpoint = Endpoint::kMessages;
  place.provider = provider;
  place.anthropic_version = "2023-06-01";
  const auto parsed = ParseCompletionRequest(place, body);
  const auto* refusal = std::get_if<Refusal>(&parsed);
  return refusal == nullptr ? std::string() : refusal->message;
}

std::string Body(std::string_view messages) {
  return R"({"model":"m","max_tokens":9,"messages":[)" + std::string(messages) + "]}";
}

TEST(AnthropicRulesTest, TypesThatAreWrongAreNamed) {
  const struct {
    std::string_view messages;
    std::string_view says;
  } kCases[] = {
      {"5", "messages.0: Input should be an object"},
      {R"({"role":"user"})", "messages.0.content: Field required"},
      {R"({"role":"user","content":5})",
       "messages.0.content: Input should be a valid string or a valid list"},
      {R"({"role":"user","content":[5]})", "messages.0.content.0: Input should be an object"},
      {R"({"role":"user","content":""})", "messages.0: messages must have non-empty content"},
      {R"({"role":5,"content":"x"})",
       "messages.0.role: Input should be 'user', 'assistant' or 'system'"},
  };
  for (const auto& c : kCases) EXPECT_EQ(Refused(Body(c.messages)), c.says);
}

TEST(AnthropicRulesTest, SelfHostedServersOverlookThem) {
  const std::string body = Body(
      R"({"role":"user","content":"?"},{"role":"assistant","content":[
          {"type":"tool_use","id":"functions.f:0","name":"f","input":{}}]})");
  EXPECT_NE(Refused(body), "");
  EXPECT_EQ(Refused(body, false), "");
}

TEST(AnthropicRulesTest, TurnsOfOneRoleAreOneTurn) {
  constexpr std::string_view kCall =
      R"({"role":"user","content":"?"},
         {"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{}}]},
         {"role":"assistant","content":[{"type":"tool_use","id":"b","name":"f","input":{}}]},)";
  constexpr std::string_view kFirst =
      R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"b"}]},)";
  constexpr std::string_view kSecond =
      R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"a"}]})";
  EXPECT_EQ(Refused(Body(std::string(kCall).append(kFirst).append(kSecond))), "");
  const std::string between =
      std::string(kCall).append(kFirst).append(R"({"role":"user","content":"x"},)").append(kSecond);
  EXPECT_NE(Refused(Body(between)), "");
}

}  // namespace
}  // namespace headgate::loadtest::sim

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

TEST(CompletionRequestTest, PriorityIsReadAsTheServerReadsIt) {
  const auto priority = [](PriorityUse use, Endpoint endpoint, const std::string& value) {
    RequestPlace place;
    place.endpoint = endpoint;
    place.priority = use;
    const bool messages = endpoint == Endpoint::kMessages;
    const std::string body =
        R"({"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}],"input":"x",)"
        R"("prompt":"x","priority":)" +
        value + "}";
    place.provider = messages ? false : place.provider;
    if (endpoint == Endpoint::kResponses) place.provider = false;
    auto parsed = ParseCompletionRequest(place, body);
    if (const auto* refusal = std::get_if<Refusal>(&parsed)) return refusal->message;
    return std::to_string(std::get<CompletionRequest>(parsed).priority);
  };
  for (const Endpoint endpoint : {Endpoint::kChat, Endpoint::kCompletions, Endpoint::kResponses}) {
    EXPECT_EQ(priority(PriorityUse::kOrders, endpoint, "-5"), "-5");
    EXPECT_EQ(priority(PriorityUse::kOrders, endpoint, "null"), "0");
    EXPECT_EQ(priority(PriorityUse::kOrders, endpoint, "1.5"), "`priority` must be an integer");
    EXPECT_EQ(priority(PriorityUse::kOrders, endpoint, "\"1\""), "`priority` must be an integer");
    EXPECT_EQ(priority(PriorityUse::kOrders, endpoint, "9999999999"),
              "`priority` must be an integer");
    EXPECT_EQ(priority(PriorityUse::kZeroOnly, endpoint, "0"), "0");
    EXPECT_EQ(priority(PriorityUse::kZeroOnly, endpoint, "3"),
              "Got priority 3 but Priority scheduling is not enabled.");
    EXPECT_EQ(priority(PriorityUse::kIgnored, endpoint, "3"), "0");
  }
  EXPECT_EQ(priority(PriorityUse::kZeroOnly, Endpoint::kMessages, "3"), "0");
}

// The next turn of a conversation begins with the blocks of this turn and of its answer.
TEST(CompletionRequestTest, TurnsOfAConversationShareTheirBlocks) {
  const std::string system(200, 's');
  const std::string asked(300, 'q');
  const std::string answer(400, 'a');
  const auto text = [](std::string_view role, const std::string& content) {
    return R"({"role":")" + std::string(role) + R"(","content":")" + content + "\"}";
  };
  for (const Endpoint endpoint : {Endpoint::kChat, Endpoint::kMessages, Endpoint::kResponses}) {
    RequestPlace place;
    place.endpoint = endpoint;
    place.provider = false;
    place.hash_prompt = true;
    const auto read = [&](const std::string& messages) {
      std::string body = R"({"model":"m",)";
      if (endpoint == Endpoint::kChat) {
        body += R"("messages":[)" + text("system", system) + "," + messages + "]}";
      } else if (endpoint == Endpoint::kMessages) {
        body += R"("max_tokens":5,"system":")" + system + R"(","messages":[)" + messages + "]}";
      } else {
        body += R"("instructions":")" + system + R"(","input":[)" + messages + "]}";
      }
      auto parsed = ParseCompletionRequest(place, body);
      EXPECT_TRUE(std::holds_alternative<CompletionRequest>(parsed));
      return std::get<CompletionRequest>(std::move(parsed));
    };
    CompletionRequest turn = read(text("user", asked));
    EXPECT_EQ(turn.prompt.hashes().size(), (9 + 200 + 7 + 300 + 12) / 64u);
    turn.prompt.Text(answer);
    const CompletionRequest next =
        read(text("user", asked) + "," + text("assistant", answer) + "," + text("user", "more"));
    ASSERT_GE(next.prompt.hashes().size(), turn.prompt.hashes().size());
    EXPECT_TRUE(std::equal(turn.prompt.hashes().begin(), turn.prompt.hashes().end(),
                           next.prompt.hashes().begin()));
  }
}

TEST(CompletionRequestTest, ModelsAndSaltsShareNoBlocks) {
  RequestPlace place;
  place.hash_prompt = true;
  const auto first = [&](const std::string& members) {
    const std::string body = "{" + members + R"(,"messages":[{"role":"user","content":")" +
                             std::string(200, 'x') + "\"}]}";
    return std::get<CompletionRequest>(ParseCompletionRequest(place, body)).prompt.hashes()[0];
  };
  EXPECT_EQ(first(R"("model":"m")"), first(R"("model":"m")"));
  EXPECT_NE(first(R"("model":"m")"), first(R"("model":"n")"));
  EXPECT_NE(first(R"("model":"m")"), first(R"("model":"m","cache_salt":"s")"));
}

}  // namespace
}  // namespace headgate::loadtest::sim

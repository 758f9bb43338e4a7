#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

#include "backends/protocols/errors/error_reader.h"

namespace headgate::backends {
namespace {

TEST(ReadErrorBodyTest, ContextPhrasesInAnyCase) {
  for (const std::string_view message :
       {"PROMPT IS TOO LONG: 9 tokens", "Maximum Context Length is 8",
        "the request exceeds the available context size", "longer than the maximum model length",
        "larger than the context window"}) {
    const std::string body = R"({"error":{"message":")" + std::string(message) + R"("}})";
    EXPECT_TRUE(ReadErrorBody(400, body).context_too_long) << message;
    EXPECT_FALSE(ReadErrorBody(503, body).context_too_long) << message;
  }
}

struct MoneyCase {
  const char* name;
  int status;
  std::string_view body;
  bool exhausted;
};

TEST(ReadErrorBodyTest, KnowsAnAccountWithoutMoney) {
  const MoneyCase cases[] = {
      {"402", 402, "", true},
      {"openai", 429,
       R"({"error":{"message":"You exceeded your current quota, please check your plan
        and billing details.","type":"insufficient_quota","code":"insufficient_quota"}})",
       true},
      {"openai_2026", 429, R"({"error":{"type":"x","code":"credit_balance_exhausted"}})", true},
      {"openai_limit", 400, R"({"error":{"code":"billing_hard_limit_reached"}})", true},
      {"moonshot", 429, R"({"error":{"type":"exceeded_current_quota_error","message":"m"}})", true},
      {"deepseek", 402, R"({"error":{"message":"Insufficient Balance"}})", true},
      {"deepseek_words", 403, R"({"error":{"message":"Insufficient Balance"}})", true},
      {"anthropic", 400, R"({"type":"error","error":{"type":"invalid_request_error",
        "message":"Your credit balance is too low to access the Anthropic API."}})",
       true},
      {"alibaba", 400, R"({"code":"Arrearage","message":"Access denied"})", true},
      {"volcengine", 403, R"({"error":{"code":"AccountOverdueError","type":"Forbidden"}})", true},
      {"xai", 403, R"({"code":"personal-team-blocked:spending-limit","error":"no"})", true},
      {"xai_words", 429, R"({"error":"Your team has either used all available credits or x."})",
       true},
      {"siliconflow", 403,
       R"({"code":30001,"message":"Sorry, your account balance is insufficient"})", true},
      {"zhipu", 429, R"({"error":{"code":"1113","message":"x"}})", true},
      {"google", 403, R"([{"error":{"message":"Enable billing","status":"PERMISSION_DENIED",
        "details":[{"reason":"BILLING_DISABLED"}]}}])",
       true},
      {"plain_text", 429, "insufficient balance", true},
      {"rate_limit", 429,
       R"({"error":{"message":"Rate limit reached","code":"rate_limit_exceeded"}})", false},
      {"gemini_rate_limit", 429,
       R"([{"error":{"message":"You exceeded your current quota, please check
        your plan and billing details. Please retry in 13.2s.","status":"RESOURCE_EXHAUSTED"}}])",
       false},
      {"key", 403, R"({"error":{"message":"Forbidden"}})", false},
      {"quoted_prompt", 400, R"({"error":{"message":"Invalid value: 'insufficient balance'"}})",
       false},
      {"quoted_at_a_policy", 403,
       R"({"error":{"message":"x requires moderation: out of credits"}})", false},
      {"server", 500, R"({"error":{"message":"insufficient balance"}})", false},
  };
  for (const MoneyCase& one : cases) {
    EXPECT_EQ(ReadErrorBody(one.status, one.body).account_exhausted, one.exhausted) << one.name;
  }
}

struct RejectionCase {
  const char* name;
  int status;
  std::string_view body;
  bool key;
  bool model;
};

TEST(ReadErrorBodyTest, KnowsARejectedKeyAndAnUnknownModelInA400) {
  const RejectionCase cases[] = {
      {"gemini", 400, R"([{"error":{"code":400,"message":"API key not valid. Please pass a valid API
        key.","status":"INVALID_ARGUMENT"}}])",
       true, false},
      {"gemini_reason", 400, R"([{"error":{"code":400,"message":"x","status":"INVALID_ARGUMENT",
        "details":[{"reason":"API_KEY_INVALID"}]}}])",
       true, false},
      {"xai", 400, R"({"code":"Client specified an invalid argument",
        "error":"Incorrect API key provided: xa***ey. Get one at https://console.x.ai."})",
       true, false},
      {"deepseek", 400, R"({"error":{"message":"Model Not Exist","type":"invalid_request_error"}})",
       false, true},
      {"mistral", 400, R"({"object":"error","message":"Invalid model: x","type":"invalid_model"})",
       false, true},
      {"openrouter", 400, R"({"error":{"message":"a/b is not a valid model ID","code":400}})",
       false, true},
      {"without_status", 0, R"({"error":{"message":"Incorrect API key provided"}})", false, false},
      {"quoted", 400, R"({"error":{"message":"Invalid value: 'API key not valid'"}})", false,
       false},
      {"quoted_model", 400, R"({"error":{"message":"Bad: 'a is not a valid model ID'"}})", false,
       false},
      {"rate_limit", 429, R"({"error":{"message":"Invalid API key or so","code":"x"}})", false,
       false},
      {"server", 500, R"({"error":{"message":"x","code":"model_not_found"}})", false, false},
      {"field", 400, R"({"error":{"message":"messages is required","param":"messages"}})", false,
       false},
  };
  for (const RejectionCase& one : cases) {
    const ErrorBody error = ReadErrorBody(one.status, one.body);
    EXPECT_EQ(error.key_rejected, one.key) << one.name;
    EXPECT_EQ(error.model_unknown, one.model) << one.name;
  }
}

TEST(ReadErrorBodyTest, KnowsARefusalOfStreamOptions) {
  const std::pair<std::string_view, bool> cases[] = {
      {R"({"error":{"message":"Unrecognized request argument supplied: stream_options"}})", true},
      {R"({"error":{"message":"no","param":"stream_options"}})", true},
      {R"({"error":{"message":"no","param":"stream_options.include_usage"}})", true},
      {R"({"detail":[{"loc":["body","stream_options"],"msg":"Extra inputs are not permitted"}]})",
       true},
      {R"({"message":{"detail":[{"loc":["body","stream_options","include_usage"],"msg":"no"}]}})",
       true},
      {"unknown field `stream_options`", true},
      {R"({"error":"Unknown option: include_usage"})", true},
      {R"({"error":{"message":"unknown field stream_options_v2"}})", false},
      {R"({"detail":[{"loc":["body","x"],"msg":"no","input":{"stream_options":{}}}]})", false},
      {R"({"error":{"message":"no"}})", false},
  };
  for (const auto& [body, names] : cases) {
    EXPECT_EQ(ReadErrorBody(400, body).names_stream_options, names) << body;
    EXPECT_EQ(ReadErrorBody(422, body).names_stream_options, names) << body;
    EXPECT_FALSE(ReadErrorBody(500, body).names_stream_options) << body;
  }
}

}  // namespace
}  // namespace headgate::backends

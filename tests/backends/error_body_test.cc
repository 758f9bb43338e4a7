#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "backends/openai/answer.h"

namespace headgate::backends::openai {
namespace {

struct Case {
  const char* name;
  int status;
  std::string_view body;
  ErrorBody want;
};

TEST(ReadErrorBodyTest, NormalisesEveryDialect) {
  const Case cases[] = {
      {"openai",
       404,
       R"({"error":{"message":"No such model","type":"invalid_request_error","param":"model",
           "code":"model_not_found"}})",
       {"No such model", "invalid_request_error", "model", "model_not_found"}},
      {"openai_context",
       400,
       R"({"error":{"message":"Too many tokens","type":"invalid_request_error","param":"messages",
           "code":"context_length_exceeded"}})",
       {"Too many tokens", "invalid_request_error", "messages", "context_length_exceeded", true}},
      {"azure_content_filter",
       400,
       R"({"error":{"message":"Filtered","type":null,"param":"prompt","code":"content_filter",
           "status":400,"innererror":{"code":"ResponsibleAIPolicyViolation"}}})",
       {"Filtered", "", "prompt", "content_filter", false, true}},
      {"content_policy",
       400,
       R"({"error":{"message":"No","type":"image_generation_user_error","param":null,
           "code":"content_policy_violation"}})",
       {"No", "image_generation_user_error", "", "content_policy_violation", false, true}},
      {"vllm_nested",
       400,
       R"({"error":{"message":"This model's maximum context length is 64 tokens.",
           "type":"BadRequestError","param":null,"code":400}})",
       {"This model's maximum context length is 64 tokens.", "BadRequestError", "", "", true}},
      {"vllm_flat",
       404,
       R"({"object":"error","message":"unknown model","type":"NotFoundError","param":null,
           "code":404})",
       {"unknown model", "NotFoundError", "", ""}},
      {"vllm_key", 401, R"({"error":"Unauthorized"})", {"Unauthorized", "", "", ""}},
      {"sglang",
       400,
       R"({"object":"error","message":"The prompt is too long for this server",
           "type":"BadRequestError","param":null,"code":400})",
       {"The prompt is too long for this server", "BadRequestError", "", "", true}},
      {"llama_cpp",
       400,
       R"({"error":{"code":400,"message":"does not fit","type":"exceed_context_size_error",
           "n_prompt_tokens":9000,"n_ctx":4096}})",
       {"does not fit", "exceed_context_size_error", "", "", true}},
      {"llama_cpp_loading",
       503,
       R"({"error":{"code":503,"message":"Loading model","type":"unavailable_error"}})",
       {"Loading model", "unavailable_error", "", ""}},
      {"ollama",
       404,
       R"({"error":{"message":"pull it first","type":"not_found_error","param":null,"code":null}})",
       {"pull it first", "not_found_error", "", ""}},
      {"ollama_native", 400, R"({"error":"no prompt"})", {"no prompt", "", "", ""}},
      {"tgi",
       429,
       R"({"error":"Model is overloaded","error_type":"overloaded"})",
       {"Model is overloaded", "overloaded", "", ""}},
      {"openrouter_moderation",
       403,
       R"({"error":{"code":403,"message":"Your input was flagged","metadata":{"reasons":["violence"],"flagged_input":"…"}}})",
       {"Your input was flagged", "", "", "", false, true}},
      {"fastapi", 404, R"({"detail":"Not Found"})", {"Not Found", "", "", ""}},
      {"a_rate_limit_may_speak_of_context",
       429,
       R"({"error":{"message":"Limit of tokens for the context size reached"}})",
       {"Limit of tokens for the context size reached", "", "", ""}},
      {"no_message",
       500,
       R"({"error":{"type":"server_error"}})",
       {"HTTP 500", "server_error", "", ""}},
      {"null_error", 500, R"({"error":null,"message":"m"})", {"m", "", "", ""}},
      {"list", 400, R"(["x"])", {"HTTP 400", "", "", ""}},
      {"html", 502, "<html><h1>Bad Gateway</h1></html>", {"HTTP 502", "", "", ""}},
      {"empty", 503, "", {"HTTP 503", "", "", ""}},
      {"truncated", 400, R"({"error":{"message":"ha)", {"HTTP 400", "", "", ""}},
      {"not_utf8", 400, "{\"error\":\"\xFF\xFE\"}", {"HTTP 400", "", "", ""}},
      {"no_status", 0, R"({"error":{}})", {"an error without a message", "", "", ""}},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    const ErrorBody error = ReadErrorBody(one.status, one.body);
    EXPECT_EQ(error.message, one.want.message);
    EXPECT_EQ(error.type, one.want.type);
    EXPECT_EQ(error.param, one.want.param);
    EXPECT_EQ(error.code, one.want.code);
    EXPECT_EQ(error.context_too_long, one.want.context_too_long);
    EXPECT_EQ(error.content_policy, one.want.content_policy);
  }
}

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

TEST(ReadErrorBodyTest, CutsALongMessageBetweenCharacters) {
  std::string text = "a";
  while (text.size() < 10'000) text += "\xC3\xA9";
  const ErrorBody error = ReadErrorBody(400, R"({"error":{"message":")" + text + R"("}})");
  EXPECT_LE(error.message.size(), 4096u);
  EXPECT_GT(error.message.size(), 4000u);
  EXPECT_EQ(error.message.size() % 2, 1u);
  EXPECT_TRUE(text.starts_with(error.message));
}

}  // namespace
}  // namespace headgate::backends::openai

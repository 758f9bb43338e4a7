#include "backends/protocols/errors/error_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

#include "backends/protocols/json/clean_text.h"

namespace headgate::backends {
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
      {"list_of_texts", 400, R"(["x", "y"])", {"x; y", "", "", ""}},
      {"text", 401, R"("Unauthorized")", {"Unauthorized", "", "", ""}},
      {"fastapi_list",
       422,
       R"({"detail":[{"loc":["body","x"],"msg":"field required","type":"value_error.missing"}]})",
       {"body.x: field required", "value_error.missing", "x", ""}},
      {"fastapi_two_and_an_index",
       422,
       R"({"detail":[{"type":"missing","loc":["body","messages",0,"role"],"msg":"Field required",
           "input":{"content":"secret"}},{"type":"int_type","loc":["body","n"],"msg":"Not an int"}]})",
       {"body.messages.0.role: Field required; body.n: Not an int", "missing", "messages.0.role",
        ""}},
      {"fastapi_object",
       400,
       R"({"detail":{"error":"no","message":"not so","code":"bad_thing"}})",
       {"not so", "", "", "bad_thing"}},
      {"mistral",
       422,
       R"({"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","x"],
           "msg":"Extra inputs are not permitted","input":1}]},"type":"invalid_request_error",
           "param":null,"code":null})",
       {"body.x: Extra inputs are not permitted", "invalid_request_error", "x", ""}},
      {"gemini",
       400,
       R"([{"error":{"code":400,"message":"Invalid value at 'x'","status":"INVALID_ARGUMENT",
           "details":[{"@type":"t","fieldViolations":[{"description":"no"}]}]}}])",
       {"Invalid value at 'x'", "", "", "INVALID_ARGUMENT"}},
      {"gemini_too_long",
       400,
       R"([{"error":{"code":400,"message":"The input token count (9) exceeds the maximum number of
           tokens allowed (8).","status":"INVALID_ARGUMENT"}}])",
       {"The input token count (9) exceeds the maximum number of            tokens allowed (8).",
        "", "", "INVALID_ARGUMENT", true}},
      {"rfc_9457",
       400,
       R"({"type":"https://e.com/probs/x","title":"Bad Request","status":400,"detail":"x is wrong",
           "instance":"/1"})",
       {"Bad Request: x is wrong", "https://e.com/probs/x", "", ""}},
      {"rfc_9457_title_alone",
       403,
       R"({"type":"about:blank","title":"Forbidden","status":403})",
       {"Forbidden", "", "", ""}},
      {"asp_net",
       400,
       R"({"title":"Validation failed","status":400,"errors":{"max_tokens":["too big","no"]}})",
       {"Validation failed: max_tokens: too big; no", "", "max_tokens", ""}},
      {"json_api",
       422,
       R"({"errors":[{"status":"422","title":"Invalid","detail":"x"},{"detail":"y"}]})",
       {"Invalid: x; y", "", "", ""}},
      {"aws", 403, R"({"Message":"Not authorized"})", {"Not authorized", "", "", ""}},
      {"aws_type",
       400,
       R"({"__type":"com.amazon.coral.validate#ValidationException","message":"Bad model"})",
       {"Bad model", "ValidationException", "", ""}},
      {"sagemaker",
       424,
       R"({"ErrorCode":"CLIENT_ERROR","LogStreamArn":"arn","OriginalMessage":"o","Message":"m"})",
       {"m", "", "", "CLIENT_ERROR"}},
      {"anthropic",
       400,
       R"({"type":"error","error":{"type":"invalid_request_error",
           "message":"prompt is too long: 9 tokens > 8 maximum"},"request_id":"req_1"})",
       {"prompt is too long: 9 tokens > 8 maximum", "invalid_request_error", "", "", true}},
      {"azure",
       404,
       R"({"error":{"code":"DeploymentNotFound","message":"No deployment"}})",
       {"No deployment", "", "", "DeploymentNotFound"}},
      {"azure_details",
       400,
       R"({"error":{"code":"BadRequest","message":"","details":[{"code":"x","message":"inside"}]}})",
       {"inside", "", "", "x"}},
      {"azure_gateway",
       401,
       R"({"statusCode":401,"message":"Access denied due to missing key"})",
       {"Access denied due to missing key", "", "", ""}},
      {"cohere",
       400,
       R"({"id":"1","message":"too many tokens: 9"})",
       {"too many tokens: 9", "", "", "", true}},
      {"hugging_face_list", 422, R"({"error":["a","b"]})", {"a; b", "", "", ""}},
      {"cloudflare",
       400,
       R"({"result":null,"success":false,"errors":[{"code":5007,"message":"No such model"}],
           "messages":[]})",
       {"No such model", "", "", ""}},
      {"databricks",
       400,
       R"({"error_code":"BAD_REQUEST","message":"no"})",
       {"no", "", "", "BAD_REQUEST"}},
      {"xai",
       400,
       R"({"code":"Client specified an invalid argument","error":"Argument not supported: stop"})",
       {"Argument not supported: stop", "", "", "Client specified an invalid argument"}},
      {"oauth",
       401,
       R"({"error":"invalid_client","error_description":"No such client"})",
       {"No such client", "", "", ""}},
      {"spring",
       404,
       R"({"timestamp":"t","status":404,"error":"Not Found","message":"No handler","path":"/"})",
       {"No handler", "", "", ""}},
      {"apigee",
       401,
       R"({"fault":{"faultstring":"Invalid key","detail":{"errorcode":"x"}}})",
       {"Invalid key", "", "", ""}},
      {"openrouter",
       400,
       R"({"error":{"message":"Provider returned error","code":400,"metadata":{"provider_name":"p",
           "raw":"maximum context length is 8"}},"user_id":"u"})",
       {"Provider returned error: maximum context length is 8", "", "", "", true}},
      {"dashscope_policy",
       400,
       R"({"code":"DataInspectionFailed","message":"Input may be inappropriate","request_id":"1"})",
       {"Input may be inappropriate", "", "", "DataInspectionFailed", false, true}},
      {"azure_inner_code",
       400,
       R"({"error":{"message":"Filtered","code":"x","innererror":{"code":"ResponsibleAIPolicyViolation"}}})",
       {"Filtered", "", "", "x", false, true}},
      {"event_stream",
       400,
       "event: error\ndata: {\"error\":{\"message\":\"in a stream\"}}\n\n",
       {"in a stream", "", "", ""}},
      {"byte_order_mark", 400, "\xEF\xBB\xBF{\"message\":\"m\"}", {"m", "", "", ""}},
      {"event_stream_behind_a_comment",
       400,
       ": ping\n\ndata: {\"error\":{\"message\":\"behind it\"}}\n\n",
       {"behind it", "", "", ""}},
      {"event_stream_in_two_lines_without_an_end",
       400,
       "event: error\r\ndata: {\"error\":\r\ndata: {\"message\":\"two lines\"}}",
       {"two lines", "", "", ""}},
      {"event_stream_of_comments", 400, ": ping\n\n: ping\n\n", {"HTTP 400", "", "", ""}},
      {"text_like_a_field", 400, "id: not found", {"id: not found", "", "", ""}},
      {"minimax",
       400,
       R"({"base_resp":{"status_code":2013,"status_msg":"invalid params"}})",
       {"invalid params", "", "", ""}},
      {"minimax_policy",
       0,
       R"({"base_resp":{"status_code":1026,"status_msg":"input new_sensitive"}})",
       {"input new_sensitive", "", "", "", false, true}},
      {"minimax_success",
       0,
       R"({"base_resp":{"status_code":0,"status_msg":"success"}})",
       {"an error without a message", "", "", ""}},
      {"openrouter_choice",
       0,
       R"({"choices":[{"delta":{}},{"error":{"code":502,"message":"in a choice","type":"t"}}]})",
       {"in a choice", "t", "", ""}},
      {"error_true", 0, R"({"error":true,"message":"m"})", {"m", "", "", ""}},
      {"tag_in_json",
       400,
       R"({"error":{"message":"<b>bold</b> is not valid"}})",
       {"<b>bold</b> is not valid", "", "", ""}},
      {"image_tag_in_json",
       400,
       R"({"error":{"message":"<image> is not supported; neither is <html"}})",
       {"<image> is not supported; neither is <html", "", "", ""}},
      {"header_tag_in_json",
       400,
       R"({"error":"<header> is unknown"})",
       {"<header> is unknown", "", "", ""}},
      {"page_in_json", 502, R"({"error":" <CENTER><h1>502</h1>"})", {"HTTP 502", "", "", ""}},
      {"page_behind_words_in_json",
       502,
       R"({"error":{"message":"upstream said <html><h1>502</h1></html>"}})",
       {"HTTP 502", "", "", ""}},
      {"first_of_two_keys", 400, R"({"message":"a","message":"b"})", {"a", "", "", ""}},
      {"plain", 500, "  Internal Server Error\r\n", {"Internal Server Error", "", "", ""}},
      {"plain_controls", 500, "red: \x1B[31mb\x7F\xC2\x9B", {"red: [31mb", "", "", ""}},
      {"markup_in_json", 502, R"({"error":"<html>no</html>","detail":"d"})", {"d", "", "", ""}},
      {"markup_behind_words", 502, "upstream: <HTML>x", {"HTTP 502", "", "", ""}},
      {"xml", 403, "<?xml version='1.0'?><Error/>", {"HTTP 403", "", "", ""}},
      {"bytes", 500, "\x89PNG\x1A\x01\x02\x03\xFF\xFE", {"HTTP 500", "", "", ""}},
      {"words_that_are_no_text",
       400,
       R"({"message":7,"error":true,"detail":null})",
       {"HTTP 400", "", "", ""}},
      {"html", 502, "<html><h1>Bad Gateway</h1></html>", {"HTTP 502", "", "", ""}},
      {"empty", 503, "", {"HTTP 503", "", "", ""}},
      {"truncated", 400, R"({"error":{"message":"ha)", {"ha", "", "", ""}},
      {"truncated_in_a_key", 400, R"({"error":{"message":"ha","typ)", {"ha", "", "", ""}},
      {"truncated_in_a_number", 400, R"({"message":"ha","detail":[12)", {"ha", "", "", ""}},
      {"not_utf8", 400, "{\"error\":\"a\xFF\"}", {"a\xEF\xBF\xBD", "", "", ""}},
      {"lone_surrogate",
       400,
       R"({"error":"a\ud800 \udc00\ud83d\ude00"})",
       {"a\xEF\xBF\xBD \xEF\xBF\xBD\xF0\x9F\x98\x80", "", "", ""}},
      {"raw_line_end", 400, "{\"error\":\"a\nb\"}", {"a b", "", "", ""}},
      {"two_documents", 400, "{\"error\":\"a\"}\n{\"error\":\"b\"}", {"a", "", "", ""}},
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

TEST(ReadErrorBodyTest, GivesMiniMaxCodesTheirStatus) {
  const std::pair<int, int> cases[] = {{1000, 0},   {1002, 429}, {1004, 401}, {1008, 402},
                                       {1026, 400}, {2013, 400}, {2049, 401}};
  for (const auto& [code, status] : cases) {
    const std::string body =
        R"({"choices":null,"base_resp":{"status_code":)" + std::to_string(code) + "}}";
    const ErrorBody error = ReadErrorBody(0, body);
    EXPECT_EQ(error.status, status) << code;
    EXPECT_EQ(error.account_exhausted, code == 1008) << code;
    EXPECT_EQ(error.content_policy, code == 1026) << code;
  }
}

TEST(ReadErrorBodyTest, TellsErrorsFromOtherJson) {
  EXPECT_TRUE(HasErrorWords(R"( {"detail":"x"})"));
  EXPECT_FALSE(HasErrorWords(R"({"id":"x"})"));
  EXPECT_FALSE(HasErrorWords(R"([{"detail":"x"}])"));
  EXPECT_TRUE(IsErrorList("\xEF\xBB\xBF [ {\"error\":{\"message\":\"x\"}}]"));
  EXPECT_FALSE(IsErrorList(R"([{"choices":[{"delta":{"content":"x"}}]}])"));
  EXPECT_FALSE(IsErrorList(R"(["x"])"));
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

TEST(ReadErrorBodyTest, NeverTakesMarkupForWords) {
  EXPECT_EQ(ReadErrorBody(502, "Bad Gateway", /*markup=*/true).message, "HTTP 502");
  EXPECT_EQ(ReadErrorBody(502, "Bad Gateway").message, "Bad Gateway");
  EXPECT_EQ(ReadErrorBody(502, " <!-- x --> <p>no</p>").message, "HTTP 502");
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

TEST(ReadErrorBodyTest, ReadsTheWordsBeforeAnEchoOfTheWholePrompt) {
  const std::string body =
      R"({"detail":[{"type":"missing","loc":["body","n"],"msg":"Field required","input":{"m":")" +
      std::string(300'000, 'x') + R"("}}]})";
  EXPECT_EQ(ReadErrorBody(422, body).message, "body.n: Field required");
}

TEST(ReadErrorBodyTest, StandsDeepNesting) {
  for (const std::string_view open : {"[", R"({"error":)", R"({"message":[)"}) {
    std::string body;
    for (int i = 0; i < 20'000; ++i) body += open;
    EXPECT_EQ(ReadErrorBody(400, body).message, "HTTP 400");
    EXPECT_EQ(ReadErrorBody(400, body + "\"x\"").message, "HTTP 400");
  }
}

// Whatever comes, what goes out is valid UTF-8 of bounded size, and nothing is empty.
TEST(ReadErrorBodyTest, TornAndGarbledBodiesGiveCleanWords) {
  const std::string body =
      "{\"detail\":[{\"loc\":[\"body\",1],\"msg\":\"\xE2\x82\xAC\\ud83d\\ude00\\n\"}],\"type\":"
      "\"t\"}";
  for (std::size_t size = 0; size <= body.size(); ++size) {
    for (const char garble : {'\0', '\xFF', '"', '\\', '}', ']'}) {
      std::string torn = body.substr(0, size);
      if (size > 0) torn[size / 2] = garble;
      for (const std::string& one : {torn, body.substr(0, size)}) {
        const ErrorBody error = ReadErrorBody(400, one);
        ASSERT_FALSE(error.message.empty());
        for (const std::string& text : {error.message, error.type, error.code, error.param}) {
          for (std::size_t at = 0; at < text.size(); at += json::Utf8Length(text, at)) {
            ASSERT_NE(json::Utf8Length(text, at), 0u) << one;
          }
        }
      }
    }
  }
}

TEST(ReadErrorBodyTest, TakesFiveHundredBytesOfPlainText) {
  std::string text = "a";
  while (text.size() < 10'000) text += "\xE2\x82\xAC";
  const ErrorBody error = ReadErrorBody(500, text);
  EXPECT_EQ(error.message, text.substr(0, 499));
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
}  // namespace headgate::backends

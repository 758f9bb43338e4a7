#include "backends/protocols/client_writer.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace headgate::backends {
namespace {

constexpr ClientProtocol kOpenAi = ClientProtocol::kOpenAi;
constexpr ClientProtocol kAnthropic = ClientProtocol::kAnthropic;

TEST(ErrorDocumentTest, HasTheShapeOfOpenAi) {
  EXPECT_EQ(
      ErrorDocument(kOpenAi, {.status = 400, .param = "model", .message = "no \"x\""}, "req_1"),
      R"({"error":{"message":"no \"x\"","type":"invalid_request_error","param":"model","code":null}})");
}

TEST(ErrorDocumentTest, HasTheShapeOfAnthropic) {
  EXPECT_EQ(ErrorDocument(kAnthropic, {.status = 404, .message = "no \"x\""}, "req_1"),
            R"({"type":"error","error":{"type":"not_found_error","message":"no \"x\""},)"
            R"("request_id":"req_1"})");
  const auto document = [](int status) {
    return ErrorDocument(kAnthropic, {.status = status, .message = "m"}, "");
  };
  EXPECT_NE(document(403).find("permission_error"), std::string::npos);
  EXPECT_NE(document(500).find("api_error"), std::string::npos);
  EXPECT_NE(document(503).find("overloaded_error"), std::string::npos);
}

TEST(IsErrorDocumentTest, TakesOnlyWhatEverySdkShowsAndWhereNoSecretHides) {
  EXPECT_TRUE(IsErrorDocument(kOpenAi, R"({"error":{"message":"x"}})"));
  EXPECT_FALSE(IsErrorDocument(kOpenAi, "{\"error\":\n{\"message\":\"x\"}}"));
  for (const std::string_view other :
       {R"({"error":{"message":""}})", R"({"error":"x"})", R"({"message":"x"})",
        R"({"error":{"message":"provider\u002dkey-1"}})", "x", ""}) {
    EXPECT_FALSE(IsErrorDocument(kOpenAi, other)) << other;
  }
  EXPECT_FALSE(IsErrorDocument(kAnthropic, R"({"error":{"message":"x"}})"));
}

TEST(IsErrorDocumentTest, TakesWhatTheGatewayWrites) {
  EXPECT_TRUE(IsErrorDocument(kOpenAi, ErrorDocument(kOpenAi, {.message = "m"}, "")));
}

std::string Stream(ClientProtocol protocol) {
  std::string out;
  AppendErrorEvent(protocol, "{}", {}, out);
  out += "|";
  AppendStreamEnd(protocol, out);
  return out;
}

TEST(StreamWriterTest, EndsStreamsAsTheProtocolDoes) {
  EXPECT_EQ(Stream(kOpenAi), "data: {}\n\n|data: [DONE]\n\n");
  EXPECT_EQ(Stream(kAnthropic),
            "event: error\ndata: {}\n\n|event: message_stop\n"
            "data: {\"type\":\"message_stop\"}\n\n");
}

TEST(ErrorDocumentTest, KeepsATypeOfAnthropicsOwn) {
  const std::string document =
      ErrorDocument(kAnthropic, {.status = 502, .type = "overloaded_error", .message = "m"}, "r");
  EXPECT_NE(document.find(R"("type":"overloaded_error")"), std::string::npos) << document;
}

TEST(AppendErrorEventTest, HasTheShapeOfResponses) {
  constexpr ClientProtocol kResponses = ClientProtocol::kResponses;
  const ClientError error{.status = 502, .type = "server_error", .code = "c", .message = "a \"b\""};
  const std::string document = ErrorDocument(kResponses, error, "req_1");
  EXPECT_EQ(document, ErrorDocument(kOpenAi, error, "req_1"));
  EXPECT_TRUE(IsErrorDocument(kResponses, R"({"error":{"message":"x"}})"));
  std::string out;
  AppendStreamEnd(kResponses, out);
  EXPECT_EQ(out, "");
}

TEST(ErrorDocumentTest, HasTheCodesThatAnthropicsSdksActOn) {
  const auto document = [](std::string code) {
    return ErrorDocument(kAnthropic, {.code = std::move(code), .message = "m"}, "r");
  };
  EXPECT_EQ(document("thread_unsupported_request"),
            R"({"type":"error","error":{"type":"invalid_request_error","message":"m",)"
            R"("details":{"error_code":"thread_unsupported_request"}},"request_id":"r"})");
  EXPECT_EQ(document("no_target").find("details"), std::string::npos);
}

TEST(StatusForTest, IsAnthropicsOwnForAnOverload) {
  EXPECT_EQ(StatusFor(kAnthropic, {.status = 503, .message = "m"}), 529);
  EXPECT_EQ(StatusFor(kAnthropic, {.status = 502, .message = "m"}), 502);
  EXPECT_EQ(StatusFor(kOpenAi, {.status = 503, .message = "m"}), 503);
  ClientError theirs{.status = 503, .message = "m"};
  theirs.document = "{}";
  EXPECT_EQ(StatusFor(kAnthropic, theirs), 503) << "a backend's words keep its status";
}

TEST(AppendErrorEventTest, EndsAStreamOfResponsesWithTwoNumberedEvents) {
  constexpr ClientProtocol kResponses = ClientProtocol::kResponses;
  const std::string document = ErrorDocument(
      kResponses, {.status = 502, .type = "server_error", .code = "c", .message = "a \"b\""}, "r");
  const BegunAnswer begun{.id = "resp_1", .model = "m", .created = 7, .next_number = 12};
  std::string out;
  AppendErrorEvent(kResponses, document, begun, out);
  EXPECT_EQ(out,
            "event: error\n"
            R"(data: {"type":"error","code":"c","message":"a \"b\"","param":null,)"
            R"("error":{"type":"server_error","code":"c","message":"a \"b\"","param":null},)"
            "\"sequence_number\":12}\n\n"
            "event: response.failed\n"
            R"(data: {"type":"response.failed","response":{"id":"resp_1","object":"response",)"
            R"("created_at":7,"status":"failed","background":false,)"
            R"("error":{"code":"c","message":"a \"b\""},"incomplete_details":null,)"
            R"("instructions":null,"model":"m","output":[],"parallel_tool_calls":true,)"
            R"("temperature":null,"tool_choice":"auto","tools":[],"top_p":null,"usage":null,)"
            R"("metadata":{}},"sequence_number":13})"
            "\n\n");
}

TEST(AppendErrorEventTest, TellsAClientOfResponsesWhoseFaultItIs) {
  const auto code = [](std::string_view type) {
    std::string document = R"({"error":{"type":")";
    document.append(type).append(R"(","code":null,"message":"m"}})");
    std::string out;
    AppendErrorEvent(ClientProtocol::kResponses, document, {}, out);
    const std::size_t begin = out.find(R"("error":{"code":")") + 17;
    return out.substr(begin, out.find('"', begin) - begin);
  };
  EXPECT_EQ(code("invalid_request_error"), "invalid_prompt");
  EXPECT_EQ(code("rate_limit_error"), "server_error");
}

TEST(AppendErrorEventTest, TakesADocumentThatIsNotAnErrorObject) {
  std::string out;
  AppendErrorEvent(ClientProtocol::kResponses, R"({"error":"x"})", {}, out);
  EXPECT_NE(out.find(R"("code":null,"message":"{\"error\":\"x\"}","param":null)"),
            std::string::npos)
      << out;
  EXPECT_NE(out.find(R"("error":{"code":"server_error","message":"{\"error\":\"x\"}"})"),
            std::string::npos)
      << out;
}

}  // namespace
}  // namespace headgate::backends

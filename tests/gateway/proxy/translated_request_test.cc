#include "gateway/dialect/translated_request.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "gateway/dialect/dialect.h"
#include "tests/gateway/fake_exchange.h"
#include "tests/gateway/proxy/proxied_fixture.h"

namespace headgate::gateway {
namespace {

using backends::AttemptResult;

// One backend of each kind; routes choose by the model that the client names.
constexpr std::string_view kThreeProtocols = R"(
server: {auth: none}
models:
  talker: {context: 100000, max_output: 2000, supports: [tools, json_schema, images]}
  thinker: {context: 100000, max_output: 3000, supports: [tools, reasoning]}
backends:
  chat: {hosting: paid_api, url: "http://127.0.0.1:1/v1", api_key: key-of-chat, models: {talker: {name: up-chat, price: {input: 1, output: 2}}}}
  claude: {protocol: anthropic, hosting: paid_api, url: "http://127.0.0.1:2/v1", api_key: key-of-claude, models: {thinker: {name: up-claude, price: {input: 1, output: 2}}}}
aliases: {either: auto}
routes:
  - {name: one, when: {model: talker}, targets: [talker@chat]}
  - {name: two, when: {model: thinker}, targets: [thinker@claude]}
  - {name: both, targets: [talker@chat, thinker@claude], prefer: ordered}
)";

constexpr std::string_view kChatAnswer =
    R"({"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"up-chat","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}})";
constexpr std::string_view kMessage =
    R"({"id":"msg_1","type":"message","role":"assistant","model":"up-claude","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":10,"output_tokens":5}})";
constexpr std::string_view kChatStream =
    "data: "
    "{\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"hi\"}}"
    "]}\n\n"
    "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
    "data: "
    "{\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5}}\n\n"
    "data: [DONE]\n\n";
constexpr std::string_view kMessageStream =
    "event: message_start\n"
    "data: "
    "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":"
    "\"assistant\",\"model\":\"up-claude\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":"
    "null,\"usage\":{\"input_tokens\":10,\"output_tokens\":1}}}\n\n"
    "event: content_block_start\n"
    "data: "
    "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":"
    "\"\"}}\n\n"
    "event: content_block_delta\n"
    "data: "
    "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":"
    "\"hi\"}}\n\n"
    "event: content_block_stop\n"
    "data: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
    "event: message_delta\n"
    "data: "
    "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},"
    "\"usage\":{\"output_tokens\":5}}\n\n"
    "event: message_stop\n"
    "data: {\"type\":\"message_stop\"}\n\n";
constexpr NanoUsd kCost = 10 * 1'000 + 5 * 2'000;

constexpr std::string_view kMessagesHead =
    "POST /v1/messages?beta=true HTTP/1.1\r\nHost: h\r\nx-api-key: clients-own-key\r\n"
    "anthropic-version: 2026-10-21\r\nanthropic-beta: a-1,b-2\r\nAnthropic-New-Thing: on\r\n"
    "anthropic-workspace-id: theirs\r\n\r\n";

std::string MessagesBody(std::string_view model, std::string_view more = {}) {
  return R"({"model":")" + std::string(model) +
         R"(","max_tokens":100,"messages":[{"role":"user","content":"hello"}])" +
         std::string(more) + "}";
}

class MessagesClient : public ProxiedFixture {
 protected:
  MessagesClient() : ProxiedFixture(kThreeProtocols, kMessagesHead) {}
  const std::string& Sent(std::size_t i = 0) const { return exchanges_.traces[i].request; }
};

TEST_F(MessagesClient, GetsABackendsOwnMessageByteForByte) {
  exchanges_.Expect(WholeAnswer(std::string(kMessage)));
  Run(Ask(MessagesBody("thinker", R"(,"unknown_member":{"a":1})")));
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 200 OK\r\n")) << client_.sent;
  EXPECT_TRUE(client_.sent.ends_with(kMessage));
  EXPECT_EQ(Count("\r\nrequest-id: req_"), 1u);
  EXPECT_EQ(Count("\r\nx-request-id: req_"), 1u);
  EXPECT_EQ(Count("x-headgate-dropped"), 0u);
  EXPECT_TRUE(Sent().starts_with("POST /v1/messages?beta=true HTTP/1.1\r\n")) << Sent();
  EXPECT_TRUE(Sent().ends_with(MessagesBody("up-claude", R"(,"unknown_member":{"a":1})")));
  EXPECT_EQ(account_.attempts[0].cost, kCost);
  EXPECT_EQ(account_.attempts[0].usage_status, policy::UsageStatus::kExact);
  EXPECT_EQ(account_.endpoint, "messages");
}

TEST_F(MessagesClient, ForwardsTheFieldsOfItsProtocolAndNeverAKey) {
  exchanges_.Expect(WholeAnswer(std::string(kMessage)));
  Run(Ask(MessagesBody("thinker")));
  const std::string& request = Sent();
  const auto has = [&](std::string_view line) {
    return request.find("\r\n" + std::string(line) + "\r\n") != std::string::npos;
  };
  EXPECT_TRUE(has("x-api-key: key-of-claude")) << request;
  EXPECT_TRUE(has("anthropic-version: 2026-10-21")) << request;
  EXPECT_TRUE(has("anthropic-beta: a-1,b-2"));
  EXPECT_TRUE(has("anthropic-new-thing: on"));
  EXPECT_EQ(request.find("2023-06-01"), std::string::npos) << "the client's version wins";
  EXPECT_EQ(request.find("clients-own-key"), std::string::npos);
  EXPECT_EQ(request.find("workspace"), std::string::npos) << "it would choose an account";
}

TEST_F(MessagesClient, GetsABackendsOwnStream) {
  exchanges_.Expect(StreamedAnswer({std::string(kMessageStream)}));
  Run(Ask(MessagesBody("thinker", R"(,"stream":true)")));
  EXPECT_EQ(Count("event: message_start\n"), 1u) << client_.sent;
  EXPECT_EQ(Count("event: message_stop\n"), 1u);
  EXPECT_EQ(Count("[DONE]"), 0u);
  EXPECT_TRUE(client_.sent.ends_with("0\r\n\r\n"));
  EXPECT_EQ(account_.attempts[0].cost, kCost);
  EXPECT_NE(account_.first_token, TimePoint{});
}

TEST_F(MessagesClient, GetsAMessageFromABackendOfChatCompletions) {
  exchanges_.Expect(WholeAnswer(std::string(kChatAnswer)));
  Run(Ask(MessagesBody("talker", R"(,"top_k":5,"container":null,"metadata":{"user_id":"u"},)"
                                 R"("context_management":{"edits":[]})")));
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 200 OK\r\n")) << client_.sent;
  EXPECT_EQ(Count(R"("type":"message")"), 1u) << client_.sent;
  EXPECT_EQ(Count(R"("text":"hi")"), 1u);
  EXPECT_EQ(Count(R"("input_tokens":10)"), 1u);
  EXPECT_EQ(Count("chat.completion"), 0u);
  EXPECT_EQ(Count("\r\nx-headgate-dropped: "), 1u) << client_.sent;
  EXPECT_NE(account_.dropped.find("context_management"), std::string::npos) << account_.dropped;
  EXPECT_TRUE(Sent().starts_with("POST /v1/chat/completions HTTP/1.1\r\n")) << Sent();
  EXPECT_NE(Sent().find(R"("model":"up-chat")"), std::string::npos);
  EXPECT_EQ(Sent().find("anthropic-"), std::string::npos) << Sent();
  EXPECT_EQ(account_.attempts[0].cost, kCost);
  EXPECT_EQ(account_.attempts[0].usage_status, policy::UsageStatus::kExact);
}

TEST_F(MessagesClient, GetsEventsFromABackendOfChatCompletions) {
  exchanges_.Expect(StreamedAnswer({std::string(kChatStream)}));
  Run(Ask(MessagesBody("talker", R"(,"stream":true)")));
  EXPECT_EQ(Count("event: message_start\n"), 1u) << client_.sent;
  EXPECT_EQ(Count("text_delta"), 1u);
  EXPECT_EQ(Count("event: message_stop\n"), 1u);
  EXPECT_EQ(Count("[DONE]"), 0u);
  EXPECT_LT(client_.sent.find("message_delta"), client_.sent.find("message_stop"));
  EXPECT_TRUE(client_.sent.ends_with("0\r\n\r\n"));
  EXPECT_NE(Sent().find(R"("include_usage":true)"), std::string::npos) << Sent();
  EXPECT_EQ(account_.attempts[0].cost, kCost);
  EXPECT_EQ(account_.outcome, RequestOutcome::kOk);
}

TEST_F(MessagesClient, NeverGetsACleanEndOfATranslatedStreamThatBreaks) {
  ExchangeScript script = StreamedAnswer({std::string(kChatStream.substr(0, 90))});
  script.body = {
      "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"}}]}\n\n"};
  script.breaks_at_end = AttemptResult::kCut;
  exchanges_.Expect(script);
  Run(Ask(MessagesBody("talker", R"(,"stream":true)")));
  EXPECT_EQ(Count("message_stop"), 0u) << client_.sent;
  EXPECT_EQ(Count("event: error\n"), 1u);
  EXPECT_FALSE(client_.sent.ends_with("0\r\n\r\n"));
  EXPECT_EQ(account_.outcome, RequestOutcome::kCut);
}

TEST_F(MessagesClient, AsksAgainWithoutStreamOptionsIfTheyAreRefused) {
  exchanges_.Expect(
      RefusingAnswerOf(400, R"({"error":{"message":"Unknown field","param":"stream_options"}})"));
  exchanges_.Expect(StreamedAnswer({std::string(kChatStream)}));
  Run(Ask(MessagesBody("talker", R"(,"stream":true)")));
  ASSERT_EQ(exchanges_.traces.size(), 2u) << client_.sent;
  EXPECT_EQ(Sent(1).find("stream_options"), std::string::npos) << Sent(1);
  EXPECT_NE(Sent(1).find(R"("model":"up-chat")"), std::string::npos);
  EXPECT_EQ(Count("event: message_stop\n"), 1u);
}

TEST_F(MessagesClient, GetsTheErrorOfItsOwnProtocolByteForByteWithoutOurKeys) {
  const std::string error =
      R"({"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: \"key\" 5 > 4"},"request_id":"req_011"})";
  exchanges_.Expect(RefusingAnswerOf(422, error));
  Run(Ask(MessagesBody("thinker")));
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 422 ")) << client_.sent;
  EXPECT_TRUE(client_.sent.ends_with("\r\n\r\n" + error)) << client_.sent;
  EXPECT_EQ(account_.outcome, RequestOutcome::kClientError);
}

TEST_F(MessagesClient, GetsTheErrorOfAnotherProtocolInItsOwnShape) {
  exchanges_.Expect(RefusingAnswerOf(
      422, R"({"error":{"message":"no such \"thing\"","type":"x","code":"c","param":"p"}})"));
  Run(Ask(MessagesBody("talker")));
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 400 ")) << client_.sent;
  EXPECT_EQ(Count(R"({"type":"error","error":{"type":"invalid_request_error","message":"no such)"),
            1u)
      << client_.sent;
}

TEST_F(MessagesClient, IsToldInWordsThatAgentsKnowThatThePromptIsTooLong) {
  exchanges_.Expect(RefusingAnswerOf(
      400, R"({"error":{"message":"This model's maximum context length is 10 tokens.",)"
           R"("type":"invalid_request_error","code":"context_length_exceeded"}})"));
  Run(Ask(MessagesBody("talker")));
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 400 ")) << client_.sent;
  EXPECT_EQ(Count("prompt is too long: This model's maximum"), 1u) << client_.sent;
}

TEST_F(MessagesClient, FallsBackFromOneProtocolToAnother) {
  ExchangeScript refused;
  refused.fails_at_start = AttemptResult::kConnectFailed;
  exchanges_.Expect(refused);
  exchanges_.Expect(WholeAnswer(std::string(kMessage)));
  Run(Ask(MessagesBody("either", R"(,"context_management":{"edits":[]})")));
  EXPECT_TRUE(client_.sent.ends_with(kMessage)) << client_.sent;
  EXPECT_EQ(Count("x-headgate-dropped"), 0u) << "the target that answered has got all";
  EXPECT_EQ(account_.committed, 1u);
}

TEST_F(MessagesClient, IsToldOfAnOverloadAsAnthropicSaysIt) {
  for (int i = 0; i < 2; ++i) {
    exchanges_.Expect(RefusingAnswerOf(503, R"({"error":{"message":"busy"}})"));
  }
  Run(Ask(MessagesBody("talker")));
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 529 Overloaded\r\n")) << client_.sent;
  EXPECT_EQ(Count("\r\nRetry-After: "), 1u) << client_.sent;
  EXPECT_EQ(Count(R"({"type":"error","error":{"type":"overloaded_error","message":)"), 1u);
  EXPECT_EQ(account_.status, 529);
  EXPECT_EQ(account_.outcome, RequestOutcome::kUpstreamError);
}

// The answer of a backend that says something else than an answer is a fault like any other.
TEST_F(MessagesClient, IsNotGivenAnAnswerThatCannotBeTranslated) {
  exchanges_.Expect(WholeAnswer(R"({"choices":[]})"));
  exchanges_.Expect(WholeAnswer(R"({"choices":[]})"));
  exchanges_.Expect(WholeAnswer(std::string(kMessage)));
  Run(Ask(MessagesBody("either")));
  EXPECT_TRUE(client_.sent.ends_with(kMessage)) << client_.sent;
  EXPECT_EQ(account_.attempts[0].result, AttemptResult::kMalformed);
}

constexpr std::string_view kCountHead =
    "POST /v1/messages/count_tokens HTTP/1.1\r\nHost: h\r\nanthropic-version: 2023-06-01\r\n\r\n";

class CountingClient : public ProxiedFixture {
 protected:
  CountingClient() : ProxiedFixture(kThreeProtocols, kCountHead) {}
  static std::string Body(std::string_view model) {
    return R"({"model":")" + std::string(model) +
           R"(","messages":[{"role":"user","content":"hello, how many tokens am I?"}]})";
  }
};

TEST_F(CountingClient, AsksABackendThatCountsAndPaysNothing) {
  exchanges_.Expect(WholeAnswer(R"({"input_tokens":17})"));
  Run(Ask(Body("thinker")));
  EXPECT_TRUE(client_.sent.ends_with(R"({"input_tokens":17})")) << client_.sent;
  EXPECT_TRUE(exchanges_.traces[0].request.starts_with("POST /v1/messages/count_tokens "));
  EXPECT_EQ(account_.TotalCost(), 0);
  EXPECT_EQ(account_.attempts[0].usage.input, 0);
  EXPECT_EQ(account_.endpoint, "count_tokens");
}

TEST_F(CountingClient, GetsAnEstimateWhereNobodyCounts) {
  Run(Ask(Body("talker")));
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 200 OK\r\n")) << client_.sent;
  EXPECT_EQ(Count(R"({"input_tokens":)"), 1u);
  EXPECT_EQ(Count(R"({"input_tokens":0})"), 0u);
  EXPECT_TRUE(exchanges_.traces.empty());
  EXPECT_TRUE(account_.attempts.empty());
  EXPECT_EQ(account_.outcome, RequestOutcome::kOk);
}

TEST_F(CountingClient, GetsAnEstimateIfTheBackendFails) {
  exchanges_.Expect(RefusingAnswerOf(404, R"({"detail":"Not Found"})"));
  Run(Ask(Body("thinker")));
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 200 OK\r\n")) << client_.sent;
  EXPECT_EQ(account_.TotalCost(), 0);
}

constexpr std::string_view kResponsesHead = "POST /v1/responses HTTP/1.1\r\nHost: h\r\n\r\n";

class ResponsesClient : public ProxiedFixture {
 protected:
  ResponsesClient() : ProxiedFixture(kThreeProtocols, kResponsesHead) {}
};

TEST_F(ResponsesClient, GetsAResponseFromABackendOfChatCompletions) {
  exchanges_.Expect(WholeAnswer(std::string(kChatAnswer)));
  Run(Ask(R"({"model":"talker","input":"hello","store":false})"));
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 200 OK\r\n")) << client_.sent;
  EXPECT_EQ(Count(R"("object":"response")"), 1u) << client_.sent;
  EXPECT_EQ(Count("output_text"), 1u) << client_.sent;
  EXPECT_EQ(account_.endpoint, "responses");
}

TEST_F(ResponsesClient, GetsEventsFromABackendOfMessages) {
  exchanges_.Expect(StreamedAnswer({std::string(kMessageStream)}));
  Run(Ask(R"({"model":"thinker","input":"hello","store":false,"stream":true})"));
  EXPECT_EQ(Count("event: response.created\n"), 1u) << client_.sent;
  EXPECT_EQ(Count("event: response.completed\n"), 1u) << client_.sent;
  EXPECT_TRUE(client_.sent.ends_with("0\r\n\r\n"));
  const std::string& request = exchanges_.traces[0].request;
  EXPECT_TRUE(request.starts_with("POST /v1/messages HTTP/1.1\r\n")) << request;
  EXPECT_NE(request.find("anthropic-version: 2023-06-01\r\n"), std::string::npos);
  EXPECT_NE(request.find(R"("max_tokens":3000)"), std::string::npos) << "the model's most output";
}

constexpr std::string_view kChatHead = "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\n\r\n";

class ChatClient : public ProxiedFixture {
 protected:
  ChatClient() : ProxiedFixture(kThreeProtocols, kChatHead) {}
};

TEST_F(ChatClient, GetsACompletionFromABackendOfMessages) {
  exchanges_.Expect(WholeAnswer(std::string(kMessage)));
  Run(Ask(R"({"model":"thinker","messages":[{"role":"user","content":"hello"}]})"));
  EXPECT_EQ(Count(R"("object":"chat.completion")"), 1u) << client_.sent;
  EXPECT_EQ(Count(R"("prompt_tokens":10)"), 1u);
  EXPECT_EQ(Count("\r\nrequest-id:"), 0u);
}

TEST_F(ChatClient, GetsAnErrorEventOfMessagesInItsOwnShape) {
  const std::string begin(
      kMessageStream.substr(0, kMessageStream.find("event: content_block_stop")));
  exchanges_.Expect(StreamedAnswer(
      {begin + "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\","
               "\"message\":\"Overloaded\"}}\n\n"}));
  Run(Ask(R"({"model":"thinker","stream":true,"messages":[{"role":"user","content":"hello"}]})"));
  EXPECT_EQ(Count(R"("code":"server_is_overloaded")"), 1u) << client_.sent;
  EXPECT_EQ(Count("overloaded_error"), 0u) << client_.sent;
  EXPECT_EQ(Count("[DONE]"), 0u);
}

}  // namespace
}  // namespace headgate::gateway

// Backends that begin an answer and then fail, for clients of other protocols.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/gateway/fake_exchange.h"
#include "tests/gateway/proxy/proxied_fixture.h"

namespace headgate::gateway {
namespace {

constexpr std::string_view kFailingPolicy = R"(
server: {auth: none}
models:
  small: {context: 8000, max_output: 2000}
  large: {context: 200000, max_output: 2000}
  talker: {context: 100000, max_output: 2000}
backends:
  near: {hosting: paid_api, url: "http://127.0.0.1:1/v1", api_key: key-of-near, endpoints: [responses], models: {small: {name: up-small, price: {input: 1, output: 2}}}}
  far: {hosting: paid_api, url: "http://127.0.0.1:2/v1", api_key: key-of-far, endpoints: [responses], models: {large: {name: up-large, price: {input: 1, output: 2}}}}
  chat: {hosting: paid_api, url: "http://127.0.0.1:3/v1", api_key: key-of-chat, models: {talker: {name: up-chat, price: {input: 1, output: 2}}}}
aliases: {either: auto}
routes:
  - {name: one, when: {model: small}, targets: [small@near]}
  - {name: three, when: {model: talker}, targets: [talker@chat]}
  - {name: both, targets: [small@near, large@far], prefer: ordered}
)";

constexpr std::string_view kBegun =
    "data: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\"resp_1\","
    "\"status\":\"in_progress\",\"model\":\"m\",\"output\":[]}}\n\n"
    "data: {\"type\":\"response.in_progress\",\"sequence_number\":1,\"response\":{\"id\":"
    "\"resp_1\",\"status\":\"in_progress\",\"model\":\"m\",\"output\":[]}}\n\n";
constexpr std::string_view kSaid =
    "data: {\"type\":\"response.output_text.delta\",\"item_id\":\"m1\",\"output_index\":0,"
    "\"content_index\":0,\"delta\":\"hi\",\"sequence_number\":2}\n\n";
constexpr std::string_view kWholeEnd =
    "data: {\"type\":\"response.completed\",\"sequence_number\":3,\"response\":{\"id\":\"resp_1\","
    "\"status\":\"completed\",\"model\":\"m\",\"output\":[{\"type\":\"message\",\"id\":\"m1\","
    "\"content\":[{\"type\":\"output_text\",\"text\":\"hi\"}]}],\"usage\":{\"input_tokens\":10,"
    "\"output_tokens\":5,\"total_tokens\":15}}}\n\n";

std::string FailedEvent(std::string_view code, std::string_view message) {
  std::string event =
      "data: {\"type\":\"response.failed\",\"sequence_number\":2,\"response\":{\"id\":\"resp_1\","
      "\"status\":\"failed\",\"output\":[],\"error\":{\"code\":\"";
  return event.append(code).append("\",\"message\":\"").append(message).append("\"}}}\n\n");
}

std::string Joined(std::string_view a, std::string_view b, std::string_view c = {}) {
  return std::string(a).append(b).append(c);
}

constexpr std::string_view kTooLong = "Your input exceeds the context window of this model.";

class FailingStream : public ProxiedFixture {
 protected:
  explicit FailingStream(std::string_view head) : ProxiedFixture(kFailingPolicy, head) {}

  // Begins another request, at backends that have not failed yet.
  void BeginAnew() {
    client_.sent.clear();
    snapshot_ = InForce(std::string(kFailingPolicy));
    Begin();
  }
};

class FailingStreamForMessages : public FailingStream {
 protected:
  FailingStreamForMessages()
      : FailingStream(
            "POST /v1/messages HTTP/1.1\r\nHost: h\r\nanthropic-version: "
            "2023-06-01\r\n\r\n") {}
  void AskStreamed(std::string_view model) {
    std::string body = R"({"model":")";
    body.append(model).append(
        R"(","max_tokens":100,"stream":true,"messages":[{"role":"user","content":"hello"}]})");
    Run(Ask(body));
  }
};

TEST_F(FailingStreamForMessages, ToldAsAStatusWhileNothingHasBeenSaid) {
  exchanges_.Expect(
      StreamedAnswer({std::string(kBegun), FailedEvent("context_length_exceeded", kTooLong)}));
  AskStreamed("small");
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 400 ")) << client_.sent;
  EXPECT_EQ(Count(R"("type":"invalid_request_error")"), 1u) << client_.sent;
  EXPECT_EQ(Count("prompt is too long: Your input exceeds"), 1u) << client_.sent;
  EXPECT_EQ(account_.attempts.size(), 1u);
}

TEST_F(FailingStreamForMessages, AnotherTargetAnswersWhileNothingHasBeenSaid) {
  exchanges_.Expect(
      StreamedAnswer({Joined(kBegun, FailedEvent("context_length_exceeded", kTooLong))}));
  exchanges_.Expect(StreamedAnswer({std::string(kBegun), Joined(kSaid, kWholeEnd)}));
  AskStreamed("either");
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 200 ")) << client_.sent;
  EXPECT_EQ(Count("event: message_start\n"), 1u) << client_.sent;
  EXPECT_EQ(Count(R"("text":"hi")"), 1u) << client_.sent;
  EXPECT_EQ(Count("event: message_stop\n"), 1u);
  EXPECT_EQ(Count("event: error\n"), 0u);
  EXPECT_EQ(account_.attempts.size(), 2u);
  EXPECT_NE(account_.first_token, TimePoint{});
}

TEST_F(FailingStreamForMessages, AClientsFaultIsNotRepeated) {
  exchanges_.Expect(StreamedAnswer({Joined(kBegun, FailedEvent("invalid_prompt", "flagged"))}));
  AskStreamed("either");
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 400 ")) << client_.sent;
  EXPECT_EQ(account_.attempts.size(), 1u);
}

TEST_F(FailingStreamForMessages, TheClassOfALaterErrorIsTheClients) {
  const struct {
    std::string_view code;
    std::string_view type;
  } cases[] = {{"rate_limit_exceeded", "rate_limit_error"},
               {"invalid_prompt", "invalid_request_error"},
               {"server_is_overloaded", "overloaded_error"},
               {"vector_store_timeout", "timeout_error"},
               {"server_error", "api_error"}};
  for (const auto& [code, type] : cases) {
    BeginAnew();
    exchanges_.Expect(StreamedAnswer({Joined(kBegun, kSaid, FailedEvent(code, "their words"))}));
    AskStreamed("small");
    EXPECT_EQ(Count(Joined(R"({"type":"error","error":{"type":")", type, "\"")), 1u)
        << code << client_.sent;
    EXPECT_EQ(Count("their words"), 1u) << code << client_.sent;
  }
}

TEST_F(FailingStreamForMessages, AProblemOfOurAccountStaysOurs) {
  for (const std::string_view code : {"invalid_api_key", "insufficient_quota", "model_not_found"}) {
    BeginAnew();
    exchanges_.Expect(StreamedAnswer({Joined(kBegun, kSaid, FailedEvent(code, "their words"))}));
    AskStreamed("small");
    EXPECT_EQ(Count(R"({"type":"error","error":{"type":"api_error")"), 1u) << client_.sent;
    EXPECT_EQ(Count("their words"), 0u) << client_.sent;
  }
}

TEST_F(FailingStreamForMessages, AnAnswerWithoutAChoiceIsNone) {
  for (const std::string_view stream :
       {"data: [DONE]\n\n", "data: {\"id\":\"c\",\"choices\":[]}\n\ndata: [DONE]\n\n"}) {
    BeginAnew();
    exchanges_.Expect(StreamedAnswer({std::string(stream)}));
    AskStreamed("talker");
    EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 502 ")) << client_.sent;
    EXPECT_EQ(account_.attempts.size(), 1u) << "it would be the same again";
  }
}

class FailingStreamForChat : public FailingStream {
 protected:
  FailingStreamForChat() : FailingStream("POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\n\r\n") {}
};

TEST_F(FailingStreamForChat, AnAnswerWithoutAChoiceIsNone) {
  for (const std::string_view stream :
       {"data: [DONE]\n\n", "data: {\"id\":\"c\",\"choices\":[]}\n\ndata: [DONE]\n\n"}) {
    BeginAnew();
    exchanges_.Expect(StreamedAnswer({std::string(stream)}));
    Run(Ask(R"({"model":"talker","stream":true,"messages":[{"role":"user","content":"x"}]})"));
    EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 502 ")) << client_.sent;
    EXPECT_EQ(account_.attempts.size(), 1u) << "it would be the same again";
  }
}

class FailingStreamForResponses : public FailingStream {
 protected:
  FailingStreamForResponses() : FailingStream("POST /v1/responses HTTP/1.1\r\nHost: h\r\n\r\n") {}
};

TEST_F(FailingStreamForResponses, AnotherTargetAnswersWhileNothingHasBeenSaid) {
  exchanges_.Expect(
      StreamedAnswer({Joined(kBegun, FailedEvent("context_length_exceeded", kTooLong))}));
  exchanges_.Expect(StreamedAnswer({std::string(kBegun), Joined(kSaid, kWholeEnd)}));
  Run(Ask(R"({"model":"either","input":"x","store":false,"stream":true})"));
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 200 ")) << client_.sent;
  EXPECT_EQ(Count(R"("type":"response.created")"), 1u) << client_.sent;
  EXPECT_EQ(Count(R"("type":"response.failed")"), 0u) << client_.sent;
  EXPECT_EQ(account_.attempts.size(), 2u);
}

}  // namespace
}  // namespace headgate::gateway

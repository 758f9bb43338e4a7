#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/gateway/fake_exchange.h"
#include "tests/gateway/proxy/proxied_fixture.h"

namespace headgate::gateway {
namespace {

// A backend that serves Responses itself, and one that is asked in chat completions.
constexpr std::string_view kNativeAndChat = R"(
server: {auth: none}
models:
  native: {context: 100000, max_output: 2000}
  talker: {context: 100000, max_output: 2000}
backends:
  own: {hosting: paid_api, url: "http://127.0.0.1:1/v1", endpoints: [responses], models: {native: {name: up-native, price: {input: 1, output: 2}}}}
  chat: {hosting: paid_api, url: "http://127.0.0.1:2/v1", models: {talker: {name: up-chat, price: {input: 1, output: 2}}}}
routes:
  - {name: one, when: {model: native}, targets: [native@own]}
  - {name: two, targets: [talker@chat]}
)";

class CodexLikeClient : public ProxiedFixture {
 protected:
  CodexLikeClient()
      : ProxiedFixture(kNativeAndChat, "POST /v1/responses HTTP/1.1\r\nHost: h\r\n\r\n") {}

  void Stream(std::string_view model, std::string events) {
    ExchangeScript script = StreamedAnswer({std::move(events)});
    script.breaks_at_end = backends::AttemptResult::kCut;
    exchanges_.Expect(script);
    Run(Ask(R"({"model":")" + std::string(model) + R"(","stream":true,"input":"hello"})"));
  }
};

TEST_F(CodexLikeClient, IsToldThatItsBackendsOwnStreamBroke) {
  Stream("native",
         "event: response.created\n"
         "data: {\"type\":\"response.created\",\"response\":{\"id\":\"resp_up\",\"created_at\":9,"
         "\"model\":\"up-native\",\"status\":\"in_progress\",\"output\":[]},"
         "\"sequence_number\":0}\n\n"
         "event: response.output_text.delta\n"
         "data: {\"type\":\"response.output_text.delta\",\"item_id\":\"i\",\"output_index\":0,"
         "\"content_index\":0,\"delta\":\"hi\",\"sequence_number\":1}\n\n");
  EXPECT_EQ(Count("event: error\n"), 1u) << client_.sent;
  EXPECT_EQ(Count("event: response.failed\n"), 1u) << client_.sent;
  EXPECT_EQ(Count(R"("sequence_number":2})"), 1u) << client_.sent;
  EXPECT_EQ(Count(R"("sequence_number":3})"), 1u) << client_.sent;
  EXPECT_EQ(Count(R"("response":{"id":"resp_up","object":"response","created_at":9)"), 1u);
  EXPECT_EQ(Count(R"("error":{"code":"upstream_error","message":)"), 1u) << client_.sent;
  EXPECT_EQ(account_.outcome, RequestOutcome::kCut);
}

TEST_F(CodexLikeClient, IsToldThatATranslatedStreamBroke) {
  Stream("talker",
         "data: {\"id\":\"c\",\"model\":\"up-chat\",\"choices\":[{\"index\":0,"
         "\"delta\":{\"role\":\"assistant\",\"content\":\"hi\"}}]}\n\n");
  // response.created, response.in_progress, the item, its part and a delta have the numbers 0 to 4.
  const std::size_t error = client_.sent.find("event: error\n");
  ASSERT_NE(error, std::string::npos) << client_.sent;
  EXPECT_NE(client_.sent.find(R"("sequence_number":5})", error), std::string::npos) << client_.sent;
  EXPECT_NE(client_.sent.find(R"("sequence_number":6})", error), std::string::npos) << client_.sent;
  EXPECT_EQ(Count(R"("sequence_number":4})"), 1u) << client_.sent;
  EXPECT_EQ(Count("event: response.failed\n"), 1u);
  EXPECT_EQ(Count("response.completed"), 0u);
}

TEST_F(CodexLikeClient, IsToldWhichMemberOfItsBodyIsTooLong) {
  std::string text;
  for (int word = 0; word < 400'000; ++word) text += "word ";
  Run(Ask(R"({"model":"talker","input":")" + text + R"("})"));
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 400 ")) << client_.sent.substr(0, 500);
  EXPECT_EQ(Count(R"("code":"context_length_exceeded")"), 1u) << client_.sent.substr(0, 1000);
  EXPECT_EQ(Count(R"("param":"input")"), 1u) << client_.sent.substr(0, 1000);
}

TEST_F(CodexLikeClient, IsToldABackendsErrorWithItsNumber) {
  exchanges_.Expect(StreamedAnswer(
      {"data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"}}]}\n\n"
       "data: {\"error\":{\"message\":\"out of memory\",\"type\":\"server_error\"}}\n\n"}));
  Run(Ask(R"({"model":"talker","stream":true,"input":"hello"})"));
  const std::size_t error = client_.sent.find("event: error\n");
  ASSERT_NE(error, std::string::npos) << client_.sent;
  EXPECT_NE(client_.sent.find(R"("message":"out of memory")", error), std::string::npos);
  EXPECT_NE(client_.sent.find(R"("sequence_number":5})", error), std::string::npos) << client_.sent;
  EXPECT_EQ(Count("event: response.failed\n"), 1u);
}

// An answer that is translated is held whole, so there is a limit. The target is not asked again,
// because it would answer the same.
TEST_F(CodexLikeClient, IsToldOfAnAnswerThatIsTooLargeToBeTranslated) {
  ExchangeScript script = WholeAnswer(R"({"choices":[{"message":{"content":")");
  for (int mebibyte = 0; mebibyte < 33; ++mebibyte) {
    script.body.emplace_back(std::size_t{1} << 20, 'a');
  }
  script.body.emplace_back(R"("},"finish_reason":"stop"}]})");
  exchanges_.Expect(script);
  response_.Expose();
  Run(Ask(R"({"model":"talker","input":"hello"})"));
  ASSERT_EQ(account_.attempts.size(), 1u);
  EXPECT_EQ(account_.attempts[0].result, backends::AttemptResult::kMalformed);
  EXPECT_GT(account_.attempts[0].usage.output, 0) << "it was generated, and is paid";
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 502 ")) << client_.sent.substr(0, 500);
  EXPECT_EQ(Count("more than 32 MiB, which is too much to be translated"), 1u);
  EXPECT_LT(client_.sent.size(), 4096u) << "nothing of the answer is sent";
  EXPECT_EQ(account_.outcome, RequestOutcome::kUpstreamError);
}

// The last event of a stream repeats the answer, which has the same limit.
TEST_F(CodexLikeClient, IsToldOfAStreamThatIsTooLongToBeTranslated) {
  ExchangeScript script = StreamedAnswer({});
  script.body.clear();
  const std::string text(std::size_t{1} << 20, 'a');
  for (int mebibyte = 0; mebibyte < 33; ++mebibyte) {
    script.body.push_back(R"(data: {"id":"c","choices":[{"index":0,"delta":{"content":")" + text +
                          "\"}}]}\n\n");
  }
  script.body.emplace_back(
      "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}"
      "\n\ndata: [DONE]\n\n");
  exchanges_.Expect(script);
  Run(Ask(R"({"model":"talker","stream":true,"input":"hello"})"));
  EXPECT_EQ(Count("event: response.completed\n"), 0u);
  EXPECT_EQ(Count("event: response.output_text.done\n"), 0u);
  EXPECT_EQ(Count("event: response.failed\n"), 1u);
  EXPECT_EQ(Count("\"message\":\"The answer has more than 32 MiB"), 3u);
  EXPECT_LT(client_.sent.size(), std::size_t{40} << 20) << "the text went once";
  EXPECT_EQ(account_.outcome, RequestOutcome::kCut);
}

TEST_F(CodexLikeClient, GetsATranslatedAnswerThatIsAlmostTooLarge) {
  ExchangeScript script = WholeAnswer(R"({"choices":[{"message":{"content":")");
  for (int mebibyte = 0; mebibyte < 31; ++mebibyte) {
    script.body.emplace_back(std::size_t{1} << 20, 'a');
  }
  script.body.emplace_back(R"("},"finish_reason":"stop"}]})");
  exchanges_.Expect(script);
  Run(Ask(R"({"model":"talker","input":"hello"})"));
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 200 ")) << client_.sent.substr(0, 500);
  EXPECT_GT(client_.sent.size(), std::size_t{31} << 20);
}

}  // namespace
}  // namespace headgate::gateway

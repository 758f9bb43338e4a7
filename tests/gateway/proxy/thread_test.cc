#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/gateway/fake_exchange.h"
#include "tests/gateway/proxy/proxied_fixture.h"

namespace headgate::gateway {
namespace {

constexpr std::string_view kMessagesAndChat = R"(
server: {auth: none}
models:
  talker: {context: 100000, max_output: 2000}
  thinker: {context: 100000, max_output: 2000}
backends:
  chat: {hosting: paid_api, url: "http://127.0.0.1:1/v1", models: {talker: {name: up-chat, price: {input: 1, output: 2}}}}
  claude: {protocol: anthropic, hosting: paid_api, url: "http://127.0.0.1:2/v1", models: {thinker: {name: up-claude, price: {input: 1, output: 2}}}}
routes:
  - {name: one, when: {model: talker}, targets: [talker@chat]}
  - {name: two, targets: [thinker@claude]}
)";

constexpr std::string_view kContinue =
    R"("thread":{"type":"continue","previous_message_id":"msg_1"})";

// Anthropic's tool runner, which leaves the conversation with the provider.
class ThreadClient : public ProxiedFixture {
 protected:
  ThreadClient()
      : ProxiedFixture(kMessagesAndChat, "POST /v1/messages HTTP/1.1\r\nHost: h\r\n\r\n") {}

  static std::string Body(std::string_view model) {
    return R"({"model":")" + std::string(model) +
           R"(","max_tokens":9,"messages":[{"role":"user","content":"hi"}],)" +
           std::string(kContinue) + "}";
  }
};

TEST_F(ThreadClient, IsToldToGoOnWithoutAThreadIfItCannotBeTranslated) {
  Run(Ask(Body("talker")));
  EXPECT_EQ(exchanges_.traces.size(), 0u);
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 400 ")) << client_.sent;
  EXPECT_EQ(Count(R"("details":{"error_code":"thread_unsupported_request"})"), 1u) << client_.sent;
  EXPECT_EQ(Count(R"("type":"invalid_request_error")"), 1u);
}

TEST_F(ThreadClient, ReachesABackendOfMessagesAsItIs) {
  exchanges_.Expect(WholeAnswer(
      R"({"id":"msg_2","type":"message","role":"assistant","model":"m","content":[],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}})"));
  Run(Ask(Body("thinker")));
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 200 ")) << client_.sent;
  ASSERT_EQ(exchanges_.traces.size(), 1u);
  EXPECT_NE(exchanges_.traces[0].request.find(kContinue), std::string::npos);
}

// The client begins a new thread then. The target is asked once, and keeps its good name.
TEST_F(ThreadClient, GetsTheErrorAboutItsThreadAsItCame) {
  const std::string error =
      R"({"type":"error","error":{"type":"not_found_error","message":"no such thread","details":{"error_code":"thread_not_found"}},"request_id":"req_011"})";
  exchanges_.Expect(RefusingAnswerOf(404, error));
  Run(Ask(Body("thinker")));
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 404 ")) << client_.sent;
  EXPECT_TRUE(client_.sent.ends_with(error)) << client_.sent;
  ASSERT_EQ(account_.attempts.size(), 1u);
  EXPECT_EQ(account_.attempts[0].result, backends::AttemptResult::kStatus4xx);
  EXPECT_EQ(account_.outcome, RequestOutcome::kClientError);
}

}  // namespace
}  // namespace headgate::gateway

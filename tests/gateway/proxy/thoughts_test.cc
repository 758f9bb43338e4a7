#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "backends/protocols/translation/signature_mark.h"
#include "tests/gateway/fake_exchange.h"
#include "tests/gateway/proxy/proxied_fixture.h"

namespace headgate::gateway {
namespace {

// Two inference servers, and a backend that serves Messages itself.
constexpr std::string_view kThreeThinkers = R"(
server: {auth: none}
models:
  here: {context: 100000, max_output: 2000}
  there: {context: 100000, max_output: 2000}
  native: {context: 100000, max_output: 2000}
backends:
  one: {hosting: self_hosted, engine: vllm, replicas: ["http://127.0.0.1:1/v1"], slots: 4, cost: {per_replica_hour: 1}, models: {here: up}}
  two: {hosting: self_hosted, engine: vllm, replicas: ["http://127.0.0.1:2/v1"], slots: 4, cost: {per_replica_hour: 1}, models: {there: up}}
  claude: {protocol: anthropic, hosting: paid_api, url: "http://127.0.0.1:3/v1", models: {native: {name: up, price: {input: 1, output: 2}}}}
routes:
  - {name: one, when: {model: here}, targets: [here@one]}
  - {name: two, when: {model: there}, targets: [there@two]}
  - {name: three, targets: [native@claude]}
)";

constexpr std::string_view kThoughtful =
    R"({"id":"c","object":"chat.completion","created":1,"model":"up","choices":[{"index":0,"message":{"role":"assistant","reasoning_content":"hm","content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":5}})";
constexpr std::string_view kPlainMessage =
    R"({"id":"msg_1","type":"message","role":"assistant","model":"up","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn","usage":{"input_tokens":10,"output_tokens":5}})";

class ThinkingClient : public ProxiedFixture {
 protected:
  ThinkingClient()
      : ProxiedFixture(kThreeThinkers, "POST /v1/messages HTTP/1.1\r\nHost: h\r\n\r\n") {}

  static std::string Mark() { return "hg1.chat." + backends::SignatureOrigin("one") + "."; }

  // A conversation whose thought came from backend `one`.
  static std::string Again(std::string_view model) {
    return R"({"model":")" + std::string(model) +
           R"(","max_tokens":9,"messages":[{"role":"user","content":"hello"},)"
           R"({"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":")" +
           Mark() + R"("},{"type":"text","text":"hi"}]},{"role":"user","content":"more"}]})";
  }
  const std::string& Sent() const { return exchanges_.traces[0].request; }
};

TEST_F(ThinkingClient, GetsThoughtsWithTheMarkOfTheirBackend) {
  exchanges_.Expect(WholeAnswer(std::string(kThoughtful)));
  Run(Ask(
      R"({"model":"here","max_tokens":9,"thinking":{"type":"adaptive"},"messages":[{"role":"user","content":"hello"}]})"));
  EXPECT_EQ(Count(R"("thinking":"hm","signature":")" + Mark() + "\""), 1u) << client_.sent;
}

TEST_F(ThinkingClient, GivesThoughtsBackToTheirBackend) {
  exchanges_.Expect(WholeAnswer(std::string(kThoughtful)));
  Run(Ask(Again("here")));
  EXPECT_NE(Sent().find(R"("reasoning_content":"hm")"), std::string::npos) << Sent();
  EXPECT_EQ(Sent().find("hg1."), std::string::npos);
  EXPECT_EQ(Count("x-headgate-dropped"), 0u) << client_.sent;
}

TEST_F(ThinkingClient, GivesThoughtsToNoOtherBackend) {
  exchanges_.Expect(WholeAnswer(std::string(kThoughtful)));
  Run(Ask(Again("there")));
  EXPECT_EQ(Sent().find("hm"), std::string::npos) << Sent();
  EXPECT_EQ(Count("x-headgate-dropped: thinking\r\n"), 1u) << client_.sent;
}

TEST_F(ThinkingClient, GivesThoughtsToNoBackendThatGetsItsOwnBytes) {
  exchanges_.Expect(WholeAnswer(std::string(kPlainMessage)));
  Run(Ask(Again("native")));
  EXPECT_TRUE(Sent().ends_with(
      R"({"model":"up","max_tokens":9,"messages":[{"role":"user","content":"hello"},{"role":"assistant","content":[{"type":"text","text":"hi"}]},{"role":"user","content":"more"}]})"))
      << Sent();
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 200 ")) << client_.sent;
  EXPECT_EQ(Count("x-headgate-dropped: thinking\r\n"), 1u) << client_.sent;
}

}  // namespace
}  // namespace headgate::gateway

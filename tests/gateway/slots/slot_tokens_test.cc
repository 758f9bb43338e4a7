// The KV room that a request reserves is the room that the decision counted.
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/proxy/proxied_request.h"
#include "routing/decide/estimates.h"
#include "tests/gateway/fake_exchange.h"
#include "tests/gateway/proxy/proxied_fixture.h"

namespace headgate::gateway {
namespace {

constexpr std::string_view kCountedPool = R"(
server: {auth: none}
backends:
  gpu: {hosting: self_hosted, replicas: ["http://127.0.0.1:1/v1"], models: {gpt-4.1: plain, o3: thinking, text-embedding-3-small: vectors}, slots: 4, slot_tokens: 400k, cost: {per_replica_hour: 3.6}}
routes:
  - {name: all, targets: [gpt-4.1@gpu, o3@gpu, text-embedding-3-small@gpu]}
)";

class SlotTokens : public ProxiedFixture {
 protected:
  SlotTokens() : ProxiedFixture(kCountedPool, HeadOf("/v1/chat/completions")) {}

  static std::string HeadOf(std::string_view path) {
    return "POST " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n\r\n";
  }
  void SetUp() override {}

  // Serves a request, and returns what it held of the KV room while its backend worked.
  std::int64_t Reserved(std::string_view path, std::string body, std::string_view answer) {
    head_bytes_ = HeadOf(path);
    Begin();
    ExchangeScript script = WholeAnswer(std::string(answer));
    script.waits = true;
    exchanges_.Expect(script);
    ProxiedRequest request(worker_, Ask(std::move(body)), response_, account_);
    std::optional<bool> done;
    Spawn(io_, RunToEnd(request), done);
    io_.restart();
    io_.poll();
    EXPECT_EQ(account_.attempts.size(), 1u) << client_.sent;
    if (account_.attempts.empty()) return -1;
    const std::int64_t held = replica().tokens();
    const routing::DecisionInput& decided = worker_.decision.input();
    const std::size_t target = account_.attempts[0].target;
    EXPECT_EQ(held, routing::SlotTokensAt(snapshot_->policy->targets()[target],
                                          decided.candidates[target], decided));
    exchanges_.made.back()->GoOn();
    io_.restart();
    io_.run();
    EXPECT_TRUE(done.has_value());
    EXPECT_EQ(replica().tokens(), 0);
    return held;
  }
  const backends::SlotCount& replica() const {
    return snapshot_->fleet->BackendOf(0).replicas->slots(0);
  }
  std::int64_t input() const { return account_.estimated_input_tokens; }

  static constexpr std::string_view kChat = "/v1/chat/completions";
  static constexpr std::string_view kAnswer =
      R"({"choices":[{"index":0,"message":{"content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":2000,"total_tokens":2010}})";
};

std::string Hello(std::string_view model, std::string_view more) {
  return R"({"model":")" + std::string(model) +
         R"(","messages":[{"role":"user","content":"hello there"}])" + std::string(more) + "}";
}

TEST_F(SlotTokens, AreTheInputAndTheOutputOfAllChoices) {
  struct Case {
    std::string_view path;
    std::string body;
    std::int64_t output;
  };
  const Case cases[] = {
      {kChat, Hello("gpt-4.1", ""), 500},
      {kChat, Hello("gpt-4.1", R"(,"max_tokens":20)"), 20},
      {kChat, Hello("gpt-4.1", R"(,"n":4,"max_tokens":500)"), 2'000},
      {kChat, Hello("gpt-4.1", R"(,"n":3)"), 1'500},
      {kChat, Hello("o3", ""), 3'000},
      {"/v1/embeddings", R"({"model":"text-embedding-3-small","input":"two words"})", 0},
  };
  for (const Case& c : cases) {
    const std::int64_t held = Reserved(c.path, c.body, kAnswer);
    EXPECT_EQ(held, input() + c.output) << c.body;
  }
}

TEST_F(SlotTokens, AreLearnedByChoice) {
  constexpr int kAnswersUntilLearned = 8;
  for (int i = 0; i < kAnswersUntilLearned; ++i) {
    Reserved(kChat, Hello("gpt-4.1", R"(,"n":4,"max_tokens":500)"), kAnswer);
  }
  const routing::LearnedTarget& learned = snapshot_->fleet->learned(0);
  EXPECT_FLOAT_EQ(learned.ExpectedOutputTokens(account_.classification->request_class), 500);
  EXPECT_EQ(Reserved(kChat, Hello("gpt-4.1", R"(,"n":2)"), kAnswer), input() + 1'000);
}

}  // namespace
}  // namespace headgate::gateway

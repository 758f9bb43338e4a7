// Text completions with several prompts, without sockets: what they reserve, take and are booked
// as.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/permits/quota_use.h"
#include "tests/gateway/proxy/proxied_fixture.h"

namespace headgate::gateway {
namespace {

constexpr std::string_view kPromptsPolicy = R"(
server: {auth: none}
ledger: {path: /tmp/headgate-prompts}
models: {plain: {context: 1M}}
backends:
  one: {hosting: paid_api, url: "http://127.0.0.1:1/v1", api_key: key-of-one, models: {plain: {name: up, price: {input: 0, output: 8}}}}
routes: [{name: all}]
budgets:
  - {limit: 1, per: month}
)";

class SeveralPrompts : public ProxiedFixture {
 protected:
  SeveralPrompts()
      : ProxiedFixture(kPromptsPolicy, "POST /v1/completions HTTP/1.1\r\nHost: h\r\n\r\n") {}

  const AttemptAccount& Serve(std::string_view members, ExchangeScript script) {
    Begin();
    client_.sent.clear();
    exchanges_.Expect(std::move(script));
    Run(Ask(R"({"model":"plain",)" + std::string(members) + "}"));
    EXPECT_EQ(account_.attempts.size(), 1u) << client_.sent;
    return account_.attempts.at(0);
  }
  static ExchangeScript Answer() {
    return WholeAnswer(R"({"choices":[{"index":0,"text":"hi","finish_reason":"stop"}],)"
                       R"("usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}})");
  }
  static std::string Prompts(int count) {
    std::string out = R"("prompt":["a")";
    for (int i = 1; i < count; ++i) out += R"(,"a")";
    return out + "]";
  }
};

TEST_F(SeveralPrompts, ReserveTheOutputOfEach) {
  // At 8 USD for 1M tokens: 8,000 nano-dollars a token.
  struct {
    std::string members;
    std::int64_t tokens;
  } const cases[] = {
      {R"("prompt":"a","max_tokens":1000)", 1'000},
      {Prompts(20) + R"(,"max_tokens":1000)", 20'000},
      {Prompts(3) + R"(,"n":2,"max_tokens":1000)", 6'000},
      {R"("prompt":"a","best_of":20,"max_tokens":1000)", 20'000},
      {R"("prompt":[[1,2],[3,4]],"max_tokens":1000)", 2'000},
      {R"("prompt":[1,2],"max_tokens":1000)", 1'000},  // the tokens of one prompt
      {Prompts(3), 48},                                // without a maximum 16 each
  };
  for (const auto& c : cases) {
    EXPECT_EQ(Serve(c.members, Answer()).reserved, c.tokens * 8'000) << c.members;
  }
}

// 20 prompts of a byte each are 20 tokens, and each has 500 tokens of output until more is known.
TEST_F(SeveralPrompts, AreExpectedToTakeTheOutputOfEach) {
  Serve(Prompts(20) + R"(,"max_tokens":1000)", Answer());
  EXPECT_EQ(account_.estimated_input_tokens, 20);
  const routing::DecisionInput& decided = worker_.decision.input();
  EXPECT_EQ(ExpectedUse(account_, 0, routing::SizeOf(decided)).output, 20 * 500);
}

// A stream of 2 prompts with at most 2 tokens each that breaks off behind three tokens.
TEST_F(SeveralPrompts, ACutStreamIsBookedWithTheOutputOfAll) {
  std::vector<std::string> pieces;
  for (const char* const piece : {R"({"index":0,"text":"a","finish_reason":null})",
                                  R"({"index":1,"text":"b","finish_reason":null})",
                                  R"({"index":0,"text":"c","finish_reason":null})"}) {
    pieces.push_back(R"(data: {"id":"c","object":"text_completion","choices":[)" +
                     std::string(piece) + "]}\n\n");
  }
  ExchangeScript script = StreamedAnswer(std::move(pieces));
  script.breaks_at_end = backends::AttemptResult::kCut;
  const AttemptAccount& cut =
      Serve(Prompts(2) + R"(,"max_tokens":2,"stream":true)", std::move(script));
  EXPECT_EQ(cut.usage_status, policy::UsageStatus::kEstimated);
  EXPECT_EQ(cut.usage.input, 2);
  EXPECT_EQ(cut.usage.output, 3);
}

}  // namespace
}  // namespace headgate::gateway

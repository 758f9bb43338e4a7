// Whole requests without sockets, under limits and budgets.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/accounting/wall_clock.h"
#include "policy/budgets/budget_table.h"
#include "tests/gateway/proxy/proxied_fixture.h"

namespace headgate::gateway {
namespace {

constexpr std::string_view kLimitedPolicy = R"(
server: {auth: keys}
ledger: {path: /tmp/headgate-limits}
backends:
  one: {hosting: paid_api, url: "http://127.0.0.1:1/v1", api_key: key-of-one, models: {gpt-4.1: {name: first, price: {input: 10, output: 20}}}}
  two: {hosting: paid_api, url: "http://127.0.0.1:2/v1", api_key: key-of-two, models: {gpt-4.1: {name: second, price: {input: 1, output: 2}}}, limits: {requests_per_minute: 3}}
routes:
  - {name: all, targets: [gpt-4.1@one, gpt-4.1@two], prefer: ordered, limits: {tokens_per_minute: 100k}}
teams: {t: {limits: {requests_per_minute: 3}}}
keys:
  - {name: plain, team: t, hash: "sha256:0000000000000000000000000000000000000000000000000000000000000001"}
  - {name: poor, team: poor, hash: "sha256:0000000000000000000000000000000000000000000000000000000000000002"}
  - {name: poorest, team: poor, hash: "sha256:0000000000000000000000000000000000000000000000000000000000000003"}
  - {name: thrifty, team: u, hash: "sha256:0000000000000000000000000000000000000000000000000000000000000004"}
  - {name: tied, team: u, routes: [none], classes: [batch], hash: "sha256:0000000000000000000000000000000000000000000000000000000000000005"}
  - {name: classy, team: u, classes: [batch], hash: "sha256:0000000000000000000000000000000000000000000000000000000000000006"}
budgets:
  - {scope: {team: poor, backend: one}, limit: 0.000001, per: month}
  - {scope: {key: poorest}, limit: 0.000001, per: day}
  - {scope: {key: poor}, limit: 1, per: month, assume_output: 50}
  - {scope: {key: thrifty}, limit: 0.000000001, per: month, when_spent: cheapest}
)";
constexpr std::string_view kNone = "  - {name: none, when: {model: gpt-4.1-mini}}\n";

enum KeyOfTest : std::size_t { kPlain, kPoor, kPoorest, kThrifty, kTied, kClassy };

std::string PolicyWithTwoRoutes() {
  std::string text(kLimitedPolicy);
  text.insert(text.find("teams:"), kNone);
  return text;
}

class LimitedRequest : public ProxiedFixture {
 protected:
  LimitedRequest()
      : ProxiedFixture(PolicyWithTwoRoutes(),
                       "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\n\r\n") {}

  // Serves a request of one key; the answer has cost 10 tokens of input and 5 of output.
  void ServeFor(KeyOfTest key, const std::string& more = {}) {
    Begin();
    client_.sent.clear();
    account_.key = key;
    exchanges_.Expect(
        WholeAnswer(R"({"choices":[{"index":0,"message":{"content":"hi"},"finish_reason":"stop"}],)"
                    R"("usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}})"));
    Run(Ask(R"({"model":"auto","messages":[{"role":"user","content":"hello"}])" + more + "}"));
  }
  bool Answered(std::string_view status) const {
    return client_.sent.starts_with("HTTP/1.1 " + std::string(status));
  }
  std::string_view TargetOf(std::size_t attempt) const {
    return snapshot_->policy->targets()[account_.attempts.at(attempt).target].name;
  }
  const policy::BudgetWindow& Window(std::size_t budget) const {
    return snapshot_->budgets->entries()[budget].spend->At(WallClockMs());
  }
};

TEST_F(LimitedRequest, answers_say_what_is_left_of_the_scarcest_limits) {
  ServeFor(kPlain);
  EXPECT_TRUE(Answered("200")) << client_.sent;
  EXPECT_EQ(Count("x-ratelimit-limit-requests: 3\r\n"), 1u) << client_.sent;
  EXPECT_EQ(Count("x-ratelimit-remaining-requests: 2\r\n"), 1u);
  EXPECT_EQ(Count("x-ratelimit-limit-tokens: 100000\r\n"), 1u);
  ServeFor(kThrifty);
  EXPECT_EQ(Count("x-ratelimit-limit-requests"), 0u);
}

TEST_F(LimitedRequest, a_reached_limit_is_a_429_and_nothing_is_sent) {
  for (int i = 0; i < 3; ++i) ServeFor(kPlain);
  const std::size_t sent = exchanges_.traces.size();
  ServeFor(kPlain);
  EXPECT_TRUE(Answered("429")) << client_.sent;
  EXPECT_EQ(Count("The limit of team t is reached: 3 requests in a minute."), 1u) << client_.sent;
  EXPECT_EQ(Count("Retry-After: "), 1u);
  EXPECT_EQ(Count("x-ratelimit-remaining-requests: 0\r\n"), 1u);
  EXPECT_EQ(exchanges_.traces.size(), sent);
  EXPECT_EQ(account_.rejection, Rejection::kRateLimit);
  EXPECT_EQ(account_.outcome, RequestOutcome::kRefused);
}

TEST_F(LimitedRequest, tokens_are_settled_with_what_the_answer_took) {
  ServeFor(kPlain);
  ServeFor(kPlain, R"(,"max_tokens":100)");
  const policy::LimitedBy subjects = snapshot_->limits->Of(kPlain, 0);
  ASSERT_EQ(subjects.size(), 2u);
  const auto now = SteadyClock::now();
  EXPECT_GE(subjects[1]->tokens.Remaining(now), 100'000 - 2 * 15);
  EXPECT_EQ(subjects[1]->in_flight(), 0);
}

TEST_F(LimitedRequest, a_target_that_a_budget_does_not_cover_is_passed_over) {
  ServeFor(kPoor);
  EXPECT_TRUE(Answered("200")) << client_.sent;
  ASSERT_EQ(account_.attempts.size(), 1u);
  EXPECT_EQ(TargetOf(0), "gpt-4.1@two");
  EXPECT_FALSE(account_.rejection);
  EXPECT_EQ(Window(0).committed(), 0);
  EXPECT_GT(account_.attempts[0].reserved, account_.attempts[0].cost);
  EXPECT_EQ(Window(2).spent(), account_.attempts[0].cost);
  EXPECT_EQ(Window(2).committed(), account_.attempts[0].cost);
}

TEST_F(LimitedRequest, if_no_target_is_left_the_client_is_not_to_try_again) {
  ServeFor(kPoorest);
  EXPECT_TRUE(Answered("429")) << client_.sent;
  EXPECT_EQ(Count("insufficient_quota"), 2u) << client_.sent;
  EXPECT_EQ(Count("x-should-retry: false"), 1u) << client_.sent;
  EXPECT_EQ(Count("Budget key=poorest (day, UTC) is $0.000001 in all"), 1u) << client_.sent;
  EXPECT_EQ(account_.budget_code, "insufficient_quota");
  EXPECT_EQ(account_.error.find("Budget key=poorest"), 0u) << "the access log says why";
  EXPECT_GT(Window(1).refused_most(), 0);
  EXPECT_TRUE(account_.attempts.empty());
  EXPECT_EQ(account_.rejection, Rejection::kBudget);
  EXPECT_EQ(account_.outcome, RequestOutcome::kRefused);
  EXPECT_EQ(Window(1).committed(), 0);
}

TEST_F(LimitedRequest, a_budget_that_is_only_reserved_may_be_asked_again) {
  constexpr NanoUsd kReserved = kNanoPerUsd - 1;
  snapshot_->budgets->entries()[2].spend->At(WallClockMs()).ReserveAnyway(kReserved);
  ServeFor(kPoor);
  EXPECT_TRUE(Answered("429")) << client_.sent;
  EXPECT_EQ(Count("rate_limit_exceeded"), 1u) << client_.sent;
  EXPECT_EQ(Count("Retry-After: 1\r\n"), 1u) << client_.sent;
  EXPECT_EQ(Count("x-should-retry"), 0u) << client_.sent;
  EXPECT_EQ(account_.rejection, Rejection::kBudget);
  EXPECT_EQ(Window(2).refused_most(), 0) << "the operator need not know";
}

TEST_F(LimitedRequest, a_target_that_is_only_at_its_limit_may_be_asked_again) {
  for (int i = 0; i < 3; ++i) ServeFor(kPoor);
  ServeFor(kPoor);  // its budget does not cover the other target
  EXPECT_TRUE(Answered("429")) << client_.sent;
  EXPECT_EQ(Count("rate_limit_exceeded"), 1u) << client_.sent;
  EXPECT_EQ(Count("Retry-After: "), 1u) << client_.sent;
  EXPECT_EQ(Count("insufficient_quota"), 0u) << client_.sent;
  EXPECT_TRUE(account_.attempts.empty());
  EXPECT_FALSE(account_.rejection);
}

TEST_F(LimitedRequest, a_request_without_a_maximum_gets_that_of_its_budget) {
  ServeFor(kPoor);
  EXPECT_NE(exchanges_.traces.back().request.find(R"({"max_tokens":50,"model":"second",)"),
            std::string::npos)
      << exchanges_.traces.back().request;
  EXPECT_EQ(Count("x-headgate-max-tokens: 50\r\n"), 1u) << client_.sent;
  ServeFor(kPoor, R"(,"max_tokens":20)");
  EXPECT_EQ(Count("x-headgate-max-tokens"), 0u) << client_.sent;
  EXPECT_EQ(exchanges_.traces.back().request.find("50"), std::string::npos);
  ServeFor(kPlain);
  EXPECT_EQ(exchanges_.traces.back().request.find("max_tokens"), std::string::npos);
}

TEST_F(LimitedRequest, a_spent_budget_puts_the_cheapest_target_first) {
  ServeFor(kThrifty);
  EXPECT_EQ(TargetOf(0), "gpt-4.1@one");
  ServeFor(kThrifty);
  EXPECT_EQ(TargetOf(0), "gpt-4.1@two");
}

TEST_F(LimitedRequest, a_key_keeps_to_its_routes_and_classes) {
  ServeFor(kTied);
  EXPECT_TRUE(Answered("403")) << client_.sent;
  EXPECT_EQ(Count("route_not_allowed"), 1u);
  EXPECT_EQ(account_.rejection, Rejection::kNotAllowed);
  ServeFor(kClassy);
  EXPECT_EQ(Count("class_not_allowed"), 1u) << client_.sent;
  ServeFor(kClassy, R"(,"service_tier":"flex")");
  EXPECT_TRUE(Answered("200")) << client_.sent;
}

}  // namespace
}  // namespace headgate::gateway

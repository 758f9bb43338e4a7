#include "gateway/proxy/proxied_request.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "gateway/accounting/request_account.h"
#include "tests/gateway/fake_client.h"
#include "tests/gateway/fake_exchange.h"
#include "tests/gateway/proxy/proxied_fixture.h"

namespace headgate::gateway {
namespace {

using backends::AttemptResult;

// Two targets, tried in this order.
constexpr std::string_view kPolicy = R"(
server: {auth: none}
backends:
  one: {hosting: paid_api, url: "http://127.0.0.1:1/v1", api_key: key-of-one, models: {gpt-4.1: {name: first, price: {input: 1, output: 2}}}}
  two: {hosting: paid_api, url: "http://127.0.0.1:2/v1", api_key: key-of-two, models: {gpt-4.1: {name: second, price: {input: 10, output: 20}}}}
routes: [{name: all, targets: [gpt-4.1@one, gpt-4.1@two], prefer: ordered}]
)";

constexpr std::string_view kAnswer =
    R"({"choices":[{"index":0,"message":{"content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}})";
constexpr NanoUsd kCostAtOne = 10 * 1'000 + 5 * 2'000;

std::string Event(std::string_view content) {
  return R"(data: {"choices":[{"index":0,"delta":{"content":")" + std::string(content) +
         "\"}}]}\n\n";
}
constexpr std::string_view kLastEvents =
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5}}\n\n"
    "data: [DONE]\n\n";

class Proxied : public ProxiedFixture {
 protected:
  Proxied() : ProxiedFixture(kPolicy, "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\n\r\n") {}

  ClientRequest Chat(bool stream) {
    return Ask(std::string(R"({"model":"auto","messages":[{"role":"user","content":"hello"}])") +
               (stream ? R"(,"stream":true})" : "}"));
  }
  // Serves one request from its body to its answer.
  void Serve(bool stream) { Run(Chat(stream)); }
  // Serves one request until the first of two events has come; RunOn goes on.
  void ServeHalfAStream() {
    ExchangeScript script = StreamedAnswer({Event("one"), Event("two")});
    script.waits = true;
    exchanges_.Expect(script);
    running_.emplace(worker_, Chat(/*stream=*/true), response_, account_);
    Spawn(io_, RunToEnd(*running_), done_);
    io_.poll();
    exchanges_.made[0]->GoOn();
    io_.restart();
    io_.poll();
  }
  void RunOn() {
    io_.restart();
    io_.run();
  }

  std::optional<ProxiedRequest> running_;
  std::optional<bool> done_;
};

TEST_F(Proxied, AWholeAnswerIsSentBilledAndItsConnectionKept) {
  exchanges_.Expect(WholeAnswer(std::string(kAnswer)));
  Serve(/*stream=*/false);
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 200 OK\r\n")) << client_.sent;
  EXPECT_TRUE(client_.sent.ends_with(kAnswer));
  ASSERT_EQ(account_.attempts.size(), 1u);
  EXPECT_EQ(account_.committed, 0u);
  EXPECT_EQ(account_.outcome, RequestOutcome::kOk);
  EXPECT_EQ(account_.attempts[0].cost, kCostAtOne);
  EXPECT_EQ(account_.attempts[0].usage_status, policy::UsageStatus::kExact);
  EXPECT_TRUE(exchanges_.traces[0].finished);
  const std::string& request = exchanges_.traces[0].request;
  EXPECT_TRUE(request.starts_with("POST /v1/chat/completions HTTP/1.1\r\n")) << request;
  EXPECT_NE(request.find("key-of-one"), std::string::npos);
  EXPECT_NE(request.find(R"({"model":"first","messages")"), std::string::npos);
}

TEST_F(Proxied, AFaultBeforeTheAnswerFallsBackUnseen) {
  ExchangeScript refused;
  refused.fails_at_start = AttemptResult::kConnectFailed;
  exchanges_.Expect(refused);
  exchanges_.Expect(WholeAnswer(std::string(kAnswer)));
  Serve(/*stream=*/false);
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 200 OK\r\n"));
  ASSERT_EQ(account_.attempts.size(), 2u);
  EXPECT_EQ(account_.attempts[0].result, AttemptResult::kConnectFailed);
  EXPECT_EQ(account_.attempts[0].cost, 0);
  EXPECT_EQ(account_.committed, 1u);
  EXPECT_EQ(account_.attempts[1].cost, 10 * kCostAtOne);
}

TEST_F(Proxied, TheClientsOwnMistakeComesBackInTheBackendsWords) {
  exchanges_.Expect(RefusingAnswerOf(422, R"({"error":{"message":"no such field","code":"c"}})"));
  Serve(/*stream=*/false);
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 422 ")) << client_.sent;
  EXPECT_NE(client_.sent.find("no such field"), std::string::npos);
  EXPECT_EQ(account_.outcome, RequestOutcome::kClientError);
  EXPECT_EQ(account_.error.find("no such field"), std::string::npos) << "it may quote the prompt";
}

TEST_F(Proxied, AnAccountWithoutMoneyIsTheNextTargetsRequest) {
  exchanges_.Expect(RefusingAnswerOf(402, R"({"error":{"message":"Insufficient Balance"}})"));
  exchanges_.Expect(WholeAnswer(std::string(kAnswer)));
  Serve(/*stream=*/false);
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 200 OK\r\n")) << client_.sent;
  EXPECT_EQ(account_.attempts[0].result, AttemptResult::kNoCredit);
}

TEST_F(Proxied, NothingLeftIsA503ThatNamesWhatWasTried) {
  for (int i = 0; i < 2; ++i) {
    ExchangeScript refused;
    refused.fails_at_start = AttemptResult::kConnectFailed;
    exchanges_.Expect(refused);
  }
  response_.Expose();
  Serve(/*stream=*/false);
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 503 ")) << client_.sent;
  EXPECT_NE(client_.sent.find("gpt-4.1@one (connect_failed), gpt-4.1@two (connect_failed)"),
            std::string::npos);
  EXPECT_NE(client_.sent.find("\r\nRetry-After: "), std::string::npos);
  EXPECT_EQ(account_.outcome, RequestOutcome::kUpstreamError);
}

backends::RateLimitFields NothingLeft(std::chrono::milliseconds reset) {
  backends::RateLimitFields said;
  said.any = true;
  said.requests = {.limit = {}, .remaining = 0, .reset_in = reset, .reset_at = {}};
  return said;
}

TEST_F(Proxied, ATargetAtItsProvidersLimitIsNotAsked) {
  ExchangeScript last = WholeAnswer(std::string(kAnswer));
  last.head.rate_limits = NothingLeft(std::chrono::minutes(5));
  exchanges_.Expect(last);
  Serve(/*stream=*/false);
  EXPECT_EQ(account_.attempts[0].target, 0u);
  Begin();
  exchanges_.Expect(WholeAnswer(std::string(kAnswer)));
  Serve(/*stream=*/false);
  ASSERT_EQ(account_.attempts.size(), 1u);
  EXPECT_EQ(account_.attempts[0].target, 1u);
  EXPECT_EQ(account_.outcome, RequestOutcome::kOk);
}

TEST_F(Proxied, WhenEveryTargetIsAtItsLimitTheClientIsToldToWait) {
  const auto wall = std::chrono::system_clock::now();
  for (const std::size_t target : {0u, 1u}) {
    snapshot_->fleet->heard_limits(target).Heard(
        NothingLeft(std::chrono::seconds(target == 0 ? 50 : 40)), SteadyClock::now(), wall);
  }
  Serve(/*stream=*/false);
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 429 ")) << client_.sent;
  EXPECT_NE(client_.sent.find("\r\nRetry-After: 40\r\n"), std::string::npos) << client_.sent;
  EXPECT_NE(client_.sent.find("rate_limit_exceeded"), std::string::npos);
  EXPECT_TRUE(account_.attempts.empty());
  EXPECT_EQ(account_.outcome, RequestOutcome::kUpstreamError);
}

// Ejects the only replica of a backend by a failure of `kind`, `times` times.
void EjectAt(const Snapshot& snapshot, std::size_t backend, int times) {
  using Failure = backends::CircuitBreaker::Failure;
  const auto now = SteadyClock::now();
  backends::ReplicaSet& replicas = *snapshot.fleet->backend(backend).replicas;
  for (int i = 0; i < times; ++i) {
    replicas.Acquire(0, now, std::nullopt, backends::ReplicaSet::Admission::kPanic)
        ->Failed(times == 1 ? Failure::kDead : Failure::kTransient, now);
  }
}

TEST_F(Proxied, TheFailureThatEjectsIsNotRepeatedAtTheSameTarget) {
  EjectAt(*snapshot_, 0, 4);  // one more ejects it
  exchanges_.Expect(RefusingAnswerOf(503, "{}"));
  exchanges_.Expect(WholeAnswer(std::string(kAnswer)));
  Serve(/*stream=*/false);
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 200 OK\r\n"));
  ASSERT_EQ(account_.attempts.size(), 2u);
  EXPECT_EQ(account_.attempts[1].target, 1u);
}

TEST_F(Proxied, AFallbackThatIsDownIsNotAskedAfterAnAttemptElsewhere) {
  EjectAt(*snapshot_, 1, 1);
  Begin();
  ExchangeScript refused;
  refused.fails_at_start = AttemptResult::kConnectFailed;
  exchanges_.Expect(refused);
  Serve(/*stream=*/false);
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 503 ")) << client_.sent;
  EXPECT_EQ(account_.attempts.size(), 1u);
}

TEST_F(Proxied, IfAllAreDownTheLeastBadIsAskedOnce) {
  EjectAt(*snapshot_, 0, 1);
  // A second ejection in a row is longer, so the other target is nearer to its return.
  backends::SharedCircuit& first = snapshot_->fleet->backend(0).replicas->circuit(0);
  const auto later = SteadyClock::now() + std::chrono::seconds(5);
  ASSERT_EQ(first.Enter(later), backends::SharedCircuit::Pass::kFirstProbe);
  first.Failed(backends::CircuitBreaker::Failure::kDead, /*probe=*/true, later);
  EjectAt(*snapshot_, 1, 1);
  Begin();
  exchanges_.Expect(WholeAnswer(std::string(kAnswer)));
  Serve(/*stream=*/false);
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 200 OK\r\n"));
  ASSERT_EQ(account_.attempts.size(), 1u);
  EXPECT_EQ(account_.attempts[0].target, 1u);
  EXPECT_TRUE(snapshot_->fleet->Usable(1, SteadyClock::now())) << "its success ended the ejection";
}

TEST_F(Proxied, ASlowStartLeavesRequestsToTheNextTargetUnlessItFails) {
  EjectAt(*snapshot_, 0, 1);
  backends::SharedCircuit& first = snapshot_->fleet->backend(0).replicas->circuit(0);
  const auto now = SteadyClock::now();
  ASSERT_EQ(first.Succeeded(now, now).kind, backends::CircuitChange::Kind::kReturned);
  exchanges_.Expect(WholeAnswer(std::string(kAnswer)));
  Serve(/*stream=*/false);
  ASSERT_EQ(account_.attempts.size(), 1u);
  EXPECT_EQ(account_.attempts[0].target, 1u);
  Begin();
  client_.sent.clear();
  ExchangeScript refused;
  refused.fails_at_start = AttemptResult::kConnectFailed;
  exchanges_.Expect(refused);
  exchanges_.Expect(WholeAnswer(std::string(kAnswer)));
  Serve(/*stream=*/false);
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 200 OK\r\n")) << client_.sent;
  ASSERT_EQ(account_.attempts.size(), 2u);
  EXPECT_EQ(account_.attempts[0].target, 1u);
  EXPECT_EQ(account_.attempts[1].target, 0u);
}

TEST_F(Proxied, TheProbeIsOverWhenItsAnswerBegins) {
  EjectAt(*snapshot_, 0, 1);
  backends::SharedCircuit& first = snapshot_->fleet->backend(0).replicas->circuit(0);
  first.CheckFailed();
  ASSERT_TRUE(first.CheckSucceeded(SteadyClock::now()));
  Begin();
  ServeHalfAStream();
  EXPECT_EQ(first.State(SteadyClock::now()), backends::CircuitState::kClosed);
  EXPECT_EQ(first.totals().returns, 1u);
  running_->Cut();
  RunOn();
}

TEST_F(Proxied, AStreamIsPassedOnInWholeEventsAndEndsWithDone) {
  const std::string half = Event("two");
  exchanges_.Expect(
      StreamedAnswer({Event("one") + half.substr(0, 9), half.substr(9), std::string(kLastEvents)}));
  Serve(/*stream=*/true);
  EXPECT_EQ(Count("HTTP/1.1 200 OK"), 1u);
  EXPECT_NE(client_.sent.find(Event("one") + "\r\n"), std::string::npos) << client_.sent;
  EXPECT_NE(client_.sent.find(half), std::string::npos);
  EXPECT_EQ(Count("data: [DONE]"), 1u);
  EXPECT_TRUE(client_.sent.ends_with("0\r\n\r\n"));
  EXPECT_EQ(Count("prompt_tokens"), 0u) << "only the gateway asked for usage";
  EXPECT_EQ(account_.attempts[0].cost, kCostAtOne);
  EXPECT_EQ(account_.outcome, RequestOutcome::kOk);
  EXPECT_NE(account_.first_token, TimePoint{});
}

TEST_F(Proxied, AStreamThatBreaksNeverEndsCleanly) {
  ExchangeScript script = StreamedAnswer({Event("one")});
  script.breaks_at_end = AttemptResult::kCut;
  exchanges_.Expect(script);
  Serve(/*stream=*/true);
  EXPECT_EQ(Count("data: [DONE]"), 0u);
  EXPECT_EQ(Count("upstream_error"), 1u);
  EXPECT_FALSE(client_.sent.ends_with("0\r\n\r\n"));
  EXPECT_FALSE(response_.keeps_connection());
  EXPECT_EQ(account_.outcome, RequestOutcome::kCut);
  EXPECT_EQ(account_.attempts[0].usage_status, policy::UsageStatus::kEstimated);
}

TEST_F(Proxied, AStreamThatBreaksBeforeItsFirstEventFallsBackUnseen) {
  ExchangeScript script = StreamedAnswer({": waiting\n\n"});
  script.breaks_at_end = AttemptResult::kFirstTokenTimeout;
  exchanges_.Expect(script);
  exchanges_.Expect(StreamedAnswer({Event("other"), std::string(kLastEvents)}));
  Serve(/*stream=*/true);
  EXPECT_EQ(Count("HTTP/1.1"), 1u);
  EXPECT_EQ(Count("data: [DONE]"), 1u);
  EXPECT_EQ(account_.committed, 1u);
}

TEST_F(Proxied, AClientThatLeavesEndsItsAttempt) {
  ServeHalfAStream();
  EXPECT_EQ(Count("one"), 1u);
  client_.ClientGone();
  running_->ClientGone();
  RunOn();
  ASSERT_TRUE(done_);
  EXPECT_EQ(exchanges_.traces[0].aborted, AttemptResult::kClientGone);
  EXPECT_EQ(account_.outcome, RequestOutcome::kClientGone);
  EXPECT_EQ(account_.attempts[0].result, AttemptResult::kClientGone);
  EXPECT_EQ(account_.attempts[0].usage_status, policy::UsageStatus::kEstimated);
}

TEST_F(Proxied, ADrainThatEndsCutsAStreamHonestly) {
  ServeHalfAStream();
  running_->Cut();
  RunOn();
  ASSERT_TRUE(done_);
  EXPECT_EQ(Count("gateway_shutdown"), 1u) << client_.sent;
  EXPECT_EQ(account_.outcome, RequestOutcome::kCut);
}

// Two attempts of one request run side by side, as hedging needs: the first to be ready is relayed,
// and the other is given up. Each has its slot, its bytes, its cost and its own entry.
TEST_F(Proxied, TwoAttemptsRunAtOnce) {
  const ClientRequest asked = Chat(/*stream=*/true);
  OutgoingRequest outgoing{
      .head = asked.head, .body = asked.body, .endpoint = asked.endpoint, .splice = {}};
  RequestPlan plan;
  ASSERT_FALSE(PlanRequest(worker_, {}, /*expose=*/false, outgoing, plan, account_));
  ASSERT_EQ(plan.size(), 2u);
  ExchangeScript slow = StreamedAnswer({Event("slow")});
  slow.waits = true;
  ExchangeScript fast = StreamedAnswer({Event("fast"), std::string(kLastEvents)});
  fast.waits = true;
  exchanges_.Expect(slow);
  exchanges_.Expect(fast);

  StreamRelay relay(worker_.executor, response_, account_);
  const auto& backends = snapshot_->fleet->backends();
  std::optional<Attempt> first;
  std::optional<Attempt> second;
  first.emplace(worker_, outgoing, account_, Attempt::Aim{.target = plan[0].target});
  second.emplace(worker_, outgoing, account_, Attempt::Aim{.target = plan[1].target});
  std::optional<Attempt::Ready> first_ready;
  std::optional<Attempt::Ready> second_ready;
  Spawn(io_, first->Call(relay), first_ready);
  Spawn(io_, second->Call(relay), second_ready);
  io_.poll();
  EXPECT_EQ(backends[0].replicas->InFlight(), 1);
  EXPECT_EQ(backends[1].replicas->InFlight(), 1);
  EXPECT_NE(exchanges_.traces[0].request.find(R"("model":"first")"), std::string::npos);
  EXPECT_NE(exchanges_.traces[1].request.find(R"("model":"second")"), std::string::npos);

  exchanges_.made[1]->GoOn();
  io_.restart();
  io_.poll();
  ASSERT_EQ(second_ready, Attempt::Ready::kStream);
  ASSERT_FALSE(first_ready);
  first->Abort(AttemptResult::kClientGone);
  io_.restart();
  io_.poll();
  EXPECT_EQ(first_ready, Attempt::Ready::kFailed);
  EXPECT_EQ(backends[0].replicas->InFlight(), 0);

  exchanges_.made[1]->GoOn();
  Await(io_, [](StreamRelay& to, Attempt& from) -> Awaitable<bool> {
    co_await to.Relay(from);
    co_return true;
  }(relay, *second));
  EXPECT_EQ(Count("fast"), 1u);
  EXPECT_EQ(Count("slow"), 0u);
  EXPECT_EQ(Count("data: [DONE]"), 1u);
  ASSERT_EQ(account_.attempts.size(), 2u);
  EXPECT_EQ(account_.committed, 1u);
  EXPECT_EQ(account_.attempts[0].result, AttemptResult::kClientGone);
  EXPECT_EQ(account_.attempts[0].usage_status, policy::UsageStatus::kEstimated);
  EXPECT_EQ(account_.attempts[1].result, AttemptResult::kOk);
  EXPECT_EQ(account_.attempts[1].cost, 10 * kCostAtOne);
  EXPECT_EQ(account_.TotalCost(), account_.attempts[0].cost + account_.attempts[1].cost);
}

}  // namespace
}  // namespace headgate::gateway

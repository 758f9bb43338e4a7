#include "gateway/proxy/proxied_request.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "gateway/accounting/request_account.h"
#include "gateway/proxy/slot_source.h"
#include "tests/gateway/fake_client.h"
#include "tests/gateway/fake_exchange.h"
#include "tests/gateway/proxy/two_targets_fixture.h"

namespace headgate::gateway {
namespace {

using backends::AttemptResult;

class Proxied : public TwoTargetsFixture {};

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
  SlotSource slots(worker_, account_, plan, outgoing);
  const auto aim_at = [&](std::size_t plan_index) {
    Attempt::Aim aim;
    AttemptFailure failure;
    EXPECT_TRUE(slots.TakeFree({.plan_index = plan_index, .avoid = {}}, aim, failure));
    return aim;
  };
  first.emplace(worker_, outgoing, account_, aim_at(0));
  second.emplace(worker_, outgoing, account_, aim_at(1));
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

// Targets that may not be asked now: at the limit of a provider, ejected, or in a slow start.
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>

#include "gateway/proxy/proxied_request.h"
#include "tests/backends/upstream/take_replica.h"
#include "tests/gateway/fake_exchange.h"
#include "tests/gateway/proxy/two_targets_fixture.h"

namespace headgate::gateway {
namespace {

using backends::AttemptResult;

class UnusableTarget : public TwoTargetsFixture {};

backends::RateLimitFields NothingLeft(std::chrono::milliseconds reset) {
  backends::RateLimitFields said;
  said.any = true;
  said.requests = {.limit = {}, .remaining = 0, .reset_in = reset, .reset_at = {}};
  return said;
}

TEST_F(UnusableTarget, ATargetAtItsProvidersLimitIsNotAsked) {
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

TEST_F(UnusableTarget, WhenEveryTargetIsAtItsLimitTheClientIsToldToWait) {
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
    backends::Take(replicas, 0, now, std::nullopt, backends::ReplicaSet::Admission::kPanic)
        ->Failed(times == 1 ? Failure::kDead : Failure::kTransient, now);
  }
}

TEST_F(UnusableTarget, TheFailureThatEjectsIsNotRepeatedAtTheSameTarget) {
  EjectAt(*snapshot_, 0, 4);  // one more ejects it
  exchanges_.Expect(RefusingAnswerOf(503, "{}"));
  exchanges_.Expect(WholeAnswer(std::string(kAnswer)));
  Serve(/*stream=*/false);
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 200 OK\r\n"));
  ASSERT_EQ(account_.attempts.size(), 2u);
  EXPECT_EQ(account_.attempts[1].target, 1u);
}

TEST_F(UnusableTarget, AFallbackThatIsDownIsNotAskedAfterAnAttemptElsewhere) {
  EjectAt(*snapshot_, 1, 1);
  Begin();
  ExchangeScript refused;
  refused.fails_at_start = AttemptResult::kConnectFailed;
  exchanges_.Expect(refused);
  Serve(/*stream=*/false);
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 503 ")) << client_.sent;
  EXPECT_EQ(account_.attempts.size(), 1u);
}

TEST_F(UnusableTarget, IfAllAreDownTheLeastBadIsAskedOnce) {
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

TEST_F(UnusableTarget, ASlowStartLeavesRequestsToTheNextTargetUnlessItFails) {
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

TEST_F(UnusableTarget, TheProbeIsOverWhenItsAnswerBegins) {
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

}  // namespace
}  // namespace headgate::gateway

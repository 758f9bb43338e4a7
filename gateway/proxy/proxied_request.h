#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

#include "backends/net/types.h"
#include "gateway/accounting/request_account.h"
#include "gateway/attempt/attempt.h"
#include "gateway/attempt/worker_context.h"
#include "gateway/http/answer.h"
#include "gateway/keeping/stored_conversation.h"
#include "gateway/limits/request_permits.h"
#include "gateway/plan/request_plan.h"
#include "gateway/proxy/attempt_bodies.h"
#include "gateway/proxy/attempt_machine.h"
#include "gateway/proxy/attempt_race.h"
#include "gateway/proxy/final_error.h"
#include "gateway/proxy/pause.h"
#include "gateway/proxy/running_attempts.h"
#include "gateway/proxy/slot_source.h"
#include "gateway/relay/client_response.h"
#include "gateway/relay/stream_relay.h"

namespace headgate::gateway {

// A client's request that needs a backend. What it points to outlives the ProxiedRequest.
struct ClientRequest {
  const RequestHead& head;
  std::string_view body;  // backends::RequestReader::kPadding allocated bytes follow
  const EndpointRow& endpoint;
  std::string_view path_model;  // the model, if the path names it; else empty
};

// The life of one request that needs a backend (docs/architecture.md): parse, classify, route, then
// attempts until one can be committed or nothing is left, then relay. Everything it learns goes
// into the account, which its owner books. It uses no sockets: it calls backends through the
// worker's ExchangeFactory and answers through the ClientResponse. Worker-bound.
class ProxiedRequest final : private CommitJudge, private RacingRequest {
 public:
  // All arguments outlive it. `account` has its snapshot, id, key and times.
  ProxiedRequest(WorkerContext& worker, const ClientRequest& request, ClientResponse& response,
                 RequestAccount& account);
  ~ProxiedRequest() override;
  ProxiedRequest(const ProxiedRequest&) = delete;
  ProxiedRequest& operator=(const ProxiedRequest&) = delete;

  Awaitable<void> Run();

  // Called from the worker's sweep, while Run is suspended.
  void Tick(TimePoint now) {
    running_.Tick(now);
    relay_.Tick(now);
    if (relay_.lost_client()) ClientGone();
  }
  std::size_t HeldBytes() const {
    return response_.out().capacity() + (stored_ ? stored_->HeldBytes() : 0) +
           running_.HeldBytes() + relay_.HeldBytes();
  }
  void ClientGone() { Abort(backends::AttemptResult::kClientGone); }
  // A drain runs: a request that waits for a slot is refused at once, so that its client asks
  // another gateway, unless its client has a part of the answer. `over`: its time is over, so every
  // request ends.
  void Drain(bool over) {
    if (over || (slots_.waits() && !relay_.begun())) Cut();
  }
  // A drain ends the request: an answer that is running is cut with an honest error.
  void Cut() {
    cut_ = true;
    Abort(backends::AttemptResult::kCut);
  }

 private:
  // Reads what the request continues, at a gateway that stores responses. Returns a refusal.
  Awaitable<std::optional<ClientError>> ReadStored();
  // Takes from limits and budgets. Returns a refusal.
  std::optional<ClientError> BeginPermits() {
    std::optional<ClientError> refusal = permits_.Begin(plan_, response_);
    if (refusal) NoteRejection();
    return refusal;
  }
  // Notes for `explain` that the request was refused after its decision.
  void NoteRejection() {
    if (!account_.rejection) return;
    worker_.recent.NoteRefused(account_.decision_place, account_.id, RefusalOf(in_vain_, account_));
  }
  void MakeMachine();
  // Sets up what the route's `commit`, `resume` and `hedge` need. `now`: of the first step.
  void PrepareFailover();
  std::optional<std::chrono::milliseconds> HedgeDelayNow(TimePoint now) const;
  const config::Failover& failover() const {
    return account_.snapshot->config->routes[*account_.route].failover;
  }
  Awaitable<void> RunAttempts();
  const routing::Target& TargetAt(std::size_t plan_index) const {
    return account_.snapshot->policy->targets()[plan_[plan_index].target];
  }
  // Returns whether the request counts tokens, and the target can only be asked for an estimate.
  bool CountsByEstimate(std::size_t plan_index) const;
  // Returns whether the request can be said to the target. An estimate needs no body.
  bool CanBeWritten(std::size_t plan_index) {
    WrittenBody written;
    return CountsByEstimate(plan_index) ||
           !bodies_.Write(plan_[plan_index].target, /*no_stream_options=*/false, written);
  }
  // Returns whether tokens are estimated because no backend has counted them. `refusal`: the
  // answer of a backend that would go to the client.
  bool CountsAfterAll(const ClientError* refusal) const;
  // Returns true if the client has had its answer, and false if the attempt failed, with the reason
  // in `failure`.
  Awaitable<bool> RunAttempt(const AttemptMachine::Step& step, AttemptFailure& failure);
  // Makes an attempt in `aim` but for its slot. Returns false if the request cannot be said to the
  // target or may not be sent there, with the reason in `failure`.
  bool MakeAim(const AttemptMachine::Step& step, Attempt::Aim& aim, AttemptFailure& failure);
  // Sends an answer that is not a stream.
  Awaitable<void> SendAnswer(Attempt& attempt, Attempt::Ready ready);
  // Returns false if the stream failed before it was committed.
  Awaitable<bool> RelayStream(const AttemptRace::Result& ready);
  void TakeFailure(const Attempt& attempt);
  // Returns the refusal, of a backend or of a budget, that the client is told when nothing is left
  // to try; null: a FinalError.
  const ClientError* RefusalAfter(AttemptMachine::Kind last_step);
  // Ends the request when nothing is left to try. `refusal`: of RefusalAfter.
  Awaitable<void> GiveUp(const AttemptFailure& last, const ClientError* refusal);
  Awaitable<void> Wait(std::chrono::milliseconds time);
  void Abort(backends::AttemptResult cause);

  bool Commits(std::size_t bytes, bool whole, TimePoint now) override {
    return machine_->OnHeld(bytes, whole, now).kind == AttemptMachine::Kind::kCommit;
  }
  Attempt* StartHedge(const AttemptMachine::Step& step, AttemptFailure& failure) override;
  void NoteFailure(const Attempt& attempt) override;

  WorkerContext& worker_;
  ClientResponse& response_;
  RequestAccount& account_;
  const std::string_view path_model_;
  OutgoingRequest outgoing_;
  std::optional<StoredConversation> stored_;  // only where responses are stored
  AttemptBodies bodies_;
  RequestPlan plan_;
  RequestPermits permits_;
  RunningAttempts running_;
  SlotSource slots_;
  std::optional<AttemptMachine> machine_;
  std::optional<AttemptRace> race_;  // only on a route with `hedge`
  Pause pause_;
  StreamRelay relay_;
  VainAttempts in_vain_;
  std::optional<ClientError> refusal_;  // of the latest attempt that was refused
  std::size_t failed_replica_ = 0;      // of the latest attempt that failed
  bool cut_ = false;
};

}  // namespace headgate::gateway

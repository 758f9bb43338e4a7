#include "gateway/proxy/proxied_request.h"

#include <utility>

#include "gateway/accounting/ledger_entry.h"
#include "gateway/failover/time_limits.h"
#include "gateway/proxy/replica_choice.h"
#include "gateway/proxy/resumption.h"
#include "gateway/relay/whole_relay.h"

namespace headgate::gateway {

using backends::AttemptResult;

ProxiedRequest::ProxiedRequest(WorkerContext& worker, const ClientRequest& request,
                               ClientResponse& response, RequestAccount& account)
    : worker_(worker),
      response_(response),
      account_(account),
      path_model_(request.path_model),
      outgoing_{
          .head = request.head, .body = request.body, .endpoint = request.endpoint, .splice = {}},
      bodies_(outgoing_, account),
      permits_(outgoing_, account),
      slots_(worker, account, plan_, outgoing_),
      pause_(worker.executor),
      relay_(worker.executor, response, account) {
  worker_.metrics.in_flight.Add(1);
}

ProxiedRequest::~ProxiedRequest() { worker_.metrics.in_flight.Add(-1); }

Awaitable<void> ProxiedRequest::Run() {
  std::optional<ClientError> refusal =
      RefusedByLedger(outgoing_.endpoint.endpoint, worker_.ledger, account_);
  if (!refusal && worker_.responses != nullptr &&
      outgoing_.endpoint.endpoint == routing::Endpoint::kResponses) {
    refusal = co_await ReadStored();
  }
  // Does not suspend, so the worker's scratch is free for use.
  if (!refusal) {
    refusal = PlanRequest(worker_, path_model_, response_.expose(), outgoing_, plan_, account_);
  }
  if (!refusal) refusal = BeginPermits();
  if (refusal) {
    co_await AnswerError(*refusal, response_, account_);
    co_return;
  }
  worker_.retry_budget.OnRequest();
  co_await RunAttempts();
  // What runs beside this coroutine points to the request.
  if (race_) co_await race_->Ended();
  if (relay_.holds()) co_await relay_.Stop();
}

Awaitable<std::optional<ClientError>> ProxiedRequest::ReadStored() {
  account_.endpoint =
      routing::kEndpointNames[static_cast<std::size_t>(outgoing_.endpoint.endpoint)];
  stored_.emplace(worker_, outgoing_.body, account_);
  std::optional<ClientError> refusal = co_await stored_->Read();
  outgoing_.body = stored_->body();
  relay_.KeepBy(stored_->keeper());
  relay_.Tell(stored_->told());
  co_return refusal;
}

void ProxiedRequest::MakeMachine() {
  const TimePoint now = SteadyClock::now();
  outgoing_.deadline = account_.started + TimeoutsAt(account_, TargetAt(0).backend).total;
  machine_.emplace(AttemptSteps(plan_, outgoing_, account_, now),
                   AttemptMachine::Rules{.now = now,
                                         .deadline = outgoing_.deadline,
                                         .failover = failover(),
                                         .hedge_delay = HedgeDelayNow(now),
                                         .seed = worker_.random.Next()});
  PrepareFailover();
}

// A second attempt at an answer that comes whole would double its cost more often than it saves
// time, so only streams are hedged. All requests of the route count towards its share.
std::optional<std::chrono::milliseconds> ProxiedRequest::HedgeDelayNow(TimePoint now) const {
  const std::optional<config::Hedge>& hedge = failover().hedge;
  if (!hedge) return std::nullopt;
  account_.snapshot->hedge_budgets[*account_.route]->OnRequest(hedge->at_most);
  if (!account_.stream) return std::nullopt;
  const auto first = account_.snapshot->fleet->learned(plan_.front().target).FirstToken(now);
  return HedgeDelay(*hedge, first.p95_ms, first.samples);
}

void ProxiedRequest::PrepareFailover() {
  if (!account_.stream) return;
  if (machine_->hedge_delay()) {
    HedgeBudget& budget = *account_.snapshot->hedge_budgets[*account_.route];
    RacingRequest& racing = *this;  // a private base, which only this class may name
    race_.emplace(worker_, *machine_, budget, racing);
  }
  if (machine_->commit_policy().Holds()) relay_.HoldBy(machine_->commit_policy());
  if (!failover().resume) return;
  const std::optional<backends::ChatProtocol> client = ChatProtocolOf(outgoing_.endpoint);
  if (client) relay_.Follow(*client);
}

Awaitable<void> ProxiedRequest::RunAttempts() {
  PutLeastBadFirst(account_, account_.body_read, plan_);
  MakeMachine();
  AttemptMachine::Step step = machine_->Start();
  AttemptFailure failure;  // of the last attempt that was made
  while (step.kind == AttemptMachine::Kind::kSend) {
    if (step.wait.count() > 0) co_await Wait(step.wait);
    if (response_.client_gone() || cut_) break;
    if (CountsByEstimate(step.plan_index)) {
      co_await SendTokenEstimate(response_, account_);
      co_return;
    }
    AttemptFailure latest;
    const bool answered = co_await RunAttempt(step, latest);
    if (answered) co_return;
    const TimePoint now = SteadyClock::now();
    NoteFailing(account_, plan_, now, *machine_);
    machine_->MoveDeadline(outgoing_.deadline);
    step = machine_->OnFailure(latest, worker_.retry_budget, now);
    if (latest.queue_end) in_vain_.AddQueueEnd(latest, response_.expose());
    if (latest.passed_over || latest.error.result == AttemptResult::kMovedAside) continue;
    failure = std::move(latest);
    // A refused field that is left out in the next request does not count as a failure.
    const bool same_without = failure.stream_options_refused && step.no_stream_options;
    if (!same_without && !failure.untranslatable) in_vain_.Add(failure.error);
  }
  if (step.kind == AttemptMachine::Kind::kRateLimited) {
    failure = {};
    failure.error = in_vain_.AddProviderLimit(TargetAt(step.plan_index).name, step.wait);
  }
  const ClientError* const refusal = RefusalAfter(step.kind);
  if (CountsAfterAll(refusal)) {
    co_await SendTokenEstimate(response_, account_);
    co_return;
  }
  co_await GiveUp(failure, refusal);
}

Awaitable<bool> ProxiedRequest::RunAttempt(const AttemptMachine::Step& step,
                                           AttemptFailure& failure) {
  Attempt::Aim aim;
  if (!MakeAim(step, aim, failure)) co_return false;
  SlotRequest wanted{.plan_index = step.plan_index,
                     .insist = step.insist,
                     .last = step.last,
                     .front = step.front,
                     .machine = &*machine_,
                     .writes = [this](std::size_t other) { return CanBeWritten(other); }};
  if (step.same_target) wanted.avoid = failed_replica_;
  bool has_slot = slots_.Take(wanted, aim, failure);
  if (!has_slot && slots_.MayWait(wanted, failure)) {
    has_slot = co_await slots_.Wait(wanted, aim, failure);
  }
  if (has_slot && (response_.client_gone() || cut_)) {
    failure.error.result = cut_ ? AttemptResult::kCut : AttemptResult::kClientGone;
    co_return false;
  }
  if (!has_slot) co_return false;
  Attempt& attempt = running_.Start(worker_, outgoing_, account_, std::move(aim));
  AttemptRace::Result result{.attempt = &attempt};
  if (race_) {
    result = co_await race_->Run(attempt, relay_);
  } else {
    result.ready = co_await attempt.Call(relay_);
  }
  bool answered = result.ready != Attempt::Ready::kFailed;
  if (result.ready == Attempt::Ready::kStream) {
    answered = co_await RelayStream(result);
  } else if (answered) {
    co_await SendAnswer(*result.attempt, result.ready);
  }
  if (answered) co_return true;
  failure = result.attempt->failure();
  const AttemptAccount& ended = result.attempt->account();
  failure.target_usable = IsUsable(account_, ended.target, ended.ended);
  TakeFailure(*result.attempt);
  if (failure.error.result == AttemptResult::kMovedAside) {
    slots_.NoteMovedAside(ended.ended - ended.started);
  }
  running_.Remove(*result.attempt);
  co_return false;
}

bool ProxiedRequest::MakeAim(const AttemptMachine::Step& step, Attempt::Aim& aim,
                             AttemptFailure& failure) {
  aim.target = plan_[step.plan_index].target;
  aim.no_stream_options = step.no_stream_options;
  if (std::optional<ClientError> problem =
          bodies_.Write(aim.target, step.no_stream_options, aim.written)) {
    refusal_ = std::move(problem);
    failure = {};
    failure.error.result = AttemptResult::kStatus4xx;
    failure.untranslatable = true;
    return false;
  }
  return permits_.Take(aim, failure);
}

Attempt* ProxiedRequest::StartHedge(const AttemptMachine::Step& step, AttemptFailure& failure) {
  Attempt::Aim aim;
  if (!MakeAim(step, aim, failure)) return nullptr;
  const SlotRequest wanted{.plan_index = step.plan_index, .insist = step.insist};
  if (!slots_.TakeFree(wanted, aim, failure)) return nullptr;
  aim.hedge = true;
  return &running_.Start(worker_, outgoing_, account_, std::move(aim));
}

void ProxiedRequest::TakeFailure(const Attempt& attempt) {
  failed_replica_ = attempt.account().replica;
  if (!attempt.refusal()) return;
  refusal_ = attempt.refusal();
  const backends::UpstreamError& error = attempt.failure().error;
  if (error.result == AttemptResult::kStatus429) {
    in_vain_.KeepRateLimit(*attempt.refusal(), error.retry_after);
  }
}

void ProxiedRequest::NoteFailure(const Attempt& attempt) {
  if (attempt.failure().error.result == AttemptResult::kMovedAside) {
    const AttemptAccount& ended = attempt.account();
    return slots_.NoteMovedAside(ended.ended - ended.started);
  }
  TakeFailure(attempt);
  in_vain_.Add(attempt.failure().error);
}

// The client may come back to a target that was busy or has failed, whatever budgets say of others.
const ClientError* ProxiedRequest::RefusalAfter(AttemptMachine::Kind last_step) {
  if (last_step == AttemptMachine::Kind::kReturn && refusal_) return &*refusal_;
  if (cut_ || response_.client_gone() || !in_vain_.none()) return nullptr;
  const ClientError* const refusal = permits_.Refusal();
  NoteRejection();
  return refusal;
}

// Nothing else can count the tokens of a request that is translated.
bool ProxiedRequest::CountsByEstimate(std::size_t plan_index) const {
  return outgoing_.endpoint.endpoint == routing::Endpoint::kCountTokens &&
         !DialectOf(TargetAt(plan_index), outgoing_.endpoint);
}

// Clients count before each request, and an estimate serves them better than an error does.
bool ProxiedRequest::CountsAfterAll(const ClientError* refusal) const {
  if (outgoing_.endpoint.endpoint != routing::Endpoint::kCountTokens) return false;
  if (response_.client_gone() || cut_) return false;
  constexpr int kNoSuchPath = 404;
  constexpr int kNoSuchMethod = 405;
  return refusal == nullptr || refusal->status == kNoSuchPath || refusal->status == kNoSuchMethod;
}

Awaitable<void> ProxiedRequest::SendAnswer(Attempt& attempt, Attempt::Ready ready) {
  ResponseKeeper* const keeper = stored_ ? stored_->keeper() : nullptr;
  if (ready == Attempt::Ready::kWhole) {
    const ToldState* const told = stored_ ? stored_->told() : nullptr;
    if (told != nullptr) TellInAnswer(*told, attempt.exchange().body());
    if (keeper != nullptr) {
      keeper->TakeAnswer(attempt.exchange().body());
      account_.stored = keeper->stored();
    }
    return SendWholeAnswer(attempt, response_, account_);
  }
  if (keeper != nullptr) keeper->GiveUp();
  return RelayLargeAnswer(attempt, response_, account_);
}

Awaitable<bool> ProxiedRequest::RelayStream(const AttemptRace::Result& ready) {
  Attempt& attempt = *ready.attempt;
  const AttemptMachine::Step step =
      machine_->OnFirstToken(attempt.account().first_token, ready.who);
  if (step.kind == AttemptMachine::Kind::kHold) {
    const bool kept = co_await relay_.Hold(attempt, *this);
    if (!kept) {
      attempt.FailStream();
      co_return false;
    }
  }
  const bool over = co_await relay_.Relay(attempt);
  if (over) co_return true;
  Resumption rest({.worker = worker_,
                   .outgoing = outgoing_,
                   .plan = plan_,
                   .account = account_,
                   .response = response_,
                   .machine = *machine_,
                   .bodies = bodies_,
                   .permits = permits_,
                   .running = running_,
                   .slots = slots_,
                   .pause = pause_,
                   .relay = relay_,
                   .cut = cut_});
  co_await rest.Run(attempt);
  co_return true;
}

Awaitable<void> ProxiedRequest::GiveUp(const AttemptFailure& last, const ClientError* refusal) {
  if (relay_.holds()) co_await relay_.Stop();
  if (response_.client_gone()) {
    account_.outcome = RequestOutcome::kClientGone;
    response_.CloseAfter();
    co_return;
  }
  const LastResort last_resort{
      .attempts = in_vain_,
      .seconds_to_next_try = SecondsToNextTry(account_, plan_, SteadyClock::now()),
      .cut = cut_,
      .expose = response_.expose()};
  // Named first: GCC 12 destroys the temporary of a conditional inside a co_await twice.
  const ClientError error = refusal != nullptr ? *refusal : FinalError(last_resort, account_);
  // Only the client may read the message of a backend's refusal. A refusal of the translation is
  // the gateway's own.
  const bool theirs = refusal != nullptr || error.status == 429;
  const bool of_budget = refusal != nullptr && account_.rejection == Rejection::kBudget;
  if (theirs && !of_budget) account_.error = last.error.detail;
  if (refusal == nullptr) {
    NoteFinalError(last_resort, error, account_);
    NoteRejection();
  } else {
    NoteRefusal(last.untranslatable, account_);
  }
  if (relay_.begun()) {
    co_await relay_.Fail(error);
    co_return;
  }
  co_await AnswerError(error, response_, account_);
}

// The first attempt counts all time before it as the gateway's own, and a wait for a provider's
// limit is not.
Awaitable<void> ProxiedRequest::Wait(std::chrono::milliseconds time) {
  const TimePoint began = SteadyClock::now();
  co_await pause_.For(time);
  if (account_.attempts.empty()) account_.overhead -= SteadyClock::now() - began;
}

void ProxiedRequest::Abort(AttemptResult cause) {
  if (race_) race_->Cancel();
  running_.Abort(cause);
  using Leaving = backends::SlotQueue::Leaving;
  slots_.End(cause == AttemptResult::kClientGone ? Leaving::kGone : Leaving::kDrained);
  pause_.End();
}

}  // namespace headgate::gateway

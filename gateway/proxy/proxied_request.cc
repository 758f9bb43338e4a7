#include "gateway/proxy/proxied_request.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "backends/protocols/marked_thoughts.h"
#include "gateway/proxy/request_plan.h"
#include "gateway/proxy/whole_relay.h"

namespace headgate::gateway {

using backends::AttemptResult;

namespace {

// A backend that gets the client's own bytes would refuse the thoughts of other backends in them.
void CutForeignThoughts(const OutgoingRequest& outgoing, WrittenBody& written) {
  std::optional<backends::CutBody> cut =
      backends::WithoutMarkedThoughts(outgoing.body, outgoing.splice);
  if (!cut) return;
  written.body = std::move(cut->body);
  written.splice = cut->splice;
  written.dropped = cut->dropped;
}

}  // namespace

ProxiedRequest::ProxiedRequest(WorkerContext& worker, const ClientRequest& request,
                               ClientResponse& response, RequestAccount& account)
    : worker_(worker),
      response_(response),
      account_(account),
      path_model_(request.path_model),
      outgoing_{
          .head = request.head, .body = request.body, .endpoint = request.endpoint, .splice = {}},
      relay_(response, account) {
  worker_.metrics.in_flight.Add(1);
}

ProxiedRequest::~ProxiedRequest() { worker_.metrics.in_flight.Add(-1); }

Awaitable<void> ProxiedRequest::Run() {
  std::optional<ClientError> refusal;
  if (worker_.responses != nullptr &&
      outgoing_.endpoint.endpoint == routing::Endpoint::kResponses) {
    refusal = co_await ReadStored();
  }
  // Does not suspend, so the worker's scratch is free for use.
  if (!refusal) {
    refusal = PlanRequest(worker_, path_model_, response_.expose(), outgoing_, plan_, account_);
  }
  if (refusal) {
    co_await AnswerError(*refusal, response_, account_);
    co_return;
  }
  worker_.retry_budget.OnRequest();
  co_await RunAttempts();
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

// A conversation would lose the cache of its target, and a route that ranks by quality the better
// answer.
bool ProxiedRequest::IsPreferred(std::size_t plan_index) const {
  if (plan_index == 0 && account_.sticky) return true;
  const routing::CompiledRoute& route = account_.snapshot->policy->routes()[*account_.route];
  if (route.prefer != config::Prefer::kHighestQuality) return false;
  if (plan_index + 1 == plan_.size() || !plan_[plan_index].quality) return false;
  const std::optional<float>& next = plan_[plan_index + 1].quality;
  return !next || *plan_[plan_index].quality > *next;
}

AttemptMachine ProxiedRequest::MakeMachine() {
  const Snapshot& snapshot = *account_.snapshot;
  const TimePoint now = SteadyClock::now();
  AttemptMachine::Plan steps;
  for (std::size_t i = 0; i < plan_.size(); ++i) {
    const routing::Target& target = TargetAt(i);
    const std::optional<Dialect> dialect = DialectOf(target, outgoing_.endpoint);
    steps.push_back(
        {.replicas = snapshot.fleet->backend(target.backend).replicas->size(),
         .context = target.context,
         .translated = !dialect || dialect->translation,
         .preferred = IsPreferred(i),
         .busy_until = snapshot.fleet->LimitedUntil(
             plan_[i].target, ExpectedUse(account_, plan_[i].target, outgoing_.most_output), now)});
  }
  const std::size_t first = snapshot.policy->targets()[plan_.front().target].backend;
  outgoing_.deadline = account_.started + TimeoutsAt(account_, first).total;
  return {std::move(steps),
          {.now = now,
           .deadline = outgoing_.deadline,
           .failover = FailoverInForce(),
           .seed = std::hash<std::string_view>()(account_.id.View())}};
}

// The relay sends an answer from its first token on, does not go on with a broken stream, and runs
// one attempt at a time. `headgate check` warns of routes that ask for more (routing/lint).
config::Failover ProxiedRequest::FailoverInForce() const {
  return {.attempts = account_.snapshot->config->routes[*account_.route].failover.attempts};
}

void ProxiedRequest::PutLeastBadFirst(TimePoint now) {
  const Fleet& fleet = *account_.snapshot->fleet;
  if (plan_.size() < 2 || plan_.front().available) return;  // those that are down come last
  const auto least =
      std::min_element(plan_.begin(), plan_.end(), [&](const auto& a, const auto& b) {
        return fleet.NextTry(a.target, now) < fleet.NextTry(b.target, now);
      });
  std::rotate(plan_.begin(), least, least + 1);
}

Awaitable<void> ProxiedRequest::RunAttempts() {
  PutLeastBadFirst(account_.body_read);
  AttemptMachine machine = MakeMachine();
  AttemptMachine::Step step = machine.Start();
  AttemptFailure failure;  // of the last attempt that was made
  while (step.kind == AttemptMachine::Kind::kSend) {
    if (step.wait.count() > 0) co_await Wait(step.wait);
    if (response_.client_gone() || cut_) break;
    if (CountsByEstimate(step)) {
      co_await SendTokenEstimate(response_, account_);
      co_return;
    }
    AttemptFailure latest;
    const bool answered = co_await RunAttempt(step, latest);
    if (answered) co_return;
    const TimePoint now = SteadyClock::now();
    NoteFailing(machine, now);
    step = machine.OnFailure(latest, worker_.retry_budget, now);
    if (latest.passed_over) continue;
    failure = std::move(latest);
    // A refused field that is left out in the next request does not count as a failure.
    const bool same_without = failure.stream_options_refused && step.no_stream_options;
    if (!same_without && !failure.untranslatable) failed_.Add(failure.error);
  }
  if (step.kind == AttemptMachine::Kind::kRateLimited) NoteLimit(step.wait, failure);
  const bool is_theirs = step.kind == AttemptMachine::Kind::kReturn && refusal_;
  if (CountsAfterAll(is_theirs ? &*refusal_ : nullptr)) {
    co_await SendTokenEstimate(response_, account_);
    co_return;
  }
  co_await GiveUp(failure, is_theirs ? &*refusal_ : nullptr);
}

// A target that is not asked because of its provider's limit counts like one that has refused.
void ProxiedRequest::NoteLimit(std::chrono::milliseconds wait, AttemptFailure& failure) {
  failure = {};
  failure.error.result = AttemptResult::kStatus429;
  failure.error.retry_after = wait;
  failure.error.detail = "the limit of its provider is reached";
  failed_.Add(failure.error);
  rate_limit_.Keep({.status = 429,
                    .type = "rate_limit_error",
                    .code = "rate_limit_exceeded",
                    .message = "The rate limit of the provider of this model is reached."},
                   wait);
}

Awaitable<bool> ProxiedRequest::RunAttempt(const AttemptMachine::Step& step,
                                           AttemptFailure& failure) {
  Attempt::Aim aim{.target = plan_[step.plan_index].target,
                   .no_stream_options = step.no_stream_options,
                   .written = {},
                   .replica = {}};
  if (std::optional<ClientError> problem = Translate(step, aim.written)) {
    refusal_ = std::move(problem);
    failure = {};
    failure.error.result = AttemptResult::kStatus4xx;
    failure.untranslatable = true;
    co_return false;
  }
  // Since the body was read only the decision has been made.
  const TimePoint now = account_.attempts.empty() ? account_.body_read : SteadyClock::now();
  std::optional<backends::ReplicaSet::Lease> replica = TakeReplica(step, now, failure);
  if (!replica) co_return false;
  aim.replica = *std::move(replica);
  running_.push_back(std::make_unique<Attempt>(worker_, outgoing_, account_, std::move(aim)));
  Attempt& attempt = *running_.back();
  const Attempt::Ready ready = co_await attempt.Call(relay_);
  if (ready != Attempt::Ready::kFailed) {
    co_await RelayAnswer(attempt, ready);
  } else {
    failure = attempt.failure();
    failure.target_usable =
        account_.snapshot->fleet->Usable(attempt.account().target, attempt.account().ended);
    if (attempt.refusal()) refusal_ = attempt.refusal();
    if (failure.error.result == AttemptResult::kStatus429 && attempt.refusal()) {
      rate_limit_.Keep(*attempt.refusal(), failure.error.retry_after);
    }
  }
  const auto place = std::find_if(running_.begin(), running_.end(),
                                  [&](const auto& other) { return other.get() == &attempt; });
  running_.erase(place);
  co_return ready != Attempt::Ready::kFailed;
}

void ProxiedRequest::NoteFailing(AttemptMachine& machine, TimePoint now) const {
  const Snapshot& snapshot = *account_.snapshot;
  for (std::size_t i = 0; i < plan_.size(); ++i) {
    const std::size_t backend = snapshot.policy->targets()[plan_[i].target].backend;
    machine.NoteFailing(i, snapshot.fleet->backend(backend).replicas->MostlyFailures(now));
  }
}

backends::ReplicaSet::Admission ProxiedRequest::AdmissionOf(const AttemptMachine::Step& step,
                                                            TimePoint now) const {
  using Admission = backends::ReplicaSet::Admission;
  const Fleet& fleet = *account_.snapshot->fleet;
  if (step.insist) return Admission::kUsable;
  for (std::size_t i = step.plan_index + 1; i < plan_.size(); ++i) {
    if (fleet.Usable(plan_[i].target, now)) return Admission::kSlowStart;
  }
  return account_.attempts.empty() ? Admission::kPanic : Admission::kUsable;
}

std::optional<backends::ReplicaSet::Lease> ProxiedRequest::TakeReplica(
    const AttemptMachine::Step& step, TimePoint now, AttemptFailure& failure) {
  const Fleet& fleet = *account_.snapshot->fleet;
  std::optional<std::size_t> avoid;
  if (step.same_target) avoid = account_.attempts.back().replica;
  const std::size_t target = plan_[step.plan_index].target;
  std::optional<backends::ReplicaSet::Lease> lease =
      fleet.Acquire(target, worker_.random.Next(), now, avoid, AdmissionOf(step, now));
  if (lease) return lease;
  failure.passed_over = true;
  failure.held_back = fleet.Usable(target, now);
  return std::nullopt;
}

// Nothing else can count the tokens of a request that is translated.
bool ProxiedRequest::CountsByEstimate(const AttemptMachine::Step& step) const {
  return outgoing_.endpoint.endpoint == routing::Endpoint::kCountTokens &&
         !DialectOf(TargetAt(step.plan_index), outgoing_.endpoint);
}

// Clients count before each request, and an estimate serves them better than an error does.
bool ProxiedRequest::CountsAfterAll(const ClientError* refusal) const {
  if (outgoing_.endpoint.endpoint != routing::Endpoint::kCountTokens) return false;
  if (response_.client_gone() || cut_) return false;
  constexpr int kNoSuchPath = 404;
  constexpr int kNoSuchMethod = 405;
  return refusal == nullptr || refusal->status == kNoSuchPath || refusal->status == kNoSuchMethod;
}

std::optional<ClientError> ProxiedRequest::Translate(const AttemptMachine::Step& step,
                                                     WrittenBody& written) {
  const routing::Target& target = TargetAt(step.plan_index);
  const std::optional<Dialect> dialect = DialectOf(target, outgoing_.endpoint);
  if (!dialect) return ClientError{.message = "No backend of this model has this endpoint."};
  if (!dialect->translation) {
    if (outgoing_.has_thoughts) CutForeignThoughts(outgoing_, written);
    return std::nullopt;
  }
  const Snapshot& snapshot = *account_.snapshot;
  const config::Backend& backend = snapshot.config->backends[target.backend];
  const backends::StreamUsage usage =
      StreamUsageFor(backend, snapshot.fleet->backend(target.backend));
  if (!conversation_) conversation_.emplace(outgoing_.body, account_.model, account_.id.View());
  outgoing_.conversation = &*conversation_;
  std::optional<backends::BodyProblem> problem = conversation_->Write(
      *dialect->translation, TraitsOf(backend, target),
      !step.no_stream_options && usage != backends::StreamUsage::kNone, written);
  if (!problem) return std::nullopt;
  return ClientError{.param = std::move(problem->param), .message = std::move(problem->message)};
}

Awaitable<void> ProxiedRequest::RelayAnswer(Attempt& attempt, Attempt::Ready ready) {
  if (ready == Attempt::Ready::kStream) return relay_.Relay(attempt);
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

Awaitable<void> ProxiedRequest::GiveUp(const AttemptFailure& last, const ClientError* refusal) {
  if (response_.client_gone()) {
    account_.outcome = RequestOutcome::kClientGone;
    response_.CloseAfter();
    co_return;
  }
  account_.outcome = refusal == nullptr    ? RequestOutcome::kUpstreamError
                     : last.untranslatable ? RequestOutcome::kRefused
                                           : RequestOutcome::kClientError;
  // Named first: GCC 12 destroys the temporary of a conditional inside a co_await twice.
  const ClientError error = refusal != nullptr
                                ? *refusal
                                : FinalError({.failed = failed_,
                                              .rate_limit = rate_limit_,
                                              .seconds_to_next_try = SecondsToNextTry(),
                                              .cut = cut_,
                                              .stream_begun = relay_.begun(),
                                              .expose = response_.expose()},
                                             account_);
  // Only the client may read the message of a backend's refusal. A refusal of the translation is
  // the gateway's own.
  const bool theirs = refusal != nullptr || error.status == 429;
  if (theirs) account_.error = last.error.detail;
  if (last.untranslatable && refusal != nullptr) account_.rejection = Rejection::kBadBody;
  if (relay_.begun()) {
    co_await relay_.Fail(error);
    co_return;
  }
  co_await AnswerError(error, response_, account_);
}

// Returns the seconds until a target of the plan may be tried: the end of the shortest ejection, at
// least one second.
int ProxiedRequest::SecondsToNextTry() const {
  const TimePoint now = SteadyClock::now();
  TimePoint first = TimePoint::max();
  for (const routing::PlannedTarget& planned : plan_) {
    first = std::min(first, account_.snapshot->fleet->NextTry(planned.target, now));
  }
  // A backend without replicas says the end of time.
  constexpr std::chrono::seconds kMost = backends::CircuitBreaker::kLongestEjection;
  if (first > now + kMost) first = now + kMost;
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(first - now).count();
  return std::max(1, static_cast<int>(seconds));
}

// The first attempt counts all time before it as the gateway's own, and a wait for a provider's
// limit is not.
Awaitable<void> ProxiedRequest::Wait(std::chrono::milliseconds time) {
  const TimePoint began = SteadyClock::now();
  pause_.emplace(worker_.executor, time);
  co_await pause_->async_wait(kAwait);
  pause_.reset();
  if (account_.attempts.empty()) account_.overhead -= SteadyClock::now() - began;
}

void ProxiedRequest::Tick(TimePoint now) {
  for (const std::unique_ptr<Attempt>& attempt : running_) attempt->Tick(now);
}

std::size_t ProxiedRequest::HeldBytes() const {
  std::size_t held = response_.out().capacity() + (stored_ ? stored_->HeldBytes() : 0);
  for (const std::unique_ptr<Attempt>& attempt : running_) held += attempt->HeldBytes();
  return held;
}

void ProxiedRequest::ClientGone() { Abort(AttemptResult::kClientGone); }

void ProxiedRequest::Cut() {
  cut_ = true;
  Abort(AttemptResult::kCut);
}

void ProxiedRequest::Abort(AttemptResult cause) {
  for (const std::unique_ptr<Attempt>& attempt : running_) attempt->Abort(cause);
  if (pause_) pause_->cancel();
}

}  // namespace headgate::gateway

#include "gateway/proxy/proxied_request.h"

#include <algorithm>
#include <array>
#include <utility>

#include "gateway/connection/session.h"
#include "gateway/connection/worker.h"
#include "gateway/http/json_text.h"
#include "gateway/log/operator_log.h"
#include "gateway/recording/record_text.h"
#include "gateway/snapshot/models.h"
#include "routing/decide/refusal.h"

namespace headgate::gateway {
namespace {

// What a client may say to a backend through its headers. A list of what passes, not of what is
// stopped: cookies, internal headers and an account chosen by the client (openai-organization)
// must not reach a third party because nobody thought of them.
constexpr std::array<std::string_view, 8> kForwardedFields = {
    "accept",     "user-agent",      "openai-beta",         "traceparent",
    "tracestate", "idempotency-key", "x-client-request-id", "anthropic-beta"};

constexpr std::size_t kLongestLoggedModel = 256;  // "model@backend" takes at most 193

// Seconds until another try when live windows leave no target. They reach ten minutes back and move
// with every answer, so less would be asking the same again, and more would be waiting for nothing.
constexpr int kRetryRequirement = 10;

// What kind of refusal it is that a route has no target; the message is still to come.
ClientError NoTarget(const routing::Decision& decision) {
  if (routing::MayFindTargetLater(decision)) {
    return {.status = 503,
            .type = "server_error",
            .code = "no_target",
            .param = {},
            .message = {},
            .retry_after_s = kRetryRequirement};
  }
  // Looked at behind everything else that does not change: a shorter request would find a target.
  const bool too_long =
      std::any_of(decision.dropped.begin(), decision.dropped.end(),
                  [](const auto& dropped) { return dropped.reason == routing::Drop::kContext; });
  if (too_long)
    return {
        .code = "context_length_exceeded", .param = "messages", .message = {}, .retry_after_s = {}};
  return {.code = "no_target", .param = {}, .message = {}, .retry_after_s = {}};
}

// A backend that has refused a request for its stream_options, and has then answered it without
// them, is asked without them from now on. Where the client had put something of its own there, the
// backend may have refused that, and nothing is learned.
void LearnRefusedStreamOptions(const BackendState& backend) {
  if (backend.refuses_stream_options->exchange(true, std::memory_order_relaxed)) return;
  OperatorLog::Info("a backend refuses stream_options; the usage of its streams is estimated",
                    "write stream_usage: false for backend " + backend.name +
                        ", so that no request is sent twice");
}

}  // namespace

ProxiedRequest::ProxiedRequest(Worker& worker, Session& client, const EndpointRow& endpoint,
                               std::string_view path_model, RequestRecord& record)
    : worker_(worker),
      client_(client),
      endpoint_(endpoint),
      path_model_(path_model),
      record_(record) {
  worker_.metrics().in_flight.Add(1);
}

ProxiedRequest::~ProxiedRequest() { worker_.metrics().in_flight.Add(-1); }

Awaitable<void> ProxiedRequest::Run() {
  if (const std::optional<ClientError> refusal = Decide()) {
    co_await client_.SendError(*refusal, record_);
    co_return;
  }
  worker_.retry_budget().OnRequest();
  co_await RunAttempts();
}

// Parse, classify and route: nothing here suspends, so the worker's scratch is ours.
std::optional<ClientError> ProxiedRequest::Decide() {
  const Snapshot& snapshot = *record_.snapshot;
  const routing::CompiledPolicy& policy = *snapshot.policy;
  const TimePoint now = record_.body_read;
  WorkerShared& shared = worker_.shared();
  record_.endpoint = routing::kEndpointNames[static_cast<std::size_t>(endpoint_.endpoint)];
  const auto load = [&](routing::Class request_class, std::vector<routing::Candidate>& candidates) {
    snapshot.fleet->FillCandidates(policy, request_class, now, candidates);
  };
  RequestDecision& made = worker_.request_decision();
  const std::optional<BodyProblem> problem = made.Make(
      {endpoint_.endpoint, client_.head(), client_.body(), record_.key, path_model_},
      {.policy = policy,
       .load = load,
       .conversations = {&shared.conversations, &shared.sessions, &snapshot.target_labels, now,
                         /*use=*/true},
       .unix_seconds = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()),
       .seed = worker_.Random()});
  if (problem) {
    record_.rejection = Rejection::kBadBody;
    return ClientError{.status = 400, .param = problem->param, .message = problem->message};
  }
  Take(made.view());
  return Route(made);
}

// What outlives the worker's scratch.
void ProxiedRequest::Take(const RequestView& view) {
  record_.proxied = endpoint_.endpoint;
  record_.stream = view.signals.stream;
  record_.model.assign(view.signals.model.substr(0, kLongestLoggedModel));
  splice_ = view.splice;
  wants_usage_ = view.wants_usage;
  choices_ = static_cast<std::size_t>(view.answered_choices);
  text_bytes_ = view.signals.text_bytes;
  other_input_ = view.signals.other_input_tokens;
  if (view.signals.max_tokens) most_output_ = *view.signals.max_tokens * view.signals.choices;
}

std::optional<ClientError> ProxiedRequest::Route(const RequestDecision& made) {
  const Snapshot& snapshot = *record_.snapshot;
  const routing::Decision& decision = made.decision();
  record_.conversation = made.conversation();
  record_.classification = made.input().classification;
  if (snapshot.policy_line != nullptr) {
    std::optional<std::uint64_t> conversation;
    if (made.conversation()) conversation = made.conversation()->front();
    AppendDecided(snapshot.generation, record_.id.View(), record_.model, conversation, made.input(),
                  decision, record_.decided);
  }
  record_.estimated_input_tokens = decision.input_tokens;
  record_.let_go = decision.let_go;
  record_.sticky = decision.sticky;
  if (decision.outcome == routing::Outcome::kPlanned ||
      decision.outcome == routing::Outcome::kNoTarget) {
    record_.route = decision.route;  // the others are refused before a route is looked for
  }
  worker_.recent().Keep(record_.id, *record_.snapshot, made);
  plan_.assign(decision.plan.begin(), decision.plan.end());
  return Refusal(made);
}

// What the client is told in general words, the access log says precisely (record_.error); keys
// that may see how requests are served get both. See decision 40.
std::optional<ClientError> ProxiedRequest::Refusal(const RequestDecision& made) const {
  const routing::Decision& decision = made.decision();
  const Snapshot& snapshot = *record_.snapshot;
  switch (decision.outcome) {
    case routing::Outcome::kPlanned:
      return std::nullopt;
    case routing::Outcome::kUnknownModel:
      record_.rejection = Rejection::kModel;
      record_.error = "the model is in no backend, and no alias";
      return UnknownModel(record_.model);
    case routing::Outcome::kModelNotAllowed:
      record_.rejection = Rejection::kModel;
      record_.error = "key " + snapshot.config->keys[*record_.key].name + " may not use model " +
                      std::string(made.input().model.model);
      return UnknownModel(record_.model);
    case routing::Outcome::kNoRoute: {
      record_.rejection = Rejection::kNoRoute;
      const std::size_t routes = snapshot.policy->routes().size();
      record_.error = routes == 1 ? "the only route does not match"
                                  : "none of the " + std::to_string(routes) + " routes matches";
      return ClientError{.status = 400,
                         .code = "no_route",
                         .message =
                             "No route of this gateway's policy takes this request; ask "
                             "whoever runs it for a route without `when`."};
    }
    case routing::Outcome::kNoTarget:
      break;
  }
  record_.rejection = Rejection::kNoTarget;
  record_.error = routing::WhyNoTarget(*snapshot.config, *snapshot.policy, made.input(), decision);
  ClientError refusal = NoTarget(decision);
  refusal.message = routing::WhyNoTargetInGeneral(*snapshot.policy, made.input(), decision);
  if (client_.expose()) refusal.message.append(" Precisely: ").append(record_.error).append(".");
  return refusal;
}

Awaitable<void> ProxiedRequest::RunAttempts() {
  const Snapshot& snapshot = *record_.snapshot;
  AttemptMachine::Plan steps;
  for (const routing::PlannedTarget& planned : plan_) {
    const routing::Target& target = snapshot.policy->targets()[planned.target];
    steps.push_back({snapshot.fleet->backend(target.backend).replicas->size(), target.context});
  }
  const std::size_t first = snapshot.policy->targets()[plan_.front().target].backend;
  deadline_ = record_.started + TimeoutsAt(first).total;

  AttemptMachine machine(std::move(steps), deadline_);
  AttemptMachine::Step step = machine.Start();
  while (step.kind == AttemptMachine::Kind::kSend) {
    if (step.wait.count() > 0) co_await Wait(step.wait);
    if (client_gone_ || cut_) break;
    std::optional<std::size_t> avoid;
    if (step.same_target) avoid = attempt().replica;
    no_stream_options_ = step.no_stream_options;
    if (co_await Attempt(plan_[step.plan_index], avoid)) co_return;
    step = machine.OnFailure(failure_, worker_.retry_budget(), SteadyClock::now());
    // Asking once more without a field is not worth a word to anybody.
    const bool same_without = failure_.stream_options_refused && step.no_stream_options;
    if (!same_without) failed_.Add(failure_.error);
  }
  if (client_gone_) {
    record_.outcome = RequestOutcome::kClientGone;
    client_.CloseAfterThis();
    co_return;
  }
  record_.outcome = step.kind == AttemptMachine::Kind::kReturn ? RequestOutcome::kClientError
                                                               : RequestOutcome::kUpstreamError;
  // Named first: GCC 12 destroys the temporary of a conditional inside a co_await twice.
  const ClientError error =
      step.kind == AttemptMachine::Kind::kReturn ? returned_error_ : FinalError();
  // The message of a backend's refusal is the client's to read and nobody else's.
  const bool theirs = step.kind == AttemptMachine::Kind::kReturn || error.status == 429;
  if (theirs) record_.error = failure_.error.detail;
  if (stream_begun_) {
    co_await FailStream(error);
  } else {
    co_await client_.SendError(error, record_);
  }
}

Awaitable<void> ProxiedRequest::Wait(std::chrono::milliseconds time) {
  pause_.emplace(worker_.executor(), time);
  co_await pause_->async_wait(kAwait);
  pause_.reset();
}

// One attempt. true: it committed, and the client has had all that it will get.
Awaitable<bool> ProxiedRequest::Attempt(const routing::PlannedTarget& planned,
                                        std::optional<std::size_t> avoid_replica) {
  const Snapshot& snapshot = *record_.snapshot;
  const routing::Target& target = snapshot.policy->targets()[planned.target];
  const BackendState& backend = snapshot.fleet->backend(target.backend);
  const TimePoint now = SteadyClock::now();
  std::optional<backends::ReplicaSet::Lease> lease =
      backend.replicas->Acquire(worker_.Random(), now, avoid_replica, /*panic=*/true,
                                &snapshot.fleet->model_circuits(planned.target));
  SlotLease slot(backend, std::move(*lease), now);
  if (record_.attempts.empty()) record_.overhead += now - record_.body_read;
  record_.attempts.push_back({.target = planned.target,
                              .replica = slot.replica(),
                              .started = now,
                              .ended = now,
                              .usage = {}});
  LogProbes(HealthSubjectOf(slot), slot.lease());
  BeginWaiting(now);

  failure_ = {};
  failed_answer_ = {};
  came_before_failure_ = 0;
  exchange_.emplace(worker_.executor(), worker_.pool(), *backend.upstream, slot.replica(),
                    backend.replica_numbers[slot.replica()], TimeoutsAt(target.backend), deadline_);
  client_.out().clear();
  const StreamOptions options = StreamOptionsFor(target);
  sent_stream_options_ = record_.stream && options != StreamOptions::kNone;
  const bool ours_was_refused = no_stream_options_ && AsksForUsageOnly(client_.body(), splice_);
  const SplicedBody body(client_.body(), splice_, target.upstream_model, options);
  const GatherList request = BuildUpstreamRequest(backend, slot.replica(), body, client_.out());
  const bool started = co_await exchange_->Start(request, record_.stream);
  bool answered = false;
  if (!started) {
    FailExchange();
  } else if (exchange_->head().status >= 400) {
    co_await ReadErrorAnswer();
  } else if (const std::string fault = FaultOfHead(); !fault.empty()) {
    answered = co_await RefuseAnswer(fault);
  } else if (record_.stream) {
    answered = co_await AnswerStream(slot);
    if (answered && ours_was_refused) LearnRefusedStreamOptions(backend);
  } else {
    answered = co_await AnswerWhole(slot);
  }
  if (!answered) {
    SettleAttempt(slot, failure_.error.result, failed_answer_, came_before_failure_);
  }
  exchange_.reset();
  co_return answered;
}

void ProxiedRequest::BeginWaiting(TimePoint now) {
  routing::LearnedTarget& learned = record_.snapshot->fleet->learned(attempt().target);
  std::chrono::nanoseconds generating{};
  if (!record_.stream) {
    generating = learned.LongestGeneration(record_.classification->request_class);
  }
  waiting_.Begin(learned, now, generating);
}

GatherList ProxiedRequest::BuildUpstreamRequest(const BackendState& backend, std::size_t replica,
                                                const SplicedBody& body, std::string& out) const {
  out.reserve(1024);
  backend.upstream->AppendHead(replica, endpoint_.upstream_path, out);
  AppendForwardedFields(*backend.upstream, out);
  out += "Content-Length: ";
  AppendInteger(static_cast<std::int64_t>(body.size()), out);
  out += "\r\n\r\n";
  return Gather(out, body.pieces());
}

StreamOptions ProxiedRequest::StreamOptionsFor(const routing::Target& target) const {
  const config::Backend& backend = record_.snapshot->config->backends[target.backend];
  const BackendState& state = record_.snapshot->fleet->backend(target.backend);
  if (no_stream_options_ || !backend.stream_usage ||
      state.refuses_stream_options->load(std::memory_order_relaxed)) {
    return StreamOptions::kNone;
  }
  const config::Engine engine = backend.engine;
  return engine == config::Engine::kVllm || engine == config::Engine::kSglang
             ? StreamOptions::kContinuous
             : StreamOptions::kPlain;
}

// Each name once, and never one that the operator has set: two of a kind would leave it to the
// backend which one counts.
void ProxiedRequest::AppendForwardedFields(const backends::Upstream& upstream,
                                           std::string& out) const {
  const RequestHead& head = client_.head();
  for (const std::string_view name : kForwardedFields) {
    const std::string_view value = head.Find(name);
    if (value.empty() || upstream.SetsField(name) || head.IsHopByHop(name)) continue;
    out.append(name).append(": ").append(value).append("\r\n");
  }
}

// The backend's, as far as the route does not say otherwise.
config::Timeouts ProxiedRequest::TimeoutsAt(std::size_t backend) const {
  const config::Config& config = *record_.snapshot->config;
  return config.routes[*record_.route].timeouts.Over(config.backends[backend].timeouts);
}

void ProxiedRequest::Tick(TimePoint now) {
  waiting_.Age(now);
  if (exchange_) exchange_->Tick(now);
}

void ProxiedRequest::ClientGone() {
  client_gone_ = true;
  if (exchange_) exchange_->Abort(backends::AttemptResult::kClientGone);
  if (pause_) pause_->cancel();
}

void ProxiedRequest::Cut() {
  cut_ = true;
  if (exchange_) exchange_->Abort(backends::AttemptResult::kCut);
  if (pause_) pause_->cancel();
}

}  // namespace headgate::gateway

#include "gateway/plan/request_plan.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "config/base/unix_time.h"
#include "config/prefill.h"
#include "gateway/dialect/dialect.h"
#include "gateway/permits/quota_use.h"
#include "gateway/plan/request_prefix.h"
#include "gateway/plan/route_refusal.h"
#include "gateway/recording/record_text.h"
#include "gateway/snapshot/candidates.h"

namespace headgate::gateway {
namespace {

constexpr std::size_t kLongestLoggedModel = 256;  // "model@backend" takes at most 193

// Copies what must outlive the worker's scratch.
void TakeView(const backends::RequestView& view, OutgoingRequest& outgoing,
              RequestAccount& account) {
  account.proxied = outgoing.endpoint.endpoint;
  account.stream = view.facts.stream;
  account.model.assign(view.facts.model.substr(0, kLongestLoggedModel));
  outgoing.splice = view.splice;
  outgoing.wants_usage = view.facts.wants_usage;
  outgoing.has_thoughts = view.facts.has_thoughts;
  outgoing.answers = static_cast<std::size_t>(view.facts.answered_choices);
  outgoing.sequences = std::int64_t{view.facts.choices} * view.facts.prompts;
  outgoing.uses_documents = view.facts.uses_documents;
  outgoing.hidden = HiddenUseOf(view.facts);
}

void NoteSize(const routing::DecisionInput& input, OutgoingRequest& outgoing) {
  outgoing.size = routing::SizeOf(input);
  if (input.max_tokens) {
    outgoing.most_output =
        (*input.max_tokens + outgoing.hidden.other_output_tokens) * std::max(input.choices, 1);
  }
}

void NoteDecision(const RequestDecision& decided, RequestAccount& account) {
  const Snapshot& snapshot = *account.snapshot;
  const routing::Decision& decision = decided.decision();
  account.conversation = decided.conversation();
  account.classification = decided.input().classification;
  if (snapshot.policy_line != nullptr) {
    std::optional<std::uint64_t> conversation;
    if (decided.conversation()) conversation = decided.conversation()->front();
    AppendDecided(snapshot.generation, account.id.View(), account.model, conversation,
                  decided.input(), decision, account.decided);
  }
  // Each prompt has a token at least, and short prompts have more than a text of their length.
  account.estimated_input_tokens =
      std::max<std::int64_t>(decision.input_tokens, decided.view().facts.prompts);
  if (decision.spilled_from) {
    account.spilled.push_back(
        {.target = *decision.spilled_from, .why = SpilledFrom::Why::kDecided, .waited = {}});
  }
  account.relaxed = decision.relaxed;
  account.sticky = decision.sticky;
  if (decision.outcome == routing::Outcome::kPlanned ||
      decision.outcome == routing::Outcome::kNoTarget) {
    account.route = decision.route;  // other outcomes are refused before a route is looked for
  }
}

// Returns whether a short wait for the target is better than the next target of the plan. A
// conversation would lose the cache of its target, and a route that ranks by quality the better
// answer.
bool IsPreferred(const RequestPlan& plan, std::size_t index, const RequestAccount& account) {
  if (index == 0 && account.sticky) return true;
  const routing::CompiledRoute& route = account.snapshot->policy->routes()[*account.route];
  if (route.prefer != config::Prefer::kHighestQuality) return false;
  if (index + 1 == plan.size() || !plan[index].quality) return false;
  const std::optional<float>& next = plan[index + 1].quality;
  return !next || *plan[index].quality > *next;
}

bool ContinuesPrefix(const config::Backend& backend, const routing::Target& target,
                     const EndpointRow& endpoint) {
  return config::SupportsPrefill(backend, target.model) &&
         ContinuedDialectOf(backend, target, endpoint).has_value();
}

}  // namespace

AttemptPlan::Steps AttemptSteps(const RequestPlan& plan, const OutgoingRequest& outgoing,
                                const RequestAccount& account, TimePoint now) {
  const Snapshot& snapshot = *account.snapshot;
  const bool resume = snapshot.config->routes[*account.route].failover.resume;
  AttemptPlan::Steps steps(plan.size());
  for (std::size_t i = 0; i < plan.size(); ++i) {
    const routing::Target& target = snapshot.policy->targets()[plan[i].target];
    const config::Backend& backend = snapshot.config->backends[target.backend];
    const std::optional<Dialect> dialect = DialectOf(target, outgoing.endpoint);
    PlanStep& step = steps[i];
    step.replicas = snapshot.fleet->backend(target.backend).replicas->size();
    step.context = target.context;
    step.translated = !dialect || dialect->translation;
    step.prefill = resume && ContinuesPrefix(backend, target, outgoing.endpoint);
    step.preferred = IsPreferred(plan, i, account);
    step.spilled = plan[i].spilled;
    step.queue = routing::QueueOf(target);
    step.busy_until = LimitedUntil(account, plan[i].target, outgoing.size, now);
  }
  return steps;
}

std::optional<ClientError> PlanRequest(WorkerContext& worker, std::string_view path_model,
                                       bool expose, OutgoingRequest& outgoing, RequestPlan& plan,
                                       RequestAccount& account) {
  const Snapshot& snapshot = *account.snapshot;
  const routing::CompiledPolicy& policy = *snapshot.policy;
  const TimePoint now = account.body_read;
  account.unix_seconds = UnixSeconds();
  const routing::Endpoint endpoint = outgoing.endpoint.endpoint;
  account.endpoint = routing::kEndpointNames[static_cast<std::size_t>(endpoint)];
  const auto load = [&](const routing::DecisionInput& input,
                        std::vector<routing::Candidate>& candidates) {
    FillCandidates(*snapshot.fleet, policy, input, now, candidates);
  };
  RequestDecision& decided = worker.decision;
  const std::optional<backends::BodyProblem> problem =
      decided.Make({endpoint, outgoing.head, outgoing.body, account.key, path_model},
                   {.policy = policy,
                    .load = load,
                    .conversations = {&worker.conversations, &worker.conversation_table,
                                      &snapshot.target_labels, now,
                                      /*use=*/true},
                    .unix_seconds = account.unix_seconds,
                    .seed = worker.random.Next()});
  if (problem) {
    account.rejection = Rejection::kBadBody;
    return ClientError{.status = 400, .param = problem->param, .message = problem->message};
  }
  TakeView(decided.view(), outgoing, account);
  if (const std::optional<std::uint32_t> slo = decided.input().slo_ttft_ms) {
    outgoing.slo_ttft = std::chrono::milliseconds(*slo);
  }
  NoteSize(decided.input(), outgoing);
  NoteDecision(decided, account);
  account.decision_place = worker.recent.Keep(account.id, snapshot, decided);
  const routing::Decision& decision = decided.decision();
  plan.assign(decision.plan.begin(), decision.plan.end());
  outgoing.prefix = PrefixOf(decided.view(), plan, account);
  return RouteRefusal(decided, expose, account);
}

}  // namespace headgate::gateway

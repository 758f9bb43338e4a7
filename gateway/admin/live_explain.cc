#include "gateway/admin/live_explain.h"

#include <boost/json/object.hpp>
#include <chrono>
#include <utility>

#include "config/base/unix_time.h"
#include "gateway/decide/dry_run.h"
#include "gateway/explain/explain_question.h"
#include "gateway/explain/explained_budgets.h"
#include "gateway/explain/explained_queue.h"
#include "gateway/explain/explained_refusal.h"
#include "gateway/explain/explained_translation.h"
#include "gateway/explain/explanation.h"
#include "gateway/http/decimal_json.h"
#include "gateway/snapshot/candidates.h"

namespace headgate::gateway {
namespace {

namespace json = boost::json;

constexpr std::int64_t kMsPerSecond = 1000;

// The queues of all targets at this moment.
std::vector<QueueLine> LinesOf(const Snapshot& snapshot, TimePoint now) {
  std::vector<QueueLine> lines;
  for (const routing::Target& target : snapshot.policy->targets()) {
    QueueLine& line = lines.emplace_back();
    const BackendState& backend = snapshot.fleet->backend(target.backend);
    if (backend.queue == nullptr) continue;
    line.waiting = backend.queue->figures(now).waiting;
    line.limit = snapshot.config->backends[target.backend].queue_limit;
  }
  return lines;
}

BudgetsInForce BudgetsOf(const Snapshot& snapshot) {
  return {.config = *snapshot.config, .policy = *snapshot.policy, .budgets = *snapshot.budgets};
}

}  // namespace

AdminAnswer LiveExplain::Explain(std::string_view body) const {
  QuestionRead read = ReadQuestion(body);
  if (!read.question) return AdminError(400, read.error);
  if (!read.question->id.empty()) return ExplainPast(read.question->id);

  DryRunRequest& dry_run = read.question->dry_run;
  const std::shared_ptr<const Snapshot> snapshot = reloader_.snapshot();
  const routing::CompiledPolicy& policy = *snapshot->policy;
  if (!dry_run.key.empty() && !HasKey(policy, dry_run.key)) {
    return AdminError(400, "no key has that name");
  }
  if (!read.question->stated_time) {
    dry_run.unix_seconds = UnixSeconds();
  }
  dry_run.stores_responses = snapshot->config->responses.has_value();
  const auto now = backends::Clock::now();
  const DryRunResult result =
      DryRun(policy, dry_run,
             [&](const routing::DecisionInput& input, std::vector<routing::Candidate>& candidates) {
               FillCandidates(*snapshot->fleet, policy, input, now, candidates);
             },
             {&shared_.conversations, &shared_.conversation_table, &snapshot->target_labels, now,
              /*use=*/false});
  if (result.problem) return AdminError(400, result.problem->message);
  json::object explanation = gateway::Explain(*snapshot->config, policy, result.input,
                                              result.decision, result.continuation);
  AddTranslations(*snapshot->config, policy, dry_run, result, explanation);
  AddFullQueues(policy, LinesOf(*snapshot, now), result, explanation);
  AddBudgets(BudgetsOf(*snapshot), result,
             {.time = dry_run.unix_seconds * kMsPerSecond, .body_bytes = dry_run.body.size()},
             explanation);
  NameUnknownModel(result.model, explanation);
  AddPassedOverHints(result.passed_over_hints, explanation);
  AddTopicDetails(result.opinions ? &*result.opinions : nullptr,
                  read.question->verbose ? result.evidence : std::vector<routing::TopicEvidence>(),
                  explanation);
  return {.status = 200, .body = DecimalJson(explanation)};
}

AdminAnswer LiveExplain::ExplainPast(std::string_view id) const {
  for (const RecentDecisions* recent : recent_) {
    const std::optional<RecentDecisions::Found> found = recent->Find(id);
    if (!found) continue;
    const auto& [generation, config, policy] = found->deciding;
    routing::Decision decision;
    routing::Decide(*policy, found->input, decision);
    json::object explanation =
        gateway::Explain(*config, *policy, found->input, decision, found->continuation);
    explanation["id"] = json::string_view(id.data(), id.size());
    explanation["generation"] = generation;
    if (decision.outcome == routing::Outcome::kPlanned) {
      const std::optional<std::size_t> key = found->input.key;
      ListBudgets(BudgetsOf(*reloader_.snapshot()),
                  {.key = key ? std::string_view(config->keys[*key].name) : std::string_view(),
                   .route = policy->routes()[decision.route].name},
                  UnixSeconds() * kMsPerSecond, explanation);
    }
    if (found->refused) AddRefusal(*found->refused, explanation);
    return {.status = 200, .body = DecimalJson(explanation)};
  }
  return AdminError(
      404,
      "this request is no longer remembered: each worker remembers its last 4,096 requests, if "
      "they belong to its last 4 configurations; a recorded request is explained by "
      "`headgate explain --id ID --traffic FILE --config FILE`");
}

}  // namespace headgate::gateway

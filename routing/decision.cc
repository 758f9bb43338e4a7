#include "routing/decision.h"

#include "config/base/check.h"
#include "routing/candidate_filter.h"
#include "routing/estimates.h"
#include "routing/ranking.h"
#include "routing/route_match.h"

namespace headgate::routing {
namespace {

using Kind = ModelRequest::Kind;

bool IsPinned(const ModelRequest& model) {
  return model.kind == Kind::kModel || model.kind == Kind::kTarget;
}

// Whether `target` is among those that the client's `model` lets us choose from.
bool IsRequested(const CompiledPolicy& policy, const ModelRequest& model, std::size_t target) {
  if (model.kind == Kind::kTarget) return target == model.target;
  return model.kind == Kind::kAuto || policy.targets()[target].model == model.model;
}

// What has been learned of the tokenizer of the pinned model; 0 = nothing.
float TokensPerByte(const CompiledPolicy& policy, const DecisionInput& input) {
  if (!IsPinned(input.model)) return 0;
  for (std::size_t i = 0; i < input.candidates.size(); ++i) {
    const float learned = input.candidates[i].tokens_per_byte;
    if (learned > 0 && IsRequested(policy, input.model, i)) return learned;
  }
  return 0;
}

// Where a target stands in the route, or, as a fallback, in the policy.
struct Place {
  std::size_t target = 0;
  std::size_t position = 0;
  int weight = 1;
};

// Filters the target and appends it to the plan or to what was dropped.
void Consider(const CompiledPolicy& policy, const CompiledRoute& route, const DecisionInput& input,
              const Place& place, Decision& decision) {
  const Target& target = policy.targets()[place.target];
  const Candidate& candidate = input.candidates[place.target];
  const std::int64_t input_tokens =
      EstimateInputTokens(input.text_bytes, input.other_input_tokens, candidate.tokens_per_byte);
  const Drop drop = HardFilter(policy, target, route.require, input, input_tokens);
  if (drop != Drop::kNone) {
    decision.dropped.push_back({place.target, drop});
    return;
  }
  const ExpectedCost cost = CostAt(target, candidate, input, input_tokens);
  // Written in place: a temporary costs a store-forwarding stall, a fifth of this function.
  PlannedTarget& planned = decision.plan.emplace_back();
  planned.target = place.target;
  planned.expected_cost = cost.cost;
  planned.expected_latency_ms = LatencyAt(candidate);
  planned.cost_basis = cost.basis;
  planned.available = candidate.available;
  planned.position = static_cast<std::uint32_t>(place.position);
  planned.weight = static_cast<std::uint32_t>(place.weight);
}

// Considers the route's targets that the client lets us choose from, or, when it has none, all
// targets of the pinned model.
void Gather(const CompiledPolicy& policy, const CompiledRoute& route, const DecisionInput& input,
            Decision& decision) {
  bool own = false;
  for (std::size_t i = 0; i < route.targets.size(); ++i) {
    if (IsRequested(policy, input.model, route.targets[i])) {
      own = true;
      Consider(policy, route, input, {route.targets[i], i, route.weights[i]}, decision);
    } else {
      decision.dropped.push_back({route.targets[i], Drop::kNotRequestedModel});
    }
  }
  if (own || !IsPinned(input.model)) return;
  for (std::size_t i = 0; i < policy.targets().size(); ++i) {
    if (IsRequested(policy, input.model, i)) Consider(policy, route, input, {i, i, 1}, decision);
  }
}

}  // namespace

void Decide(const CompiledPolicy& policy, const DecisionInput& input, Decision& decision) {
  HEADGATE_CHECK(input.candidates.size() == policy.targets().size());
  HEADGATE_CHECK(input.headers.size() == policy.header_names().size());
  decision.plan.clear();
  decision.dropped.clear();
  decision.route = 0;
  decision.input_tokens =
      EstimateInputTokens(input.text_bytes, input.other_input_tokens, TokensPerByte(policy, input));
  if (input.model.kind == Kind::kUnknown) {
    decision.outcome = Outcome::kUnknownModel;
    return;
  }
  if (IsPinned(input.model) && !IsAllowed(input, input.model.model)) {
    decision.outcome = Outcome::kModelNotAllowed;
    return;
  }
  const std::optional<std::size_t> found = FindRoute(policy, input, decision.input_tokens);
  if (!found) {
    decision.outcome = Outcome::kNoRoute;
    return;
  }
  decision.route = *found;
  const CompiledRoute& route = policy.routes()[*found];
  Gather(policy, route, input, decision);
  Rank(route.prefer, input.seed, absl::MakeSpan(decision.plan));
  decision.outcome = decision.plan.empty() ? Outcome::kNoTarget : Outcome::kPlanned;
}

}  // namespace headgate::routing

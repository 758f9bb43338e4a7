#include "routing/decision.h"

#include <algorithm>

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

// Filters the target and appends it to the plan or to what was dropped.
void Consider(const CompiledPolicy& policy, const CompiledRoute& route, const DecisionInput& input,
              std::size_t index, std::size_t position, Decision& decision) {
  const Target& target = policy.targets()[index];
  const Candidate& candidate = input.candidates[index];
  const std::int64_t input_tokens =
      EstimateInputTokens(input.text_bytes, input.other_input_tokens, candidate.tokens_per_byte);
  const Drop drop = HardFilter(policy, target, route.require, input, input_tokens);
  if (drop != Drop::kNone) {
    decision.dropped.push_back({index, drop});
    return;
  }
  const ExpectedCost cost = CostAt(target, candidate, input, input_tokens);
  decision.plan.push_back({.target = index,
                           .expected_cost = cost.cost,
                           .expected_latency_ms = LatencyAt(candidate),
                           .cost_basis = cost.basis,
                           .available = candidate.available,
                           .position = static_cast<std::uint32_t>(position)});
}

// Considers the route's targets that the client lets us choose from, or, when it has none, all
// targets of the pinned model. Returns whether they were the route's own.
bool Gather(const CompiledPolicy& policy, const CompiledRoute& route, const DecisionInput& input,
            Decision& decision) {
  bool own = false;
  for (std::size_t i = 0; i < route.targets.size(); ++i) {
    if (IsRequested(policy, input.model, route.targets[i])) {
      own = true;
      Consider(policy, route, input, route.targets[i], i, decision);
    } else {
      decision.dropped.push_back({route.targets[i], Drop::kNotRequestedModel});
    }
  }
  if (own || !IsPinned(input.model)) return true;
  for (std::size_t i = 0; i < policy.targets().size(); ++i) {
    if (IsRequested(policy, input.model, i)) Consider(policy, route, input, i, i, decision);
  }
  return false;
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
  const auto route = std::find_if(policy.routes().begin(), policy.routes().end(),
                                  [&](const CompiledRoute& candidate) {
                                    return Matches(policy, candidate, input, decision.input_tokens);
                                  });
  if (route == policy.routes().end()) {
    decision.outcome = Outcome::kNoRoute;
    return;
  }
  decision.route = static_cast<std::size_t>(route - policy.routes().begin());
  const bool own = Gather(policy, *route, input, decision);
  const absl::Span<const int> weights =
      own ? absl::MakeConstSpan(route->weights) : absl::Span<const int>();
  Rank(route->prefer, weights, input.seed, absl::MakeSpan(decision.plan));
  decision.outcome = decision.plan.empty() ? Outcome::kNoTarget : Outcome::kPlanned;
}

}  // namespace headgate::routing

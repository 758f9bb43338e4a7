#include "routing/decide/decision.h"

#include <algorithm>
#include <array>
#include <optional>

#include "config/base/check.h"
#include "routing/decide/candidate_filter.h"
#include "routing/decide/estimates.h"
#include "routing/decide/ranking.h"
#include "routing/decide/route_match.h"
#include "routing/decide/spill.h"

namespace headgate::routing {
namespace {

using Kind = ModelRequest::Kind;

bool IsPinned(const ModelRequest& model) {
  return model.kind == Kind::kModel || model.kind == Kind::kTarget;
}

// Whether the client's `model` allows `target`.
bool IsRequested(const CompiledPolicy& policy, const ModelRequest& model, std::size_t target) {
  if (model.kind == Kind::kTarget) return target == model.target;
  return model.kind == Kind::kAuto || policy.targets()[target].model == model.model;
}

// The learned tokens per byte of the pinned model; 0 = not learned.
float TokensPerByte(const CompiledPolicy& policy, const DecisionInput& input) {
  if (!IsPinned(input.model)) return 0;
  for (std::size_t i = 0; i < input.candidates.size(); ++i) {
    const float learned = input.candidates[i].tokens_per_byte;
    if (learned > 0 && IsRequested(policy, input.model, i)) return learned;
  }
  return 0;
}

// The position of a target in the route, or in the policy if no target of the route serves the
// model.
struct TargetPosition {
  std::size_t target = 0;
  std::size_t position = 0;
  int weight = 1;
};

// Filters the target and appends it to the plan or to the dropped targets.
void Consider(const CompiledPolicy& policy, const CompiledRoute& route, const DecisionInput& input,
              const TargetPosition& place, Decision& decision) {
  const Target& target = policy.targets()[place.target];
  const Candidate& candidate = input.candidates[place.target];
  const std::int64_t input_tokens =
      EstimateInputTokens(input.text_bytes, input.other_input_tokens, candidate.tokens_per_byte);
  const Drop drop =
      HardFilter(policy, place.target, route.require, decision.relax_level, input, input_tokens);
  if (drop != Drop::kNone) {
    decision.dropped.push_back({place.target, drop});
    return;
  }
  const ExpectedCost cost =
      CostAt(target, candidate, input, input_tokens, policy.self_hosted_price());
  // Written in place: a temporary costs a store-forwarding stall, a fifth of the time of this
  // function.
  PlannedTarget& planned = decision.plan.emplace_back();
  planned.target = place.target;
  planned.expected_cost = cost.cost;
  planned.expected_latency_ms = LatencyAt(candidate);
  planned.quality = target.quality[static_cast<std::size_t>(ScoredAs(input.classification.topic))];
  planned.cost_basis = cost.basis;
  planned.available = candidate.available;
  planned.position = static_cast<std::uint32_t>(place.position);
  planned.weight = static_cast<std::uint32_t>(place.weight);
}

// Considers the targets of the route that serve the client's `model`. If the route has none,
// considers all targets of the pinned model.
void Gather(const CompiledPolicy& policy, const CompiledRoute& route, const DecisionInput& input,
            Decision& decision) {
  decision.plan.clear();
  decision.dropped.clear();
  bool in_route = false;
  for (std::size_t i = 0; i < route.targets.size(); ++i) {
    if (IsRequested(policy, input.model, route.targets[i])) {
      in_route = true;
      Consider(policy, route, input, {route.targets[i], i, route.weights[i]}, decision);
    } else {
      decision.dropped.push_back({route.targets[i], Drop::kNotRequestedModel});
    }
  }
  if (in_route || !IsPinned(input.model)) return;
  for (std::size_t i = 0; i < policy.targets().size(); ++i) {
    if (IsRequested(policy, input.model, i)) Consider(policy, route, input, {i, i, 1}, decision);
  }
}

bool AnyAvailable(const std::vector<PlannedTarget>& plan) {
  return std::any_of(plan.begin(), plan.end(),
                     [](const PlannedTarget& planned) { return planned.available; });
}

// Relax further only to find a target that is up. If no step finds one, keep the first step that
// gives any plan.
void Relax(const CompiledPolicy& policy, const CompiledRoute& route, const DecisionInput& input,
           Decision& decision) {
  constexpr std::array kSteps = {RelaxLevel::kNothing, RelaxLevel::kLive,
                                 RelaxLevel::kAllButBinding};
  std::optional<RelaxLevel> least;
  if (!decision.plan.empty()) least = RelaxLevel::kNothing;
  for (std::size_t i = 1; i < kSteps.size(); ++i) {
    decision.relax_level = kSteps[i];
    Gather(policy, route, input, decision);
    if (AnyAvailable(decision.plan)) return;
    if (!least && !decision.plan.empty()) least = kSteps[i];
  }
  decision.relax_level = least.value_or(RelaxLevel::kNothing);
  Gather(policy, route, input, decision);
}

void GatherOrRelax(const CompiledPolicy& policy, const CompiledRoute& route,
                   const DecisionInput& input, Decision& decision) {
  Gather(policy, route, input, decision);
  if (route.on_no_target != config::OnNoTarget::kRelax || AnyAvailable(decision.plan)) return;
  Relax(policy, route, input, decision);
  if (decision.relax_level == RelaxLevel::kNothing) return;
  for (const PlannedTarget& planned : decision.plan) {
    decision.relaxed |= RelaxedAt(route.require, planned.target, input.candidates[planned.target]);
  }
}

// Puts the target that answered this conversation first, if it is up and does not spill.
void KeepConversation(const DecisionInput& input, Decision& decision) {
  if (!input.conversation_target) return;
  std::vector<PlannedTarget>& plan = decision.plan;
  const auto last = std::find_if(plan.begin(), plan.end(), [&](const PlannedTarget& planned) {
    return planned.target == *input.conversation_target;
  });
  if (last == plan.end() || !last->available || last->spilled) return;
  std::rotate(plan.begin(), last, last + 1);
  decision.sticky = true;
}

ConditionInput ClassConditionInput(const CompiledPolicy& policy, const DecisionInput& input) {
  return ConditionInputOf(input, EstimateInputTokens(input.text_bytes, input.other_input_tokens,
                                                     TokensPerByte(policy, input)));
}

Class CustomClassAt(std::size_t i) { return static_cast<Class>(kClassNames.size() + i); }

}  // namespace

bool ApplyCustomClasses(const CompiledPolicy& policy, DecisionInput& input) {
  Classification& classification = input.classification;
  classification.request_class = classification.built_in_class;
  classification.class_reason = classification.built_in_reason;
  if (policy.custom_classes().empty()) return true;
  const ConditionInput condition_input = ClassConditionInput(policy, input);
  bool known = true;
  for (std::size_t i = 0; i < policy.custom_classes().size(); ++i) {
    const Match match = Evaluate(policy.custom_classes()[i], condition_input);
    if (match == Match::kUnknown) known = false;
    if (match != Match::kYes) continue;
    classification.request_class = CustomClassAt(i);
    classification.class_reason = Reason::kPolicy;
    break;
  }
  return known;
}

void PossibleClasses(const CompiledPolicy& policy, const DecisionInput& input,
                     std::vector<Class>& classes) {
  classes.clear();
  const ConditionInput condition_input = ClassConditionInput(policy, input);
  for (std::size_t i = 0; i < policy.custom_classes().size(); ++i) {
    const Match match = Evaluate(policy.custom_classes()[i], condition_input);
    if (match != Match::kNo) classes.push_back(CustomClassAt(i));
    if (match == Match::kYes) return;
  }
  classes.push_back(input.classification.built_in_class);
}

bool MayFindTargetLater(const Decision& decision) {
  return std::any_of(decision.dropped.begin(), decision.dropped.end(), [](const auto& dropped) {
    return dropped.reason == Drop::kTtft || dropped.reason == Drop::kErrorRate;
  });
}

void Decide(const CompiledPolicy& policy, const DecisionInput& input, Decision& decision) {
  HEADGATE_CHECK(input.candidates.size() == policy.targets().size());
  HEADGATE_CHECK(input.facts.words() == (policy.patterns().size() + 63) / 64);
  decision.plan.clear();
  decision.dropped.clear();
  decision.route = 0;
  decision.relax_level = RelaxLevel::kNothing;
  decision.relaxed = 0;
  decision.sticky = false;
  decision.spilled_from.reset();
  decision.undecided = false;
  decision.input_tokens =
      EstimateInputTokens(input.text_bytes, input.other_input_tokens, TokensPerByte(policy, input));
  if (input.model.kind == Kind::kUnknown) {
    decision.outcome = Outcome::kUnknownModel;
    return;
  }
  if (IsPinned(input.model) && !IsAllowed(policy, input, input.model.model)) {
    decision.outcome = Outcome::kModelNotAllowed;
    return;
  }
  const RouteMatch found = FindRoute(policy, input, decision.input_tokens);
  decision.undecided = found.undecided;
  if (!found.route) {
    decision.outcome = Outcome::kNoRoute;
    return;
  }
  decision.route = *found.route;
  const CompiledRoute& route = policy.routes()[decision.route];
  GatherOrRelax(policy, route, input, decision);
  Rank(route.prefer, route.blend, input.seed, absl::MakeSpan(decision.plan));
  SpillFull(policy, route.spill, input, decision);
  KeepConversation(input, decision);
  decision.outcome = decision.plan.empty() ? Outcome::kNoTarget : Outcome::kPlanned;
}

}  // namespace headgate::routing

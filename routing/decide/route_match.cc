#include "routing/decide/route_match.h"

namespace headgate::routing {

ConditionInput ConditionInputOf(const DecisionInput& input, std::int64_t input_tokens) {
  ConditionInput condition_input;
  condition_input.traits = Traits::None()
                               .Add(input.classification.request_class)
                               .Add(input.classification.topic)
                               .Add(input.classification.urgency)
                               .Add(input.endpoint)
                               .AddStream(input.stream)
                               .AddTools((input.uses & kTools) != 0)
                               .AddImages((input.uses & kImages) != 0);
  condition_input.input_tokens = input_tokens;
  condition_input.max_tokens = input.max_tokens;
  condition_input.asked = input.model.asked;
  condition_input.unix_seconds = input.unix_seconds;
  condition_input.facts = &input.facts;
  return condition_input;
}

RouteMatch FindRoute(const CompiledPolicy& policy, const DecisionInput& input,
                     std::int64_t input_tokens) {
  const ConditionInput condition_input = ConditionInputOf(input, input_tokens);
  RouteMatch found;
  const std::vector<CompiledRoute>& routes = policy.routes();
  const std::vector<Gate>& gates = policy.route_gates();
  for (std::size_t i = 0; i < routes.size(); ++i) {
    if (!gates[i].Opens(condition_input)) continue;
    const Match match = Evaluate(routes[i].when, condition_input);
    if (match == Match::kNo) continue;
    if (match == Match::kUnknown) {
      found.undecided = true;
      continue;
    }
    found.route = i;
    break;
  }
  return found;
}

}  // namespace headgate::routing

#include "routing/decide/route_match.h"

namespace headgate::routing {

Question QuestionOf(const DecisionInput& input, std::int64_t input_tokens) {
  Question question;
  question.traits = Traits::None()
                        .Add(input.classification.request_class)
                        .Add(input.classification.topic)
                        .Add(input.classification.urgency)
                        .Add(input.endpoint)
                        .AddStream(input.stream)
                        .AddTools((input.uses & kTools) != 0)
                        .AddImages((input.uses & kImages) != 0);
  question.input_tokens = input_tokens;
  question.max_tokens = input.max_tokens;
  question.asked = input.model.asked;
  question.unix_seconds = input.unix_seconds;
  question.facts = &input.facts;
  return question;
}

RouteMatch FindRoute(const CompiledPolicy& policy, const DecisionInput& input,
                     std::int64_t input_tokens) {
  const Question question = QuestionOf(input, input_tokens);
  RouteMatch found;
  const std::vector<CompiledRoute>& routes = policy.routes();
  const std::vector<Gate>& gates = policy.route_gates();
  for (std::size_t i = 0; i < routes.size(); ++i) {
    if (!gates[i].Opens(question)) continue;
    const Match match = Evaluate(routes[i].when, question);
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

#include "routing/decide/candidate_filter.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "routing/policy/serving.h"

namespace headgate::routing {
namespace {

// Input and output of each choice share the window. The subtraction avoids an overflow for an
// absurd max_tokens.
bool Fits(const Target& target, const DecisionInput& input, std::int64_t input_tokens) {
  if (target.context == 0 || !Generates(input.endpoint)) return true;
  return input_tokens <= target.context &&
         input.max_tokens.value_or(0) <= target.context - input_tokens;
}

bool BreaksTtft(const CompiledRequire& require, const Candidate& candidate) {
  return candidate.ttft_samples >= kLiveSamples &&
         !require.ttft_p95.Holds(std::llround(candidate.ttft_p95_ms));
}
bool BreaksErrorRate(const CompiledRequire& require, const Candidate& candidate) {
  return candidate.attempt_samples >= kLiveSamples &&
         !require.error_rate.Holds(std::llround(static_cast<double>(candidate.error_rate) * 1e6));
}

// The live part of a `require`.
Drop LiveFilter(const CompiledRequire& require, const Candidate& candidate) {
  if (BreaksTtft(require, candidate)) return Drop::kTtft;
  return BreaksErrorRate(require, candidate) ? Drop::kErrorRate : Drop::kNone;
}

// The part of the `require` of key, team and route that does not depend on live windows.
Drop FixedRequireFilter(const CompiledPolicy& policy, std::size_t target,
                        const CompiledRequire& route, RelaxLevel relax_level,
                        const DecisionInput& input) {
  if (input.key) {
    for (const std::size_t require : policy.keys()[*input.key].require) {
      const Drop drop = policy.key_requires()[require].fixed[target];
      if (drop != Drop::kNone) return drop;
    }
  }
  return relax_level == RelaxLevel::kAllButBinding ? route.binding[target] : route.fixed[target];
}

Drop LiveRequireFilter(const CompiledPolicy& policy, std::size_t target,
                       const CompiledRequire& route, RelaxLevel relax_level,
                       const DecisionInput& input) {
  const Candidate& candidate = input.candidates[target];
  if (input.key) {
    for (const std::size_t require : policy.keys()[*input.key].require) {
      const Drop drop = LiveFilter(policy.key_requires()[require], candidate);
      if (drop != Drop::kNone) return drop;
    }
  }
  return relax_level == RelaxLevel::kNothing ? LiveFilter(route, candidate) : Drop::kNone;
}

}  // namespace

bool IsAllowed(const CompiledPolicy& policy, const DecisionInput& input, std::string_view model) {
  if (!input.key) return true;
  const std::vector<std::string>& models = policy.keys()[*input.key].models;
  return models.empty() || std::find(models.begin(), models.end(), model) != models.end();
}

Drop HardFilter(const CompiledPolicy& policy, std::size_t index, const CompiledRequire& route,
                RelaxLevel relax_level, const DecisionInput& input, std::int64_t input_tokens) {
  const Target& target = policy.targets()[index];
  if (!IsAllowed(policy, input, target.model)) return Drop::kModelNotAllowed;
  Drop drop = EndpointDrop(policy, target, input.endpoint, !input.native_only.empty());
  if (drop != Drop::kNone) return drop;
  drop = FixedRequireFilter(policy, index, route, relax_level, input);
  if (drop != Drop::kNone) return drop;
  if ((input.uses & ~target.supports) != 0) return Drop::kAbilities;
  if (!Fits(target, input, input_tokens)) return Drop::kContext;
  return LiveRequireFilter(policy, index, route, relax_level, input);
}

std::uint8_t RelaxedAt(const CompiledRequire& route, std::size_t target,
                       const Candidate& candidate) {
  std::uint8_t relaxed = route.broken[target];
  if (BreaksTtft(route, candidate)) relaxed |= kRelaxedTtft;
  if (BreaksErrorRate(route, candidate)) relaxed |= kRelaxedErrorRate;
  return relaxed;
}

}  // namespace headgate::routing

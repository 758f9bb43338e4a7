#include "routing/candidate_filter.h"

#include <algorithm>

namespace headgate::routing {
namespace {

bool ServesEndpoint(const CompiledPolicy& policy, const Target& target, Endpoint endpoint) {
  if (endpoint != Endpoint::kEmbeddings) return !target.embeddings;
  return target.embeddings || !policy.knows_embeddings();
}

// Input and output share the window, per choice. Subtracting keeps an absurd max_tokens from
// overflowing the sum.
bool Fits(const Target& target, const DecisionInput& input, std::int64_t input_tokens) {
  if (target.context == 0 || input.endpoint == Endpoint::kEmbeddings) return true;
  return input_tokens <= target.context &&
         input.max_tokens.value_or(0) <= target.context - input_tokens;
}

}  // namespace

bool IsAllowed(const DecisionInput& input, std::string_view model) {
  return input.allowed_models == nullptr || input.allowed_models->empty() ||
         std::find(input.allowed_models->begin(), input.allowed_models->end(), model) !=
             input.allowed_models->end();
}

Drop HardFilter(const CompiledPolicy& policy, const Target& target, const config::Require& require,
                const DecisionInput& input, std::int64_t input_tokens) {
  if (!IsAllowed(input, target.model)) return Drop::kModelNotAllowed;
  if (!ServesEndpoint(policy, target, input.endpoint)) return Drop::kEndpoint;
  if (require.hosting && target.hosting != *require.hosting) return Drop::kHosting;
  if (require.min_context && target.context < *require.min_context) return Drop::kContextRequired;
  if (!Fits(target, input, input_tokens)) return Drop::kContext;
  return Drop::kNone;
}

}  // namespace headgate::routing

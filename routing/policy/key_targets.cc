#include "routing/policy/key_targets.h"

#include <algorithm>
#include <string>

namespace headgate::routing {

bool MayUse(const CompiledPolicy& policy, std::optional<std::size_t> key, std::size_t target) {
  if (!key) return true;
  const PolicyKey& rules = policy.keys()[*key];
  const std::string& model = policy.targets()[target].model;
  const bool named = rules.models.empty() || std::find(rules.models.begin(), rules.models.end(),
                                                       model) != rules.models.end();
  return named && std::all_of(rules.require.begin(), rules.require.end(), [&](std::size_t require) {
           return policy.key_requires()[require].fixed[target] == Drop::kNone;
         });
}

}  // namespace headgate::routing

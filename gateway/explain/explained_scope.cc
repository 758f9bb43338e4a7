#include "gateway/explain/explained_scope.h"

#include <string_view>

#include "config/base/text.h"
#include "policy/keys/key_scope.h"

namespace headgate::gateway {

using config::Concat;

void AddScope(const config::Config& config, const routing::CompiledPolicy& policy,
              const routing::DecisionInput& input, const routing::Decision& decision,
              boost::json::object& explanation) {
  if (!input.key) return;
  const policy::ScopedRequest request{
      .route = policy.routes()[decision.route].name,
      .request_class = policy.NameOf(input.classification.request_class)};
  const config::Key& key = config.keys[*input.key];
  if (const config::Stop stop = config::StopOf(config, key); stop != config::Stop::kNone) {
    const std::string_view code = config::kStopNames[static_cast<std::size_t>(stop)];
    const std::string_view answer = explanation.at("answer").as_string();
    explanation["answer"] = config::Concat(
        answer, "; but refused with 403 ", code, ": ",
        stop == config::Stop::kTeam ? Concat("team ", key.team) : Concat("key ", key.name),
        " is stopped");
    explanation["refused"] = boost::json::string_view(code.data(), code.size());
    return;
  }
  const policy::ScopeLimit limit = policy::LimitOfScope(key, request);
  if (limit == policy::ScopeLimit::kNone) return;
  const std::string_view refusal = policy::RefusalOf(limit);
  const bool route = limit == policy::ScopeLimit::kRoute;
  const std::string_view answer = explanation.at("answer").as_string();
  explanation["answer"] = config::Concat(answer, "; but refused with 403 ", refusal, ": key ",
                                         key.name, " may not use ", route ? "route " : "class ",
                                         route ? request.route : request.request_class);
  explanation["refused"] = boost::json::string_view(refusal.data(), refusal.size());
}

}  // namespace headgate::gateway

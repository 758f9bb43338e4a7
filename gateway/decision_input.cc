#include "gateway/decision_input.h"

#include <string>
#include <string_view>

#include "routing/request_facts.h"

namespace headgate::gateway {

void TakeHints(const RequestHead& head, routing::Signals& signals) {
  signals.class_header = head.Find("x-headgate-class");
  signals.slo_ttft_header = head.Find("x-slo-ttft-ms");
  signals.initiator_header = head.Find("x-initiator");
}

routing::HintTrust TrustOf(const config::Config& config, std::optional<std::size_t> key) {
  if (key) return routing::HintTrust::Of(config.keys[*key].trust_hints);
  return config.server.auth == config::AuthMode::kNone ? routing::HintTrust::All()
                                                       : routing::HintTrust::Of({});
}

void DescribeRequest(const routing::CompiledPolicy& policy, const RequestHead& head,
                     const routing::Signals& signals, std::optional<std::size_t> key,
                     routing::DecisionInput& input) {
  routing::FillRequest(policy, signals, key, input);
  for (const std::string& name : policy.header_names()) {
    head.ForEachValue(
        name, [&](std::string_view value) { routing::AddHeader(policy, name, value, input); });
  }
  routing::ApplyOwnClasses(policy, input);
}

}  // namespace headgate::gateway

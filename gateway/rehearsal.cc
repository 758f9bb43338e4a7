#include "gateway/rehearsal.h"

#include <algorithm>

#include "gateway/http/request_head.h"
#include "routing/classifier.h"
#include "routing/request_facts.h"

namespace headgate::gateway {
namespace {

std::string_view HeaderOf(const Rehearsal& rehearsal, std::string_view name) {
  for (const auto& [known, value] : rehearsal.headers) {
    if (known == name) return value;
  }
  return {};
}

// The value of a header and, where it is a list, each of its members.
void AddHeaderValues(const routing::CompiledPolicy& policy, std::string_view name,
                     std::string_view value, routing::DecisionInput& input) {
  routing::AddHeader(policy, name, value, input);
  if (value.find(',') == std::string_view::npos) return;
  while (!value.empty()) routing::AddHeader(policy, name, TakeListMember(value), input);
}

std::optional<std::size_t> KeyNamed(const routing::CompiledPolicy& policy, std::string_view name) {
  const auto& keys = policy.keys();
  const auto found = std::find_if(keys.begin(), keys.end(),
                                  [&](const routing::PolicyKey& key) { return key.name == name; });
  if (found == keys.end()) return std::nullopt;
  return static_cast<std::size_t>(found - keys.begin());
}

}  // namespace

LoadSource QuietLoad(const config::Config& config, const routing::CompiledPolicy& policy) {
  return [&config, &policy](routing::Class, std::vector<routing::Candidate>& candidates) {
    candidates.clear();
    for (const routing::Target& target : policy.targets()) {
      const config::Backend& backend = config.backends[target.backend];
      routing::Candidate candidate;
      candidate.slots = static_cast<int>(backend.replicas.size()) * backend.slots;
      candidates.push_back(candidate);
    }
  };
}

Rehearsed Rehearse(const config::Config& config, const routing::CompiledPolicy& policy,
                   const Rehearsal& rehearsal, const LoadSource& load) {
  Rehearsed result;
  std::string body = rehearsal.body;
  body.resize(body.size() + RequestReader::kPadding, ' ');
  RequestReader reader;
  RequestView view;
  result.problem = reader.Read(rehearsal.endpoint, body.data(), rehearsal.body.size(), view);
  if (result.problem) return result;
  routing::Signals& signals = view.signals;
  signals.class_header = HeaderOf(rehearsal, "x-headgate-class");
  signals.slo_ttft_header = HeaderOf(rehearsal, "x-slo-ttft-ms");
  signals.initiator_header = HeaderOf(rehearsal, "x-initiator");
  result.model = signals.model;
  result.message_count = static_cast<std::size_t>(signals.message_count);
  result.tool_loop = signals.tool_loop;
  result.tools.assign(signals.tool_names.begin(), signals.tool_names.end());

  const std::optional<std::size_t> key = KeyNamed(policy, rehearsal.key);
  routing::DecisionInput& input = result.input;
  input.classification =
      routing::Classify(signals, key ? routing::HintTrust::Of(config.keys[*key].trust_hints)
                                     : routing::HintTrust::All());
  input.seed = rehearsal.seed;
  input.unix_seconds = rehearsal.unix_seconds;
  routing::FillRequest(policy, signals, key, input);
  for (const auto& [name, value] : rehearsal.headers) AddHeaderValues(policy, name, value, input);
  routing::ApplyOwnClasses(policy, input);
  load(input.classification.request_class, input.candidates);
  routing::Decide(policy, input, result.decision);
  return result;
}

bool HasKey(const routing::CompiledPolicy& policy, std::string_view name) {
  return KeyNamed(policy, name).has_value();
}

std::optional<routing::Endpoint> EndpointNamed(std::string_view name) {
  const auto& names = routing::kEndpointNames;
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<routing::Endpoint>(found - names.begin());
}

}  // namespace headgate::gateway

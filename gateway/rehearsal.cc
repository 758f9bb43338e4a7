#include "gateway/rehearsal.h"

#include <algorithm>

#include "config/text.h"
#include "gateway/decision_input.h"
#include "gateway/http/request_head.h"
#include "routing/classifier.h"

namespace headgate::gateway {
namespace {

// The head of a request that never came: what is read from it are its fields.
RequestHead HeadOf(const Rehearsal& rehearsal) {
  RequestHead head;
  for (const auto& [name, value] : rehearsal.headers) {
    head.fields.push_back({name, config::Trim(value)});
  }
  return head;
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
  const RequestHead head = HeadOf(rehearsal);
  TakeHints(head, signals);
  result.model = signals.model;
  result.message_count = static_cast<std::size_t>(signals.message_count);
  result.tool_loop = signals.tool_loop;
  result.tools.assign(signals.tool_names.begin(), signals.tool_names.end());

  const std::optional<std::size_t> key = KeyNamed(policy, rehearsal.key);
  routing::DecisionInput& input = result.input;
  input.classification = routing::Classify(signals, TrustOf(config, key));
  input.seed = rehearsal.seed;
  input.unix_seconds = rehearsal.unix_seconds;
  DescribeRequest(policy, head, signals, key, input);
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

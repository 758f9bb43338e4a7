#include "gateway/decide/rehearsal.h"

#include <algorithm>

#include "config/base/text.h"
#include "gateway/http/request_head.h"

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

std::vector<routing::TopicEvidence> EvidenceOf(const routing::CompiledPolicy& policy,
                                               const routing::Classification& classification,
                                               const routing::Signals& signals) {
  constexpr std::size_t kMost = 12;
  const routing::Reason reason = classification.topic_reason;
  const bool asked = reason == routing::Reason::kModel || reason == routing::Reason::kAbstained;
  const auto last =
      std::find_if(signals.texts.rbegin(), signals.texts.rend(), [](const auto& text) {
        return text.role == routing::Role::kUser || text.role == routing::Role::kPrompt;
      });
  if (!asked || last == signals.texts.rend()) return {};
  return routing::ExplainTopic(policy.TopicModelOf(classification.topic), last->text, kMost);
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

Rehearsed Rehearse(const routing::CompiledPolicy& policy, const Rehearsal& rehearsal,
                   const LoadSource& load, const Conversations& conversations) {
  std::string body = rehearsal.body;
  body.resize(body.size() + backends::RequestReader::kPadding, ' ');
  const RequestHead head = HeadOf(rehearsal);
  RequestDecision made;
  Rehearsed result;
  result.problem = made.Make({.endpoint = rehearsal.endpoint,
                              .head = head,
                              .body = {body.data(), rehearsal.body.size()},
                              .key = KeyNamed(policy, rehearsal.key)},
                             {.policy = policy,
                              .load = load,
                              .conversations = conversations,
                              .unix_seconds = rehearsal.unix_seconds,
                              .seed = rehearsal.seed});
  if (result.problem) return result;
  result.continuation = made.continuation();
  result.input = made.input();
  result.evidence = EvidenceOf(policy, made.input().classification, made.signals());
  result.decision = made.decision();
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

#include "gateway/decide/dry_run.h"

#include <algorithm>

#include "config/base/text.h"
#include "gateway/decide/passed_over_hints.h"
#include "gateway/http/request_head.h"

namespace headgate::gateway {
namespace {

// The head of a request that was never received: only its fields are read.
RequestHead HeadOf(const DryRunRequest& dry_run) {
  RequestHead head;
  for (const auto& [name, value] : dry_run.headers) {
    head.AddField({name, config::Trim(value)});
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

// What the models said when the topic was decided: the request is classified once more.
std::optional<routing::TopicOpinions> OpinionsOf(const routing::CompiledPolicy& policy,
                                                 const routing::Classification& found,
                                                 const routing::Signals& signals) {
  std::vector<routing::TopicOpinions> opinions;
  routing::ClassifierOptions options = policy.classifier();
  options.opinions = &opinions;
  routing::Classify(signals, routing::HintTrust{}, options);
  using routing::Reason;
  const bool by_model = found.topic_reason == Reason::kModel ||
                        found.topic_reason == Reason::kAbstained ||
                        found.topic_reason == Reason::kSession;
  const auto last = std::find_if(opinions.rbegin(), opinions.rend(), [&](const auto& one) {
    return one.topic == found.topic && one.confidence == found.topic_confidence;
  });
  if (!by_model || last == opinions.rend()) return std::nullopt;
  return *last;
}

std::vector<routing::TopicEvidence> EvidenceOf(const routing::TopicModel& model,
                                               const routing::Signals& signals) {
  constexpr std::size_t kMost = 12;
  const auto last =
      std::find_if(signals.texts.rbegin(), signals.texts.rend(), [](const auto& text) {
        return text.role == routing::Role::kUser || text.role == routing::Role::kPrompt;
      });
  if (last == signals.texts.rend()) return {};
  return routing::ExplainTopic(model, last->text, kMost);
}

}  // namespace

LoadSource QuietLoad(const config::Config& config, const routing::CompiledPolicy& policy) {
  return [&config, &policy](const routing::DecisionInput&,
                            std::vector<routing::Candidate>& candidates) {
    candidates.clear();
    for (const routing::Target& target : policy.targets()) {
      const config::Backend& backend = config.backends[target.backend];
      routing::Candidate candidate;
      candidate.slots = static_cast<int>(backend.replicas.size()) * backend.slots;
      candidates.push_back(candidate);
    }
  };
}

DryRunResult DryRun(const routing::CompiledPolicy& policy, const DryRunRequest& dry_run,
                    const LoadSource& load, const Conversations& conversations) {
  std::string body = dry_run.body;
  body.resize(body.size() + backends::RequestReader::kPadding, ' ');
  const RequestHead head = HeadOf(dry_run);
  RequestDecision decision;
  DryRunResult result;
  result.problem = decision.Make({.endpoint = dry_run.endpoint,
                                  .head = head,
                                  .body = {body.data(), dry_run.body.size()},
                                  .key = KeyNamed(policy, dry_run.key),
                                  .stores_responses = dry_run.stores_responses},
                                 {.policy = policy,
                                  .load = load,
                                  .conversations = conversations,
                                  .unix_seconds = dry_run.unix_seconds,
                                  .seed = dry_run.seed});
  if (result.problem) return result;
  result.model = decision.signals().model;
  result.continuation = decision.continuation();
  result.input = decision.input();
  result.hidden = HiddenUseOf(decision.view().facts);
  result.passed_over_hints =
      PassedOverHints(policy, result.input.key, decision.signals(), result.input.classification);
  result.opinions = OpinionsOf(policy, result.input.classification, decision.signals());
  if (result.opinions) {
    result.evidence = EvidenceOf(*result.opinions->decider().model, decision.signals());
  }
  result.decision = decision.decision();
  return result;
}

bool HasKey(const routing::CompiledPolicy& policy, std::string_view name) {
  return KeyNamed(policy, name).has_value();
}

std::string EndpointNames() {
  const auto& names = routing::kEndpointNames;
  return config::Join(std::vector<std::string>(names.begin(), names.end()), ", ");
}

std::optional<routing::Endpoint> EndpointNamed(std::string_view name) {
  const auto& names = routing::kEndpointNames;
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<routing::Endpoint>(found - names.begin());
}

}  // namespace headgate::gateway

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.h"
#include "gateway/budgets/most_cost.h"
#include "gateway/decide/request_decision.h"
#include "routing/classify/topic_explanation.h"
#include "routing/classify/topic_opinions.h"
#include "routing/decide/decision.h"
#include "routing/policy/policy.h"

namespace headgate::gateway {

// A request to decide without sending it: for `explain` and policy tests.
struct DryRunRequest {
  std::string body;  // JSON
  routing::Endpoint endpoint = routing::Endpoint::kChat;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string key;                                           // its name; empty: no key
  std::int64_t unix_seconds = 0;
  std::uint64_t seed = 0;
  // The gateway stores responses: what a request continues is then no need that only a backend can
  // meet. The history itself is not read.
  bool stores_responses = false;
};

// What would happen to the request. `problem` is set if the request would be refused before it is
// classified.
struct DryRunResult {
  std::optional<backends::BodyProblem> problem;
  std::string model;  // as the request has it
  Continuation continuation = Continuation::kNone;
  routing::DecisionInput input;
  HiddenUse hidden;
  routing::Decision decision;
  std::vector<std::string> passed_over_hints;  // PassedOverHints
  // What the topic models said; nullopt if they did not decide the topic. Points to models of the
  // policy.
  std::optional<routing::TopicOpinions> opinions;
  // What the model that decided saw in the last text of the user; empty without `opinions`.
  std::vector<routing::TopicEvidence> evidence;
};

// DecisionContext::load.
using LoadSource =
    std::function<void(const routing::DecisionInput&, std::vector<routing::Candidate>&)>;

// Returns a load without requests: every target is up, and nothing has been measured.
LoadSource QuietLoad(const config::Config& config, const routing::CompiledPolicy& policy);

// Reads, classifies and decides as the daemon does, with the same code; no backend is called.
// Thread-compatible; allocates.
DryRunResult DryRun(const routing::CompiledPolicy& policy, const DryRunRequest& dry_run,
                    const LoadSource& load, const Conversations& conversations = {});

// Returns whether the policy has a key of that name.
bool HasKey(const routing::CompiledPolicy& policy, std::string_view name);

// Returns the endpoint of that name (routing::kEndpointNames).
std::optional<routing::Endpoint> EndpointNamed(std::string_view name);

// Returns "chat, completions, …": all names.
std::string EndpointNames();

}  // namespace headgate::gateway

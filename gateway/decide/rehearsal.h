#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.h"
#include "gateway/decide/request_decision.h"
#include "routing/classify/topic_explanation.h"
#include "routing/decide/decision.h"
#include "routing/policy/policy.h"

namespace headgate::gateway {

// A request that nobody sent: what `explain` and policy tests ask about.
struct Rehearsal {
  std::string body;  // JSON
  routing::Endpoint endpoint = routing::Endpoint::kChat;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string key;                                           // its name; empty: none
  std::int64_t unix_seconds = 0;
  std::uint64_t seed = 0;
};

// How it went. `problem` is set when the request would be refused before it is classified.
struct Rehearsed {
  std::optional<backends::BodyProblem> problem;
  Continuation continuation = Continuation::kNone;
  routing::DecisionInput input;
  routing::Decision decision;
  // What the model saw in the user's last text, if it was asked.
  std::vector<routing::TopicEvidence> evidence;
};

// Fills in the state of every target for a class; the second argument is parallel to the targets.
using LoadSource = std::function<void(routing::Class, std::vector<routing::Candidate>&)>;

// Everything is up, nothing runs and nothing has been learned yet.
LoadSource QuietLoad(const config::Config& config, const routing::CompiledPolicy& policy);

// Reads, classifies and decides as the daemon does, with the same code; no backend is called.
// Thread-compatible; allocates.
Rehearsed Rehearse(const routing::CompiledPolicy& policy, const Rehearsal& rehearsal,
                   const LoadSource& load, const Conversations& conversations = {});

// Whether the policy has a key of that name.
bool HasKey(const routing::CompiledPolicy& policy, std::string_view name);

// The endpoint of that name (chat, completions, embeddings).
std::optional<routing::Endpoint> EndpointNamed(std::string_view name);

}  // namespace headgate::gateway

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/upstream/replica_set.h"
#include "gateway/decide/conversation_table.h"
#include "gateway/decide/dry_run.h"
#include "gateway/decide/request_decision.h"
#include "gateway/snapshot/snapshot.h"
#include "tests/gateway/policy_text.h"

namespace headgate::gateway {

// The snapshot of a policy in force, built from its text as in the daemon. Null if the policy is
// not good; the test then fails.
std::shared_ptr<const Snapshot> InForce(const std::string& text);

// Fills `candidates` with the fleet's state of the targets, overridden by `load`.
void FillCandidates(const Snapshot& snapshot, const std::vector<StatedLoad>& load,
                    backends::Clock::time_point now, const routing::DecisionInput& input,
                    std::vector<routing::Candidate>& candidates);

// The bytes that a client sends for `request`, up to and with the blank line.
std::string HeadBytes(const DryRunRequest& request);

// A daemon under one policy, at one moment.
struct Daemon {
  std::shared_ptr<const Snapshot> snapshot;
  std::vector<StatedLoad> load;
  ConversationNamer namer;
  ConversationTable table;
  backends::Clock::time_point now = backends::Clock::now();
  std::string head_bytes;  // the head of the last request
  std::string body;

  const routing::CompiledPolicy& policy() const { return *snapshot->policy; }
  Conversations conversations(bool use) {
    return {&namer, &table, &snapshot->target_labels, now, use};
  }
  LoadSource Load() const {
    return
        [this](const routing::DecisionInput& input, std::vector<routing::Candidate>& candidates) {
          FillCandidates(*snapshot, load, now, input, candidates);
        };
  }
};

// Decides `request` as a worker does once its bytes have come; `made` gets the decision.
std::optional<backends::BodyProblem> AsTheDaemon(Daemon& daemon, const DryRunRequest& request,
                                                 std::uint64_t seed, RequestDecision& made);

// Feeds `daemon` with drawn answers of some targets: latency, errors, lengths, paces, tokenizers.
void Teach(PolicyText& draw, Daemon& daemon);

// Gives the request's conversation an earlier answer: by any target, about this topic or another.
void Converse(PolicyText& draw, Daemon& daemon, const RequestDecision& before);

}  // namespace headgate::gateway

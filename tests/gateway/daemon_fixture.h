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

// A policy in force, from its text, as the daemon has it. Null, and the test fails: it is not good.
std::shared_ptr<const Snapshot> InForce(const std::string& text);

// The state of the targets as stated, over what the fleet knows.
void FillCandidates(const Snapshot& snapshot, const std::vector<StatedLoad>& load,
                    backends::Clock::time_point now, routing::Class request_class,
                    std::vector<routing::Candidate>& candidates);

// The bytes that a client sends for `request`, as far as the blank line.
std::string HeadBytes(const DryRunRequest& request);

// A daemon under one policy, at one moment.
struct Daemon {
  std::shared_ptr<const Snapshot> snapshot;
  std::vector<StatedLoad> load;
  ConversationNamer namer;
  ConversationTable table;
  backends::Clock::time_point now = backends::Clock::now();
  std::string head_bytes;  // of the request that came last
  std::string body;

  const routing::CompiledPolicy& policy() const { return *snapshot->policy; }
  Conversations conversations(bool use) {
    return {&namer, &table, &snapshot->target_labels, now, use};
  }
  LoadSource Load() const {
    return [this](routing::Class request_class, std::vector<routing::Candidate>& candidates) {
      FillCandidates(*snapshot, load, now, request_class, candidates);
    };
  }
};

// What a worker hands to RequestDecision when the bytes of a request have come.
std::optional<backends::BodyProblem> AsTheDaemon(Daemon& daemon, const DryRunRequest& request,
                                                 std::uint64_t seed, RequestDecision& made);

// Answers that some targets have given: windows of latency and errors, lengths, paces, tokenizers.
void Teach(PolicyText& draw, Daemon& daemon);

// The request's conversation was answered before, by any target, about this or something else.
void Converse(PolicyText& draw, Daemon& daemon, const RequestDecision& before);

}  // namespace headgate::gateway

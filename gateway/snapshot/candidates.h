#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "backends/scheduler/slot_queue.h"
#include "gateway/snapshot/fleet.h"
#include "routing/decide/decision.h"
#include "routing/policy/policy.h"

namespace headgate::gateway {

// What a fleet's targets look like to one request at `now`. Thread-safe, as the fleet is.

// Returns what was learned of a target, for requests of a class. What is busy there is not filled
// in.
routing::Candidate LearnedOf(const Fleet& fleet, std::size_t target, routing::Class request_class,
                             backends::TimePoint now);

// Fills in the state of every target for routing::Decide: what was learned of the request's class,
// and how long its team would wait with its tokens. `candidates` may be those of `input`.
void FillCandidates(const Fleet& fleet, const routing::CompiledPolicy& policy,
                    const routing::DecisionInput& input, backends::TimePoint now,
                    std::vector<routing::Candidate>& candidates);

// A request that would join a queue, if it found no free slot for its tokens.
struct Newcomer {
  backends::Band band = backends::Band::kNormal;
  std::string_view team;
  int share = 1;
  std::int64_t tokens = 0;
};

// Fills in what is busy at the target, and how long the newcomer would wait there.
void FillQueue(const Fleet& fleet, std::size_t target, const Newcomer& newcomer,
               backends::TimePoint now, routing::Candidate& candidate);

}  // namespace headgate::gateway

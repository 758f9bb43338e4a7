#pragma once

#include <array>
#include <boost/json/object.hpp>
#include <cstddef>
#include <optional>
#include <vector>

#include "backends/scheduler/band.h"
#include "gateway/decide/dry_run.h"
#include "routing/policy/policy.h"

namespace headgate::gateway {

// Who waits at the backend of a target.
struct QueueLine {
  std::array<std::size_t, backends::kBands> waiting{};
  std::optional<int> limit;  // requests that may wait; nullopt: nothing waits there
};

// Returns whether a request that has to wait would be turned away: the line has its limit, and
// nobody waits in a lower band, who would be turned away instead. Pure.
bool TurnsAway(const QueueLine& line, backends::Band band);

// Says of each kept target whose queue would turn the request away that it is full, and where the
// request goes then, in the member `queue`. The answer says it of the first target. `lines` are
// parallel to the policy's targets. `explanation`: Explain of `result`. Pure; not for the hot path.
void AddFullQueues(const routing::CompiledPolicy& policy, const std::vector<QueueLine>& lines,
                   const DryRunResult& result, boost::json::object& explanation);

}  // namespace headgate::gateway

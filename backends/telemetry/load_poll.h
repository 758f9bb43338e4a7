#pragma once

#include <cstddef>

#include "backends/net/connection_pool.h"
#include "backends/net/types.h"
#include "backends/telemetry/engine_load.h"
#include "backends/telemetry/poll_schedule.h"
#include "backends/upstream/active_check.h"
#include "backends/upstream/upstream.h"

namespace headgate::backends {

// The outcome of one poll.
struct PolledLoad {
  PollResult result = PollResult::kFailed;
  bool answered = true;  // PollSchedule::End
  EngineLoad load;       // if result is kOk
};

// Judges an answer to `question`.
PolledLoad JudgePoll(const LoadQuestion& question, const ShortAnswer& answer);

// Asks a replica for its load, as CheckReplica asks for its health: with the key and the fields of
// the backend, over a connection of its own. It takes at most 1 s and reads at most 1 MiB. All
// arguments outlive the call. Bound to the thread of `executor`.
Awaitable<PolledLoad> PollReplica(Executor executor, ConnectionPool& pool, const Upstream& upstream,
                                  std::size_t replica, const LoadQuestion& question);

}  // namespace headgate::backends

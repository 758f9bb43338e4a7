#pragma once

#include <string_view>

#include "backends/upstream/replica_set.h"
#include "gateway/attempt/outcome.h"

namespace headgate::gateway {

struct AttemptAccount;

// The replica and the target that an attempt reports about. Holds views, which are used at once.
struct HealthSubject {
  std::string_view backend;
  std::string_view replica;  // "host:port"
  std::string_view target;   // "model@backend"
};

// The operator's log on health: one line when a replica is ejected, one line when it is probed, and
// one line when it is back. A target whose model a replica rejects gets the same lines. Each change
// is reported by the one attempt that caused it, so an outage makes only as many lines as the
// circuits have changes. Thread-safe; costs a comparison if nothing has changed.

// Logs the probes that begin with `lease`, which was just taken.
void LogProbes(const HealthSubject& subject, const backends::ReplicaSet::Lease& lease);

// Tells the replica of `lease` that the answer of `attempt` has begun, so that the outcome of a
// probe is known before its end, and logs what that changed.
void ReportAnswering(const HealthSubject& subject, backends::ReplicaSet::Lease& lease,
                     const AttemptAccount& attempt, backends::Clock::time_point now);

// Tells the replica of `lease` how `attempt` has ended, and logs what that changed.
void ReportHealth(const HealthSubject& subject, HealthReport report,
                  backends::ReplicaSet::Lease& lease, const AttemptAccount& attempt);

}  // namespace headgate::gateway

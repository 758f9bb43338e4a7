#pragma once

#include <string_view>

#include "backends/upstream/replica_set.h"
#include "gateway/attempt/outcome.h"

namespace headgate::gateway {

struct AttemptAccount;

// Whom an attempt told something about. Views; used up at once.
struct HealthSubject {
  std::string_view backend;
  std::string_view replica;  // "host:port"
  std::string_view target;   // "model@backend"
};

// The operator's log on health: one line when a replica is ejected, one when it is probed, one when
// it is back, and the same for a target whose model a replica rejects. Each change is reported by
// the one attempt that caused it, so an outage makes no more lines than the circuits have changes.
// Thread-safe; costs a comparison where nothing has changed.

// Of a lease that was just taken.
void LogProbes(const HealthSubject& subject, const backends::ReplicaSet::Lease& lease);

// Tells the replica that `lease` is of how `attempt` has ended, and logs what that changed.
void ReportHealth(const HealthSubject& subject, HealthReport report,
                  backends::ReplicaSet::Lease& lease, const AttemptAccount& attempt);

}  // namespace headgate::gateway

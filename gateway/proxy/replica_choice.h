#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "backends/net/types.h"
#include "backends/upstream/replica_set.h"
#include "gateway/accounting/request_account.h"
#include "gateway/attempt/attempt_failure.h"
#include "gateway/plan/request_plan.h"
#include "gateway/proxy/attempt_machine.h"

namespace headgate::gateway {

// What health says of the targets of one request, asked of the fleet in force. `account` has its
// snapshot. Worker-bound.

// Which replica an attempt would like.
struct ReplicaWish {
  std::size_t plan_index = 0;
  std::optional<std::size_t> avoid;  // one that has just failed
  bool insist = false;               // also one that a slow start would leave to another target
};

// Takes a replica for the next attempt. Returns nothing if no replica of the target may be asked:
// `failure` says so then. A target that is down is asked only if no other is left and nothing was
// asked yet.
std::optional<backends::ReplicaSet::Lease> TakeReplica(const RequestAccount& account,
                                                       const RequestPlan& plan,
                                                       const ReplicaWish& wish,
                                                       std::uint64_t random,
                                                       AttemptFailure& failure);

// Returns whether some replica of a target may be asked.
bool IsUsable(const RequestAccount& account, std::size_t target, TimePoint now);

// Tells the machine which backends of the plan mostly fail now.
void NoteFailing(const RequestAccount& account, const RequestPlan& plan, TimePoint now,
                 AttemptMachine& machine);

// Puts the target first that will be tried again first, if all are down.
void PutLeastBadFirst(const RequestAccount& account, TimePoint now, RequestPlan& plan);

// Returns the seconds until a target of the plan may be tried: the end of the shortest ejection, at
// least one second.
int SecondsToNextTry(const RequestAccount& account, const RequestPlan& plan, TimePoint now);

}  // namespace headgate::gateway

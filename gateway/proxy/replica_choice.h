#pragma once

#include <cstddef>

#include "backends/net/types.h"
#include "gateway/accounting/request_account.h"
#include "gateway/plan/request_plan.h"
#include "gateway/proxy/attempt_machine.h"

namespace headgate::gateway {

// What health says of the targets of one request, asked of the fleet in force. `account` has its
// snapshot. Worker-bound.

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

#pragma once

#include <optional>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "gateway/accounting/request_account.h"
#include "gateway/attempt/attempt.h"
#include "gateway/attempt/worker_context.h"
#include "gateway/failover/attempt_plan.h"
#include "gateway/http/answer.h"
#include "routing/decide/decision.h"

namespace headgate::gateway {

// The targets to try, in order.
using RequestPlan = absl::InlinedVector<routing::PlannedTarget, 8>;

// Reads, classifies and routes a request: everything between its last byte and its first attempt.
// Does not suspend. Notes what was found in `account`, and in `outgoing` what the attempts need of
// the body. Returns the refusal if there is no plan. `path_model` is the model that the path names
// instead of the body, or empty. `expose`: the client may see how its request is served.
std::optional<ClientError> PlanRequest(WorkerContext& worker, std::string_view path_model,
                                       bool expose, OutgoingRequest& outgoing, RequestPlan& plan,
                                       RequestAccount& account);

// Returns what the attempt machine has to know of the targets of the plan at `now`.
// REQUIRES: account.route; `plan` is not empty.
AttemptPlan::Steps AttemptSteps(const RequestPlan& plan, const OutgoingRequest& outgoing,
                                const RequestAccount& account, TimePoint now);

}  // namespace headgate::gateway

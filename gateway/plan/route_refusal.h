#pragma once

#include <optional>

#include "gateway/accounting/request_account.h"
#include "gateway/decide/request_decision.h"
#include "gateway/http/answer.h"

namespace headgate::gateway {

// Returns why a request that was decided has no plan, or nullopt if it has a plan. Notes the reason
// in `account`. The client is told the reason in general words, and the access log has it precisely
// (account.error). With `expose` the client gets both. See docs/decisions/0040.
std::optional<ClientError> RouteRefusal(const RequestDecision& decided, bool expose,
                                        RequestAccount& account);

}  // namespace headgate::gateway

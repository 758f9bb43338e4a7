#pragma once

#include <optional>

#include "gateway/accounting/request_account.h"
#include "gateway/decide/request_decision.h"
#include "gateway/http/answer.h"

namespace headgate::gateway {

// Why a request that was decided has no plan; nullopt: it has one. Notes the reason in `account`.
// What the client is told in general words, the access log says precisely (account.error); with
// `expose` the client gets both. See docs/decisions/0040.
std::optional<ClientError> RouteRefusal(const RequestDecision& decided, bool expose,
                                        RequestAccount& account);

}  // namespace headgate::gateway

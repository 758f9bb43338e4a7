#pragma once

#include <string_view>

#include "backends/net/types.h"
#include "gateway/accounting/request_account.h"
#include "gateway/http/endpoints.h"
#include "gateway/http/request_head.h"
#include "gateway/relay/client_response.h"

namespace headgate::gateway {

// Answers to requests that need no backend. All arguments outlive the calls.

// `argument`: the value of `{…}` in the path. `draining`: a load balancer that asks on its own
// connection must not send more requests here.
Awaitable<void> AnswerLocally(const EndpointRow& row, std::string_view argument, bool draining,
                              ClientResponse& response, RequestAccount& account);

// Answers a CORS preflight, which a browser sends before a page's request. A preflight for an
// unknown path is allowed too: the 404 says more than what a browser reports of a failed preflight.
// `allow`: the methods of the path, or empty.
Awaitable<void> AnswerPreflight(const RequestHead& head, std::string_view allow,
                                ClientResponse& response, RequestAccount& account);

}  // namespace headgate::gateway

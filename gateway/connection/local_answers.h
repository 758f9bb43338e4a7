#pragma once

#include <string_view>

#include "backends/net/types.h"
#include "gateway/accounting/request_account.h"
#include "gateway/http/endpoints.h"
#include "gateway/http/request_head.h"
#include "gateway/proxy/client_response.h"

namespace headgate::gateway {

// What needs no backend. All arguments outlive the calls.

// `argument`: what `{…}` of the path stands for. `draining`: a load balancer that asks on a
// connection of its own must not send more here.
Awaitable<void> AnswerLocally(const EndpointRow& row, std::string_view argument, bool draining,
                              ClientResponse& response, RequestAccount& account);

// What a browser asks before it sends a page's request. A path that is not here may be asked for
// too: its 404 says more than a browser does about a preflight that failed. `allow`: the methods of
// the path, or empty.
Awaitable<void> AnswerPreflight(const RequestHead& head, std::string_view allow,
                                ClientResponse& response, RequestAccount& account);

// Answers with an error, and notes it in the account.
Awaitable<void> AnswerError(const ClientError& error, ClientResponse& response,
                            RequestAccount& account);

}  // namespace headgate::gateway

#pragma once

#include <string>
#include <string_view>

#include "backends/protocols/values/client_error.h"
#include "backends/upstream/upstream_error.h"
#include "gateway/accounting/request_account.h"
#include "gateway/attempt/attempt.h"
#include "gateway/relay/client_response.h"

namespace headgate::gateway {

// How a client is told that its stream has failed. All functions are pure.

// Returns what went wrong behind the beginning of an answer, in our words: a constant. What a drain
// has ended is not the backend's fault.
std::string_view ExplainFault(const Attempt& attempt, backends::AttemptResult result);

// Appends an error event. `begun`: what the client has been told of the answer; what is not known
// of it is filled in.
void AppendStreamError(const ClientError& error, const backends::BegunAnswer& begun,
                       const ClientResponse& response, const RequestAccount& account,
                       std::string& out);

// What ends a stream when the gateway stops.
ClientError ShutdownError();

// Appends the end of a stream that broke with `result`.
void AppendFault(const Attempt& attempt, backends::AttemptResult result,
                 const ClientResponse& response, const RequestAccount& account, std::string& out);

}  // namespace headgate::gateway

#pragma once

#include "backends/net/types.h"
#include "gateway/accounting/request_account.h"
#include "gateway/attempt/attempt.h"
#include "gateway/relay/client_response.h"

namespace headgate::gateway {

// All arguments outlive the calls.

// Answers with an error, and notes it in the account.
Awaitable<bool> AnswerError(const ClientError& error, ClientResponse& response,
                            RequestAccount& account);

// Answers a request to count tokens with an estimate, from what is learned of the first target of
// its plan. Nothing was called, and nothing is booked.
Awaitable<void> SendTokenEstimate(ClientResponse& response, RequestAccount& account);

// The next two functions commit, send and settle.

// Sends a whole answer and books its cost. REQUIRES: Attempt::Ready::kWhole.
Awaitable<void> SendWholeAnswer(Attempt& attempt, ClientResponse& response,
                                RequestAccount& account);

// Sends an answer that is too large to hold: first the part that has come, then the rest as it
// comes. A fault from here on can only be shown by breaking the connection. REQUIRES:
// Attempt::Ready::kLarge.
Awaitable<void> RelayLargeAnswer(Attempt& attempt, ClientResponse& response,
                                 RequestAccount& account);

}  // namespace headgate::gateway

#pragma once

#include <string_view>

#include "backends/net/types.h"
#include "gateway/accounting/request_account.h"
#include "gateway/attempt/worker_context.h"
#include "gateway/http/endpoints.h"
#include "gateway/relay/client_response.h"

namespace headgate::gateway {

// A question about a stored response. What it points to outlives the answer.
struct StoredQuestion {
  const EndpointRow& row;
  std::string_view id;
  std::string_view query;  // of the request's target
};

// Returns whether rows of this action are for AnswerFromStore.
bool IsAboutStored(Action action);

// Answers from the store, or says that there is none. `worker`, `response` and `account` outlive
// the call.
Awaitable<void> AnswerFromStore(const StoredQuestion& question, WorkerContext& worker,
                                ClientResponse& response, RequestAccount& account);

}  // namespace headgate::gateway

#pragma once

#include "absl/status/status.h"
#include "gateway/accounting/request_account.h"
#include "gateway/http/answer.h"

namespace headgate::gateway {

// Returns what a client is told about a question that the store could not answer, and notes in the
// account why the request is refused. `status` is one of those of ResponseDatabase, with a message
// for clients; kNotFound is a 404. Pure.
ClientError StoreError(const absl::Status& status, RequestAccount& account);

}  // namespace headgate::gateway

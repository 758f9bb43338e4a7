#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "gateway/accounting/request_account.h"
#include "gateway/http/answer.h"
#include "gateway/http/endpoints.h"
#include "gateway/http/request_head.h"

namespace headgate::gateway {

// A request whose head has come, and what is known of how it came.
struct Arrival {
  const RequestHead& head;
  const EndpointMatch& match;
  bool preflight = false;  // a CORS preflight, which a browser sends before a page's request
  bool tls = false;
  std::int64_t unix_seconds = 0;
  // The address that the client connected to, as text; called only if it is needed.
  absl::FunctionRef<std::string()> local_address;
};

struct Admission {
  std::optional<ClientError> refusal;
  bool expose = false;  // the client may see how its request is served
};

// Decides whether a request may be served at all: by its sender, endpoint, key and content coding.
// Sets `account.key`, or `account.rejection`. `account` has its snapshot. Pure.
Admission Admit(const Arrival& arrival, RequestAccount& account);

}  // namespace headgate::gateway

#pragma once

#include "routing/policy/drop.h"
#include "routing/policy/policy.h"

namespace headgate::routing {

// Which requests a target can serve by their endpoint. Its backend serves some endpoints itself;
// these requests reach it as clients wrote them. Chat completions, Messages and Responses are
// translated into one another. Legacy completions and embeddings are never translated. All of this
// is pure and allocates nothing.

// Whether the backend of the target has the endpoint itself.
constexpr bool ServesItself(const Target& target, Endpoint endpoint) {
  return (target.endpoints & BitOf(endpoint)) != 0;
}

// Returns kNone if the target can serve requests for the endpoint, itself or by translation.
// Otherwise kEndpoint, or kNativeOnly if it could serve a request that is not `native_only`
// (Signals::native_only).
Drop EndpointDrop(const CompiledPolicy& policy, const Target& target, Endpoint endpoint,
                  bool native_only);

}  // namespace headgate::routing

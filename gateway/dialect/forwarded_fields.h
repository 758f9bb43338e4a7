#pragma once

#include <string>
#include <string_view>

#include "backends/upstream/upstream.h"
#include "gateway/dialect/dialect.h"
#include "gateway/http/request_head.h"

namespace headgate::gateway {

// Returns the anthropic-version of the client if its own bytes are sent to the backend, else an
// empty text.
std::string_view ForwardedVersion(const Dialect& dialect, const RequestHead& client);

// Returns the parameters of the client's query that the backend gets, joined by '&': none unless
// the client's own bytes are sent in Anthropic's protocol, whose SDKs say `beta=true` there.
// Parameters that look like credentials stay behind, and a parameter that the operator has set is
// the operator's.
std::string ForwardedQuery(const backends::Upstream& upstream, const Dialect& dialect,
                           const RequestHead& client);

// Appends what else a client may send to a backend through its head, as whole header lines. The
// names are a list of what is allowed; keys are never forwarded, and a field that the operator has
// set is the operator's.
void AppendForwardedFields(const backends::Upstream& upstream, const Dialect& dialect,
                           const RequestHead& client, std::string& out);

}  // namespace headgate::gateway

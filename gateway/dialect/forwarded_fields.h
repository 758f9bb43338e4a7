#pragma once

#include <string>

#include "backends/upstream/upstream.h"
#include "config/config.h"
#include "gateway/dialect/dialect.h"
#include "gateway/http/request_head.h"

namespace headgate::gateway {

// Appends what a client may send to a backend through its head, as whole header lines. The names
// are a list of what is allowed; keys are never forwarded, and a field that the operator has set is
// the operator's. A backend of Anthropic's protocol gets an anthropic-version: the client's if the
// client speaks the protocol too, else the configured version. Allocates only in `out`.
void AppendForwardedFields(const config::Backend& backend, const backends::Upstream& upstream,
                           const Dialect& dialect, const RequestHead& client, std::string& out);

}  // namespace headgate::gateway

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "gateway/http/request_head.h"

namespace headgate::gateway {

// Cross-origin resource sharing (Fetch standard, section 3.3): what a browser needs before it lets
// a page of another origin send a request or read its answer. All functions are pure, stateless and
// thread-safe. Credentials (cookies) are never allowed: a page sends its key itself.

// Returns whether a page of `origin`, as the Origin field has it, is listed.
bool IsListedOrigin(const config::Cors& cors, std::string_view origin);

// Returns whether the request is a CORS preflight.
bool IsPreflight(const RequestHead& head);

// Appends the fields that every answer to a request of `origin` has, as whole lines with CRLF: they
// say which pages may read the answer and which of its fields. `origin` is empty if none came.
void AppendCorsFields(const config::Cors& cors, std::string_view origin, std::string& out);

// Appends the further fields of the answer to a preflight: which methods (`methods`, a list) and
// which of the requested fields may be sent. Allowed are the fields that clients of models send,
// all that begin with "x-", and `policy_fields`, which routes look at (lower case).
void AppendPreflightFields(const RequestHead& head, std::string_view methods,
                           const std::vector<std::string>& policy_fields, std::string& out);

}  // namespace headgate::gateway

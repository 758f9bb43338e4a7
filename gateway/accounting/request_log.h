#pragma once

#include <string>
#include <string_view>

#include "gateway/accounting/request_account.h"

namespace headgate::gateway {

// Appends the access log's line for an ended request: one JSON object. `time` is RFC 3339 with
// milliseconds.
void AppendLogLine(const RequestAccount& record, std::string_view time, std::string& out);

}  // namespace headgate::gateway

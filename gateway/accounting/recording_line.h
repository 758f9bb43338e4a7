#pragma once

#include <string>

#include "gateway/accounting/request_account.h"

namespace headgate::gateway {

// Appends the recording's line for an ended request. REQUIRES: `record.decided` is not empty.
void AppendRecordingLine(const RequestAccount& record, std::string& out);

}  // namespace headgate::gateway

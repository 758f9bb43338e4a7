#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "gateway/cli/plan/traffic/traffic_source.h"
#include "policy/ledger/report/ledger_files.h"

namespace headgate::gateway {

// Reads the answers that the ledger in `folder` has of `hours`, also while the daemon runs. It has
// no times to first token, and does not know how many replicas there were. Returns an error that
// says what to write if the folder or a file cannot be read, or if no answer was found.
absl::StatusOr<TrafficSource> ReadLedgerSource(const std::string& folder,
                                               const policy::HourRange& hours);

}  // namespace headgate::gateway

#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "config/config.h"
#include "gateway/log/log_writer.h"

namespace headgate::gateway {

// Opens the access log at `where`: stdout, stderr, off or a file, to which lines are appended.
// Returns null if it is off.
absl::StatusOr<std::shared_ptr<Log>> OpenAccessLog(const std::string& where, LogWriter& writer);

// Opens the recording. Appends to an existing file, under its own policy line.
absl::StatusOr<std::shared_ptr<Log>> OpenRecording(const config::Recording& recording,
                                                   LogWriter& writer);

// Returns when the files of `recording` are rotated.
LogRotation RotationOf(const config::Recording& recording);

}  // namespace headgate::gateway

#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "config/config.h"
#include "gateway/log/log_writer.h"

namespace headgate::gateway {

// The access log at `where`: stdout, stderr, off or a file, to which lines are appended. Null: off.
absl::StatusOr<std::shared_ptr<Log>> OpenAccessLog(const std::string& where, LogWriter& writer);

// The recording. Appends to a file that is there, under a policy line of its own.
absl::StatusOr<std::shared_ptr<Log>> OpenRecording(const config::Recording& recording,
                                                   LogWriter& writer);

// When the files of `recording` are put aside.
LogRotation RotationOf(const config::Recording& recording);

}  // namespace headgate::gateway

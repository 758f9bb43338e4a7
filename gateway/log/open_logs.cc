#include "gateway/log/open_logs.h"

#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace headgate::gateway {
namespace {

absl::Status CannotOpen(const std::string& path, const std::string& file,
                        const absl::Status& reason, const std::string& fix) {
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": cannot open ", file, ": ", reason.message(), "; ", fix));
}

}  // namespace

absl::StatusOr<std::shared_ptr<Log>> OpenAccessLog(const std::string& where, LogWriter& writer) {
  if (where == "off") return std::shared_ptr<Log>();
  std::unique_ptr<LogFile> file;
  if (where == "stdout") {
    file = LogFile::Standard(STDOUT_FILENO, where);
  } else if (where == "stderr") {
    file = LogFile::Standard(STDERR_FILENO, where);
  } else {
    absl::StatusOr<std::unique_ptr<LogFile>> opened = LogFile::Open(where);
    if (!opened.ok()) {
      return CannotOpen("server.access_log", where, opened.status(),
                        "write stdout, stderr, off or a file in a folder that can be written to");
    }
    file = *std::move(opened);
  }
  return writer.Add(std::move(file), "access", "the access log");
}

absl::StatusOr<std::shared_ptr<Log>> OpenRecording(const config::Recording& recording,
                                                   LogWriter& writer) {
  absl::StatusOr<std::unique_ptr<LogFile>> opened = LogFile::Open(recording.file);
  if (!opened.ok()) {
    return CannotOpen("recording.file", recording.file, opened.status(),
                      "write a file in a folder that can be written to");
  }
  return writer.Add(*std::move(opened), "recording", "the recording", RotationOf(recording));
}

LogRotation RotationOf(const config::Recording& recording) {
  return {.size = static_cast<std::size_t>(recording.rotate), .keep = recording.keep};
}

}  // namespace headgate::gateway

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "gateway/log/log.h"

namespace headgate::gateway {

// The one thread that writes all logs whose lines are made on the request path. A slow disk never
// stalls a stream, and a log that cannot be written loses lines, not requests. Lost lines are
// counted, and reported in the operator's log (LossReport). Thread-safe.
class LogWriter {
 public:
  // How long the last lines may take at the end if nobody reads them.
  static constexpr std::chrono::milliseconds kLastWords{1000};

  LogWriter();
  // Calls Stop if it was not called.
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // Adds a log that writes to `file`. `label` and `title` as in LogKind: logs with the same label
  // share it.
  std::shared_ptr<Log> Add(std::unique_ptr<LogFile> file, const std::string& label,
                           const std::string& title, const LogRotation& rotation = {});

  // Opens all files anew: another program has renamed them (logrotate).
  void Reopen();

  // Writes the waiting lines, for `patience` at most, and reports in the operator's log how many
  // lines were lost since the start. Lines submitted later are not written.
  void Stop(std::chrono::milliseconds patience = kLastWords);

  // Returns the lost lines since the start by label, for every kind of log there has been.
  std::vector<std::pair<std::string, std::uint64_t>> LostLines() const;

 private:
  struct Shared;
  static void Run(const std::shared_ptr<Shared>& shared);
  static bool WriteAll(const std::vector<std::shared_ptr<Log>>& logs, bool reopen);

  // Shared with the thread, which may be left alone in a system call that does not return.
  const std::shared_ptr<Shared> shared_;
  std::thread thread_;
};

}  // namespace headgate::gateway

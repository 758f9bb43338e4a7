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

// The one thread that writes all logs whose lines are made on the request path: a slow disk never
// stalls a stream, and a log that cannot be written loses lines, not requests. What is lost is
// counted, and said in the operator's log (LossReport). Thread-safe.
class LogWriter {
 public:
  // How long the last lines may take at the end when nobody reads them.
  static constexpr std::chrono::milliseconds kLastWords{1000};

  LogWriter();
  // Stops, if nobody has.
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // A log that `file` holds. `label` and `title` as in LogKind: those with the same label share it.
  std::shared_ptr<Log> Add(std::unique_ptr<LogFile> file, const std::string& label,
                           const std::string& title, const LogRotation& rotation = {});

  // Opens all files anew: another program has renamed them (logrotate).
  void Reopen();

  // Writes what waits, for `patience` at most, and says in the operator's log what was lost since
  // the start. Lines submitted later are not written.
  void Stop(std::chrono::milliseconds patience = kLastWords);

  // Lost lines since the start by label, of every kind of log there has been.
  std::vector<std::pair<std::string, std::uint64_t>> LostLines() const;

 private:
  struct Shared;
  static void Run(const std::shared_ptr<Shared>& shared);
  static bool WriteAll(const std::vector<std::shared_ptr<Log>>& logs, bool reopen);

  // The thread's too, which may be left alone in a system call that does not return.
  const std::shared_ptr<Shared> shared_;
  std::thread thread_;
};

}  // namespace headgate::gateway

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "config/base/mutex.h"
#include "gateway/log/log_file.h"
#include "gateway/log/loss_report.h"

namespace headgate::gateway {

// The logs of one kind, whatever files they are written to, and how many of their lines were lost
// since the start. Thread-safe.
struct LogKind {
  LogKind(std::string in_metrics, std::string in_words)
      : label(std::move(in_metrics)), title(std::move(in_words)) {}
  const std::string label;  // the `log` label of headgate_log_lines_dropped_total: "access"
  const std::string title;  // "the access log"
  std::atomic<std::uint64_t> lost_lines{0};
};

// One log: workers hand over whole blocks of lines a few times a second, and the LogWriter's thread
// writes them. A log that only the writer still holds is written to its end and closed.
// Thread-safe.
class Log {
 public:
  // Bytes of waiting blocks. Beyond this limit lines are dropped and counted.
  static constexpr std::size_t kMostWaiting = 64u << 20;

  // `wake` tells the writer to look; it outlives the log.
  Log(std::unique_ptr<LogFile> file, std::shared_ptr<LogKind> kind, const LogRotation& rotation,
      std::function<void()> wake);

  // Takes the lines of `block` and leaves it empty with its preamble. Never waits for a disk.
  void Submit(LogBlock& block) EXCLUDES_LOCK(mutex_);
  // Applies from the next block on.
  void SetRotation(const LogRotation& rotation) EXCLUDES_LOCK(mutex_);

 private:
  friend class LogWriter;
  using TimePoint = LossReport::TimePoint;

  // The remaining functions are for the writer's thread, unless said otherwise.

  // Writes all waiting blocks. Returns false if the log is blocked until somebody reads it: call it
  // again soon.
  bool WriteOut(TimePoint now) EXCLUDES_LOCK(mutex_);
  bool Waits() const EXCLUDES_LOCK(mutex_);
  // Gives up the waiting blocks, which count as lost. For any thread once the writer's thread has
  // been given up.
  void Abandon(bool with_current) EXCLUDES_LOCK(mutex_);
  void Reopen();

  bool TakeNext(LogRotation& rotation) EXCLUDES_LOCK(mutex_);
  void TellOverflow(TimePoint now) EXCLUDES_LOCK(mutex_);
  void Lost(std::size_t lines, std::string_view reason, TimePoint now);

  const std::shared_ptr<LogKind> kind_;
  const std::function<void()> wake_;

  // Used by the writer's thread only.
  const std::unique_ptr<LogFile> file_;
  LossReport report_;
  std::optional<LogBlock> current_;
  bool blocked_ = false;

  mutable Mutex mutex_;
  LogRotation rotation_ GUARDED_BY(mutex_);
  std::deque<LogBlock> waiting_ GUARDED_BY(mutex_);
  std::size_t waiting_bytes_ GUARDED_BY(mutex_) = 0;
  std::size_t overflow_ GUARDED_BY(mutex_) = 0;  // lines dropped since the writer last asked
  std::string spare_ GUARDED_BY(mutex_);         // a written buffer, for the next Submit
};

// Lines of one thread on their way to a log, handed over in blocks. A thread has one for each kind
// of line that it writes. Thread-compatible.
class LogBuffer {
 public:
  // Lines are handed over when they have `block` bytes, or when they are flushed.
  explicit LogBuffer(std::size_t block) : most_(block) {}

  // `append(std::string&)` appends one line with its '\n' for `log`. Lines that were for another
  // log, or under another preamble (LogBlock), are handed over first.
  template <typename Append>
  void Add(const std::shared_ptr<Log>& log, const std::shared_ptr<const std::string>& preamble,
           Append&& append) {
    if (log_ != log || block_.preamble != preamble) Begin(log, preamble);
    append(block_.lines);
    if (block_.lines.size() >= most_) Flush();
  }
  // Hands over all lines, and then keeps no log, so that an unused log is closed.
  void Flush();

 private:
  void Begin(const std::shared_ptr<Log>& log, const std::shared_ptr<const std::string>& preamble);

  const std::size_t most_;
  std::shared_ptr<Log> log_;  // null: block_ has no lines
  LogBlock block_;
};

}  // namespace headgate::gateway

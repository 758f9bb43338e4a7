#pragma once

#include <condition_variable>
#include <string>
#include <string_view>
#include <thread>

#include "absl/status/statusor.h"
#include "config/base/mutex.h"

namespace headgate::gateway {

// Where access log lines go: one writer thread, so that a slow disk never stalls a stream. Workers
// hand over whole blocks of lines a few times a second. Thread-safe.
class AccessLog {
 public:
  // `where`: stdout, stderr, off or a file, which is created and appended to.
  static absl::StatusOr<std::unique_ptr<AccessLog>> Open(const std::string& where);
  // Writes what is still waiting.
  ~AccessLog();
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  bool enabled() const { return fd_ >= 0; }

  // Takes the lines in `block` (each ends in '\n') and leaves it empty with a capacity. Waiting
  // blocks are bounded (64 MiB): beyond it lines are dropped and counted.
  void Submit(std::string& block) EXCLUDES_LOCK(mutex_);
  std::size_t dropped_lines() const EXCLUDES_LOCK(mutex_);

 private:
  AccessLog(int fd, bool owned);
  void WriteLoop();

  const int fd_;
  const bool owned_;
  mutable Mutex mutex_;
  std::condition_variable_any wake_;
  std::string waiting_ GUARDED_BY(mutex_);
  std::size_t dropped_ GUARDED_BY(mutex_) = 0;
  bool closing_ GUARDED_BY(mutex_) = false;
  std::thread writer_;  // last: it uses all of the above
};

}  // namespace headgate::gateway

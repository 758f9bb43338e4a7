#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "config/base/mutex.h"
#include "config/config.h"

namespace headgate::gateway {

// Lines of requests that were decided under one policy, each with its '\n'.
struct RecordBlock {
  std::shared_ptr<const std::string> policy_line;  // that they refer to; null: nothing was added
  std::string lines;
};

// The files of a recording. One writer thread, so that a slow disk never stalls a stream; workers
// hand over whole blocks a few times a second. Every file begins with the policy of its first
// record and has every other before the first record that refers to it, so that each can be read by
// itself. A file that would grow over `rotate` is renamed to FILE.1, FILE.1 to FILE.2 and so on;
// with the current one there are never more than `keep`. Thread-safe.
class Recorder {
 public:
  // Creates the folder if need be. Appends to a file that is there, under its own policy line.
  static absl::StatusOr<std::shared_ptr<Recorder>> Open(const config::Recording& recording);
  // Writes what is still waiting, and says in the operator's log how many lines were lost.
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // Takes the lines of `block` and leaves it empty with its policy. Waiting blocks are bounded
  // (64 MiB): beyond it, and when the disk refuses them, lines are dropped and counted.
  void Submit(RecordBlock& block) EXCLUDES_LOCK(mutex_);
  // From the next block on. REQUIRES: `recording` means the same file.
  void SetLimits(const config::Recording& recording) EXCLUDES_LOCK(mutex_);
  std::size_t dropped_lines() const EXCLUDES_LOCK(mutex_);

 private:
  Recorder(const config::Recording& recording, int fd, std::size_t size);
  void WriteLoop();
  bool Write(const RecordBlock& block, const config::Recording& limits);
  bool Rotate(int keep);
  bool Append(const std::string& text);
  std::string NameOf(int age) const;
  void CountDropped(const std::string& lines) EXCLUDES_LOCK(mutex_);

  const std::string file_;
  // The writer's own.
  int fd_;
  std::size_t size_;
  bool failing_ = false;
  std::vector<std::shared_ptr<const std::string>> written_;  // policy lines of the current file

  mutable Mutex mutex_;
  std::condition_variable_any wake_;
  config::Recording limits_ GUARDED_BY(mutex_);
  std::deque<RecordBlock> waiting_ GUARDED_BY(mutex_);
  std::size_t waiting_bytes_ GUARDED_BY(mutex_) = 0;
  std::size_t dropped_ GUARDED_BY(mutex_) = 0;
  bool closing_ GUARDED_BY(mutex_) = false;
  std::thread writer_;  // last: it uses all of the above
};

}  // namespace headgate::gateway

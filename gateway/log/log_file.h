#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace headgate::gateway {

// Whole lines, each with its '\n', on their way to a log.
struct LogBlock {
  // A line that must precede the first block that refers to it in a file. Null: no such line.
  std::shared_ptr<const std::string> preamble;
  std::string lines;
};

// Returns the number of whole lines.
std::size_t LineCount(std::string_view lines);

// When a file is rotated.
struct LogRotation {
  std::size_t size = 0;  // bytes; 0: never
  int keep = 1;          // the most files that exist, the current file among them
};

// A file that lines are appended to, or one of the process's standard streams. It never waits for a
// reader: a pipe, socket or terminal that is full is kBlocked, and so is a named pipe that nobody
// has opened for reading. A line that was cut off (a full disk, a killed daemon) gets its '\n'
// before the next line. Changes by other programs are checked before each block: a file that was
// removed is made again, and a file that was truncated begins anew. With a rotation, a FILE that
// would grow over its size is renamed to FILE.1, FILE.1 to FILE.2 and so on. Thread-compatible.
class LogFile {
 public:
  using System = std::function<ssize_t(int fd, const char* bytes, std::size_t size)>;

  // Appends to the file at `path`; creates it, and its folder, if necessary. `write` replaces
  // write(2) in tests. The error has the system's words only.
  static absl::StatusOr<std::unique_ptr<LogFile>> Open(const std::string& path, System write = {});
  // Uses a descriptor that is not closed, STDOUT_FILENO for example.
  static std::unique_ptr<LogFile> Standard(int fd, std::string name);
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  struct Result {
    enum class Kind { kWritten, kBlocked, kRefused };
    Kind kind = Kind::kWritten;
    int error = 0;               // errno, with kRefused
    std::size_t lost_lines = 0;  // with kRefused; the other lines of the block are written
  };
  // Appends `block`, whose lines it may change. After kBlocked the same block has to be given
  // again. After kRefused the block must not be given again.
  Result Write(LogBlock& block, const LogRotation& rotation);

  // Gives up `block`, which was kBlocked, or a block that has not been tried yet. Returns how many
  // of its lines are not written.
  std::size_t GiveUp(const LogBlock& block);

  // Takes back, at the end, the lines in a named pipe whose reader has gone: the system would
  // discard them. Returns their number. Lines that somebody may still read are left alone.
  std::size_t TakeUnread();

  // Opens the path anew, for a program that has renamed the file. Returns an errno, or 0. If it
  // fails, the file that was open stays in use. Does nothing for a standard stream.
  int Reopen();

  // Returns true once after a file was found removed and was made again.
  bool TakeRecreated() { return std::exchange(recreated_, false); }

  // The path, or the stream's name.
  const std::string& name() const { return name_; }

 private:
  enum class Kind { kFile, kPipe, kNamedPipe, kSocket };

  LogFile(std::string name, int fd, bool owned, System write);
  void Take(int fd);
  int LookAtFile();
  int Rotate(int keep);
  void Begin(LogBlock& block);
  int Append(std::string_view text);
  ssize_t WriteSome(std::string_view text);
  Result Refused(const LogBlock& block, int error);
  bool HasPreamble(const LogBlock& block) const;
  std::string NameOf(int age) const;

  const std::string name_;
  const bool owned_;
  const System write_;
  int fd_ = -1;  // open from construction on
  Kind kind_ = Kind::kFile;
  std::size_t size_ = 0;
  bool torn_ = false;     // the last line has no '\n'
  bool refused_ = false;  // the last block was refused
  bool recreated_ = false;
  std::vector<std::shared_ptr<const std::string>> preambles_;  // of the current file

  // Of the block that is being written.
  bool begun_ = false;
  std::size_t lead_ = 0;  // bytes that were put before its lines
  std::size_t done_ = 0;  // bytes that are written
};

}  // namespace headgate::gateway

#include "gateway/recording/recorder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/operator_log.h"

namespace headgate::gateway {
namespace {

constexpr std::size_t kMostWaiting = 64u << 20;

int OpenFile(const std::string& path, int flags) {
  return ::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | flags, 0640);
}

std::size_t SizeOf(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 ? static_cast<std::size_t>(status.st_size) : 0;
}

std::size_t LineCount(const std::string& lines) {
  return static_cast<std::size_t>(std::count(lines.begin(), lines.end(), '\n'));
}

// A daemon that was killed may have left half a line: ends it, so that the next one is whole.
void EndLastLine(int fd, std::size_t& size) {
  char last = '\n';
  if (size == 0 || ::pread(fd, &last, 1, static_cast<off_t>(size - 1)) != 1 || last == '\n') return;
  if (::write(fd, "\n", 1) == 1) ++size;
}

}  // namespace

absl::StatusOr<std::shared_ptr<Recorder>> Recorder::Open(const config::Recording& recording) {
  const std::filesystem::path folder = std::filesystem::path(recording.file).parent_path();
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  const int fd = error ? -1 : OpenFile(recording.file, 0);
  if (fd < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("recording.file: cannot open ", recording.file, ": ",
                     error ? error.message() : std::strerror(errno),
                     "; write a file in a folder that can be written to"));
  }
  std::size_t size = SizeOf(fd);
  EndLastLine(fd, size);
  return std::shared_ptr<Recorder>(new Recorder(recording, fd, size));
}

Recorder::Recorder(const config::Recording& recording, int fd, std::size_t size)
    : file_(recording.file), fd_(fd), size_(size), limits_(recording), writer_([this] {
        WriteLoop();
      }) {}

Recorder::~Recorder() {
  {
    MutexLock lock(mutex_);
    closing_ = true;
  }
  wake_.notify_one();
  writer_.join();
  ::close(fd_);
  if (const std::size_t dropped = dropped_lines(); dropped > 0) {
    OperatorLog::Error("the recording could not keep up", absl::StrCat(dropped, " lines lost"));
  }
}

void Recorder::SetLimits(const config::Recording& recording) {
  MutexLock lock(mutex_);
  limits_ = recording;
}

void Recorder::Submit(RecordBlock& block) {
  if (block.lines.empty()) return;
  {
    MutexLock lock(mutex_);
    if (waiting_bytes_ > kMostWaiting) {
      dropped_ += LineCount(block.lines);
    } else {
      waiting_bytes_ += block.lines.size();
      waiting_.push_back({block.policy_line, std::move(block.lines)});
    }
  }
  block.lines.clear();
  wake_.notify_one();
}

std::size_t Recorder::dropped_lines() const {
  MutexLock lock(mutex_);
  return dropped_;
}

void Recorder::CountDropped(const std::string& lines) {
  MutexLock lock(mutex_);
  dropped_ += LineCount(lines);
}

void Recorder::WriteLoop() {
  std::deque<RecordBlock> blocks;
  for (bool closing = false; !closing;) {
    mutex_.lock();
    while (waiting_.empty() && !closing_) wake_.wait(mutex_);
    blocks.swap(waiting_);
    waiting_bytes_ = 0;
    closing = closing_;
    const config::Recording limits = limits_;
    mutex_.unlock();
    for (const RecordBlock& block : blocks) {
      const bool written = Write(block, limits);
      if (!written) CountDropped(block.lines);
      if (!written && !failing_) {
        OperatorLog::Error("the recording cannot be written; lines are lost",
                           absl::StrCat(file_, ": ", std::strerror(errno)));
      }
      failing_ = !written;
    }
    blocks.clear();
  }
}

bool Recorder::Write(const RecordBlock& block, const config::Recording& limits) {
  const auto has_policy = [&] {
    return std::find(written_.begin(), written_.end(), block.policy_line) != written_.end();
  };
  const std::size_t wanted = block.lines.size() + (has_policy() ? 0 : block.policy_line->size());
  if (size_ > 0 && size_ + wanted > limits.rotate && !Rotate(limits.keep)) return false;
  if (!has_policy()) {
    if (!Append(*block.policy_line)) return false;
    written_.push_back(block.policy_line);
  }
  return Append(block.lines);
}

std::string Recorder::NameOf(int age) const {
  return age == 0 ? file_ : absl::StrCat(file_, ".", age);
}

bool Recorder::Rotate(int keep) {
  if (keep == 1) {
    if (::ftruncate(fd_, 0) != 0) return false;
  } else {
    // Those beyond `keep` too, which an earlier configuration may have left.
    for (int age = keep - 1; ::unlink(NameOf(age).c_str()) == 0; ++age) {
    }
    for (int age = keep - 2; age >= 0; --age) {
      ::rename(NameOf(age).c_str(), NameOf(age + 1).c_str());  // there may be none yet
    }
    const int fd = OpenFile(file_, O_TRUNC);
    if (fd < 0) return false;
    ::close(fd_);
    fd_ = fd;
  }
  size_ = 0;
  written_.clear();
  return true;
}

// All of `text` or nothing: a line that is cut off would spoil the next one.
bool Recorder::Append(const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = ::write(fd_, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      const int reason = errno;
      if (::ftruncate(fd_, static_cast<off_t>(size_)) != 0) size_ += done;
      errno = reason;
      return false;
    }
    done += static_cast<std::size_t>(n);
  }
  size_ += text.size();
  return true;
}

}  // namespace headgate::gateway

#include "gateway/log/log_file.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
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

namespace headgate::gateway {
namespace {

bool IsNamedPipe(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode);
}

// O_NONBLOCK is for a named pipe that nobody reads: opening it would wait. O_RDWR permits a look at
// the end of the last line; if only writing is allowed, that end is not known. A named pipe is
// opened again for writing alone, because a process that holds both ends cannot see that nobody
// else reads. The first descriptor lets the second be opened without a reader.
int OpenFor(const std::string& path, int more) {
  constexpr int kFlags = O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  const int fd = ::open(path.c_str(), O_RDWR | kFlags | more, 0640);
  if (fd < 0 && errno != EACCES) return fd;
  if (fd >= 0 && !IsNamedPipe(fd)) return fd;
  const int writing = ::open(path.c_str(), O_WRONLY | kFlags | more, 0640);
  const int error = errno;
  if (fd >= 0) ::close(fd);
  errno = error;
  return writing;
}

// Returns the descriptor, or -1 with errno.
int OpenWithFolder(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  if (error) {
    errno = error.value();
    return -1;
  }
  return OpenFor(path, 0);
}

// For the writing end of a pipe, after poll(2).
bool HasNoReader(const pollfd& end) { return (end.revents & POLLERR) != 0; }

bool EndsInsideLine(int fd, std::size_t size) {
  char last = '\n';
  return size > 0 && ::pread(fd, &last, 1, static_cast<off_t>(size - 1)) == 1 && last != '\n';
}

}  // namespace

std::size_t LineCount(std::string_view lines) {
  return static_cast<std::size_t>(std::count(lines.begin(), lines.end(), '\n'));
}

absl::StatusOr<std::unique_ptr<LogFile>> LogFile::Open(const std::string& path, System write) {
  const int fd = OpenWithFolder(path);
  if (fd < 0) return absl::InvalidArgumentError(std::strerror(errno));
  return std::unique_ptr<LogFile>(new LogFile(path, fd, true, std::move(write)));
}

std::unique_ptr<LogFile> LogFile::Standard(int fd, std::string name) {
  return std::unique_ptr<LogFile>(new LogFile(std::move(name), fd, false, {}));
}

LogFile::LogFile(std::string name, int fd, bool owned, System write)
    : name_(std::move(name)),
      owned_(owned),
      write_(write ? std::move(write) : System([](int to, const char* bytes, std::size_t size) {
        return ::write(to, bytes, size);
      })) {
  Take(fd);
}

LogFile::~LogFile() {
  if (owned_) ::close(fd_);
}

// Continues in the file behind `fd`.
void LogFile::Take(int fd) {
  if (owned_ && fd_ >= 0) ::close(fd_);
  fd_ = fd;
  preambles_.clear();
  struct stat status {};
  if (::fstat(fd, &status) != 0) return;
  if (S_ISSOCK(status.st_mode)) {
    kind_ = Kind::kSocket;
  } else if (S_ISFIFO(status.st_mode) && owned_) {
    kind_ = Kind::kNamedPipe;
  } else if (S_ISFIFO(status.st_mode) || ::isatty(fd) == 1) {
    kind_ = Kind::kPipe;
  } else {
    kind_ = Kind::kFile;
  }
  size_ = S_ISREG(status.st_mode) ? static_cast<std::size_t>(status.st_size) : 0;
  torn_ = EndsInsideLine(fd, size_);
}

int LogFile::Reopen() {
  if (!owned_) return 0;
  const int fd = OpenWithFolder(name_);
  if (fd < 0) return errno;
  struct stat now {};
  struct stat before {};
  const bool same = ::fstat(fd, &now) == 0 && ::fstat(fd_, &before) == 0 &&
                    now.st_dev == before.st_dev && now.st_ino == before.st_ino;
  if (same) {
    ::close(fd);
  } else {
    Take(fd);
  }
  return 0;
}

// Checks what other programs have done to the file since the last block. Returns an errno, or 0.
int LogFile::LookAtFile() {
  // A disk that was removed and has come back has another file at the path.
  if (std::exchange(refused_, false)) Reopen();
  struct stat status {};
  if (::fstat(fd_, &status) != 0) return errno;
  if (!S_ISREG(status.st_mode)) {
    size_ = 0;
    return 0;
  }
  if (owned_ && status.st_nlink == 0) {
    if (const int error = Reopen(); error != 0) return error;
    recreated_ = true;
    return 0;
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size < size_) {
    preambles_.clear();
    torn_ = EndsInsideLine(fd_, size);
  }
  size_ = size;
  return 0;
}

bool LogFile::HasPreamble(const LogBlock& block) const {
  return block.preamble == nullptr ||
         std::find(preambles_.begin(), preambles_.end(), block.preamble) != preambles_.end();
}

LogFile::Result LogFile::Write(LogBlock& block, const LogRotation& rotation) {
  if (!begun_) {
    if (const int error = LookAtFile(); error != 0) return Refused(block, error);
    const std::size_t wanted =
        block.lines.size() + (HasPreamble(block) ? 0 : block.preamble->size());
    if (rotation.size > 0 && size_ > 0 && size_ + wanted > rotation.size) {
      if (const int error = Rotate(rotation.keep); error != 0) return Refused(block, error);
    }
    Begin(block);
  }
  const int error = Append(block.lines);
  if (error == EAGAIN) return {Result::Kind::kBlocked, 0, 0};
  if (error != 0) return Refused(block, error);
  if (!HasPreamble(block)) preambles_.push_back(block.preamble);
  torn_ = false;
  begun_ = false;
  return {};
}

// Puts the required preamble before the lines.
void LogFile::Begin(LogBlock& block) {
  begun_ = true;
  done_ = 0;
  std::string lead = torn_ ? "\n" : "";
  if (!HasPreamble(block)) lead += *block.preamble;
  lead_ = lead.size();
  if (lead_ > 0) block.lines.insert(0, lead);
}

int LogFile::Append(std::string_view text) {
  while (done_ < text.size()) {
    const ssize_t n = WriteSome(text.substr(done_));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno == EWOULDBLOCK ? EAGAIN : errno;
    if (n == 0) return EIO;
    done_ += static_cast<std::size_t>(n);
    size_ += static_cast<std::size_t>(n);
  }
  return 0;
}

// Writes at most what can be written without waiting; returns -1 with EAGAIN if nothing can be
// written. The descriptor of a standard stream belongs to other processes too, so it is not made
// non-blocking: a pipe that has room takes PIPE_BUF bytes at once (POSIX).
ssize_t LogFile::WriteSome(std::string_view text) {
  if (kind_ == Kind::kSocket) {
    return ::send(fd_, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  if (kind_ == Kind::kPipe || kind_ == Kind::kNamedPipe) {
    pollfd ready{fd_, POLLOUT, 0};
    if (::poll(&ready, 1, 0) == 0 || (kind_ == Kind::kNamedPipe && HasNoReader(ready))) {
      errno = EAGAIN;
      return -1;
    }
    text = text.substr(0, PIPE_BUF);
  }
  const ssize_t n = write_(fd_, text.data(), text.size());
  // The reader of a named pipe has gone since the check, and another reader may come.
  if (n < 0 && errno == EPIPE && kind_ == Kind::kNamedPipe) errno = EAGAIN;
  return n;
}

std::size_t LogFile::TakeUnread() {
  pollfd end{fd_, POLLOUT, 0};
  if (kind_ != Kind::kNamedPipe || ::poll(&end, 1, 0) < 0 || !HasNoReader(end)) return 0;
  // Opened by the descriptor: another file may be at the path by now.
  const std::string path = absl::StrCat("/proc/self/fd/", fd_);
  const int fd = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return 0;
  std::size_t lines = 0;
  std::string piece(64u << 10, '\0');
  for (ssize_t n = 0; (n = ::read(fd, piece.data(), piece.size())) > 0;) {
    lines += LineCount(std::string_view(piece).substr(0, static_cast<std::size_t>(n)));
  }
  ::close(fd);
  return lines;
}

// The written part of the block stays.
LogFile::Result LogFile::Refused(const LogBlock& block, int error) {
  refused_ = true;
  return {Result::Kind::kRefused, error, GiveUp(block)};
}

std::size_t LogFile::GiveUp(const LogBlock& block) {
  const std::string_view text = block.lines;
  std::size_t lost = LineCount(text);
  if (begun_) {
    const std::size_t from = std::max(done_, lead_);
    lost = LineCount(text.substr(from));
    if (done_ > lead_ && text[done_] == '\n') --lost;  // only its '\n' is missing
    if (done_ > 0) torn_ = text[done_ - 1] != '\n';
    if (done_ >= lead_ && !HasPreamble(block)) preambles_.push_back(block.preamble);
  }
  begun_ = false;
  return lost;
}

std::string LogFile::NameOf(int age) const {
  return age == 0 ? name_ : absl::StrCat(name_, ".", age);
}

int LogFile::Rotate(int keep) {
  if (keep == 1) {
    if (::ftruncate(fd_, 0) != 0) return errno;
    size_ = 0;
    torn_ = false;
    preambles_.clear();
    return 0;
  }
  // Also removes files beyond `keep`, which an earlier configuration may have left.
  for (int age = keep - 1; ::unlink(NameOf(age).c_str()) == 0; ++age) {
  }
  for (int age = keep - 2; age >= 0; --age) {
    ::rename(NameOf(age).c_str(), NameOf(age + 1).c_str());  // the file may not exist yet
  }
  const int fd = OpenFor(name_, O_TRUNC);
  if (fd < 0) return errno;
  Take(fd);
  return 0;
}

}  // namespace headgate::gateway

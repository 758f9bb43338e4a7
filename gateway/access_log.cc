#include "gateway/access_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace headgate::gateway {
namespace {

constexpr std::size_t kMostWaiting = 64u << 20;

void WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;  // a log that cannot be written must not stop the service
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<AccessLog>> AccessLog::Open(const std::string& where) {
  if (where == "off") return std::unique_ptr<AccessLog>(new AccessLog(-1, false));
  if (where == "stdout") return std::unique_ptr<AccessLog>(new AccessLog(STDOUT_FILENO, false));
  if (where == "stderr") return std::unique_ptr<AccessLog>(new AccessLog(STDERR_FILENO, false));
  const std::filesystem::path folder = std::filesystem::path(where).parent_path();
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  const int fd =
      error ? -1 : ::open(where.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
  if (fd < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("server.access_log: cannot open ", where, ": ",
                     error ? error.message() : std::strerror(errno),
                     "; write stdout, stderr, off or a file in a folder that can be written to"));
  }
  return std::unique_ptr<AccessLog>(new AccessLog(fd, true));
}

AccessLog::AccessLog(int fd, bool owned) : fd_(fd), owned_(owned) {
  if (fd_ >= 0) writer_ = std::thread([this] { WriteLoop(); });
}

AccessLog::~AccessLog() {
  {
    MutexLock lock(mutex_);
    closing_ = true;
  }
  wake_.notify_one();
  if (writer_.joinable()) writer_.join();
  if (owned_) ::close(fd_);
}

void AccessLog::Submit(std::string& block) {
  if (fd_ < 0 || block.empty()) {
    block.clear();
    return;
  }
  {
    MutexLock lock(mutex_);
    if (waiting_.size() > kMostWaiting) {
      dropped_ += static_cast<std::size_t>(std::count(block.begin(), block.end(), '\n'));
    } else if (waiting_.empty()) {
      waiting_.swap(block);
    } else {
      waiting_ += block;
    }
  }
  block.clear();
  wake_.notify_one();
}

std::size_t AccessLog::dropped_lines() const {
  MutexLock lock(mutex_);
  return dropped_;
}

void AccessLog::WriteLoop() {
  std::string block;
  for (bool closing = false; !closing;) {
    block.clear();
    {
      mutex_.lock();
      while (waiting_.empty() && !closing_) wake_.wait(mutex_);
      block.swap(waiting_);
      closing = closing_;
      mutex_.unlock();
    }
    WriteAll(fd_, block);
  }
}

}  // namespace headgate::gateway

#include "config/base/regular_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <system_error>

namespace headgate {
namespace {

constexpr std::size_t kPiece = 64u << 10;

std::optional<std::string> ReadAll(int fd, std::size_t most) {
  std::string content;
  while (content.size() < most) {
    const std::size_t before = content.size();
    content.resize(before + std::min(kPiece, most - before));
    const ssize_t n = ::read(fd, content.data() + before, content.size() - before);
    const int error = n < 0 ? errno : 0;
    content.resize(before + static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    if (error == EINTR) continue;
    if (error != 0) return std::nullopt;
    if (n == 0) break;
  }
  return content;
}

// O_NONBLOCK: opening a named pipe does not block. fstat looks at the opened file, because the path
// may name another file by now.
int Open(const std::string& path) {
  return ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

std::string_view Instead(mode_t mode) {
  if (S_ISDIR(mode)) return "it is a folder";
  if (S_ISFIFO(mode)) return "it is a named pipe, not a file";
  if (S_ISSOCK(mode)) return "it is a socket, not a file";
  return "it is a device, not a file";
}

}  // namespace

std::optional<std::string> ReadRegularFile(const std::string& path, std::size_t most) {
  const int fd = Open(path);
  if (fd < 0) return std::nullopt;
  struct stat status {};
  std::optional<std::string> content;
  if (::fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) content = ReadAll(fd, most);
  ::close(fd);
  return content;
}

std::string WhyUnreadable(const std::string& path) {
  const auto words = [](int error) { return std::generic_category().message(error); };
  const int fd = Open(path);
  // A socket cannot be opened at all.
  struct stat status {};
  if (fd < 0) {
    const int error = errno;
    if (error == ENXIO && ::stat(path.c_str(), &status) == 0) {
      return std::string(Instead(status.st_mode));
    }
    return words(error);
  }
  std::string why;
  if (::fstat(fd, &status) != 0) {
    why = words(errno);
  } else if (!S_ISREG(status.st_mode)) {
    why = Instead(status.st_mode);
  } else {
    char byte = 0;
    if (::read(fd, &byte, 1) < 0) why = words(errno);
  }
  ::close(fd);
  return why;
}

}  // namespace headgate

#include "config/base/regular_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

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

}  // namespace

std::optional<std::string> ReadRegularFile(const std::string& path, std::size_t most) {
  // O_NONBLOCK: opening a named pipe does not block. fstat looks at the opened file, because the
  // path may name another file by now.
  const int fd = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return std::nullopt;
  struct stat status {};
  std::optional<std::string> content;
  if (::fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) content = ReadAll(fd, most);
  ::close(fd);
  return content;
}

}  // namespace headgate

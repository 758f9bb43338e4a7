#include "policy/store/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "absl/status/status.h"
#include "config/base/text.h"

namespace headgate::policy {

absl::StatusOr<FolderLock> FolderLock::Take(const std::string& folder) {
  const std::string path = folder + "/headgate.lock";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) {
    return absl::InvalidArgumentError(
        config::Concat("cannot open ", path, ": ", std::generic_category().message(errno),
                       "; let the user of headgate write to the folder"));
  }
  FolderLock lock(file);
  if (::flock(file, LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno == EWOULDBLOCK) {
    return absl::InvalidArgumentError(config::Concat(
        "another gateway uses ", folder, "; give each gateway a folder of its own, or stop it"));
  }
  return absl::InvalidArgumentError(config::Concat("cannot lock ", path, ": ",
                                                   std::generic_category().message(errno),
                                                   "; write a folder of a local disk"));
}

FolderLock::~FolderLock() {
  if (file_ >= 0) ::close(file_);
}

}  // namespace headgate::policy

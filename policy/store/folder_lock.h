#pragma once

#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace headgate::policy {

// Keeps other gateways out of a folder: an flock(2) of the file `headgate.lock` in it. It ends with
// this object, or with the process, however that ends. Immutable.
class FolderLock {
 public:
  // Takes the lock without waiting. An error's message is "problem; fix".
  static absl::StatusOr<FolderLock> Take(const std::string& folder);

  FolderLock() = default;  // of no folder
  ~FolderLock();
  FolderLock(FolderLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  FolderLock& operator=(FolderLock&& other) noexcept {
    std::swap(file_, other.file_);
    return *this;
  }

 private:
  explicit FolderLock(int file) : file_(file) {}

  int file_ = -1;  // a descriptor; -1: none
};

}  // namespace headgate::policy

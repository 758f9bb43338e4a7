#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "policy/store/sqlite.h"

namespace headgate::gateway {

// The SQLite file of the stored responses: made with its tables, set aside if it is damaged or of
// another version, opened anew after an error or when somebody has removed it. The operator is told
// when a failure begins, and when it is over: a full disk may take a small response now and then,
// so several must have been written. Waits for the disk. Thread-compatible.
class ResponseFile {
 public:
  using Report = std::function<void(bool failing, std::string_view what, std::string_view detail)>;

  // The file is `responses.db` in `folder`, and is not opened yet.
  ResponseFile(const std::string& folder, Report report)
      : path_(folder + "/responses.db"), report_(std::move(report)) {}

  // Opens the file if it is not open, or was removed. Returns false if it cannot be used now.
  bool Open();
  absl::Status Unavailable() const;
  // REQUIRES: Open has returned true since the last Finish.
  policy::Sqlite& database() { return database_; }
  // Returns the bytes that are in use. An error stays in database().
  std::size_t BytesInUse();

  // Ends an operation: rolls back after an error, and sets a damaged file aside. Unavailable after
  // an error. `stored`: a response was written. Reading does not show that a failure is over.
  absl::Status Finish(bool stored = false);

 private:
  void Prepare();
  void NoteFile();
  // Whether the file has not been removed or replaced behind its open connection.
  bool IsInPlace() const;
  void Abandon();
  void SetAside(std::string_view why);
  void Tell(bool failing, std::string_view what, std::string_view detail);

  const std::string path_;
  const Report report_;
  policy::Sqlite database_;
  dev_t device_ = 0;  // of the open file
  ino_t inode_ = 0;
  int stored_ = 0;  // responses since the failure
  bool failing_ = false;
};

}  // namespace headgate::gateway

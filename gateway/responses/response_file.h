#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "gateway/responses/sqlite.h"

namespace headgate::gateway {

// The SQLite file of the stored responses: made with its tables, set aside if it is damaged or of
// another version, opened anew after an error. The operator is told when a failure begins and when
// it is over. Waits for the disk. Thread-compatible.
class ResponseFile {
 public:
  using Report = std::function<void(bool failing, std::string_view what, std::string_view detail)>;

  // The file is `responses.db` in `folder`, and is not opened yet.
  ResponseFile(const std::string& folder, Report report)
      : path_(folder + "/responses.db"), report_(std::move(report)) {}

  // Opens the file if it is not open. Returns false if it cannot be used now.
  bool Open();
  absl::Status Unavailable() const;
  // REQUIRES: Open has returned true since the last Finish.
  Sqlite& database() { return database_; }
  // Returns the bytes that are in use. An error stays in database().
  std::size_t BytesInUse();

  // Ends an operation: rolls back after an error, and sets a damaged file aside. Unavailable after
  // an error. `stored`: a response was written, so a failure is over. Reading does not show that.
  absl::Status Finish(bool stored = false);

 private:
  void Prepare();
  void SetAside(std::string_view why);
  void Tell(bool failing, std::string_view what, std::string_view detail);

  const std::string path_;
  const Report report_;
  Sqlite database_;
  bool failing_ = false;
};

}  // namespace headgate::gateway

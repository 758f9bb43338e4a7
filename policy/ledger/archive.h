#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "policy/ledger/day_file.h"
#include "policy/store/sqlite.h"

namespace headgate::policy {

// The sums by hour of days whose rows are no longer kept, in the file `archive.db`. Opens the file
// for each call. Waits for the disk. Thread-compatible.
class LedgerArchive {
 public:
  LedgerArchive(const std::string& folder, LedgerAlarm alarm);

  // Reads all of the file, if there is one. A damaged file is renamed (`.damaged`), and a new file
  // with all sums that can be read takes its place.
  absl::Status Check();
  // Adds the sums of the file of a day, which nobody has open, and removes that file. The sums are
  // added once, also if the process dies in between. REQUIRES: its sums are up to date.
  absl::Status Take(const std::string& day_file);
  // Removes the sums of hours before `hour`, and tells how many.
  absl::Status Expire(std::int64_t hour);
  // Returns whether there are such sums; false if the file cannot be read.
  bool HasBefore(std::int64_t hour) const;
  // Returns the newest hour that has a sum; nullopt if there is none, or the file cannot be read.
  std::optional<std::int64_t> NewestHour() const;

 private:
  bool Open(Sqlite& database);
  void SetAside(Sqlite& database);
  std::optional<std::int64_t> FindHour(const char* query) const;

  const std::string path_;
  const LedgerAlarm alarm_;
};

}  // namespace headgate::policy

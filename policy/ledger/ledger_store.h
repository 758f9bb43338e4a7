#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "policy/ledger/archive.h"
#include "policy/ledger/day_file.h"
#include "policy/ledger/values/ledger_row.h"
#include "policy/store/folder_lock.h"

namespace headgate::policy {

// The fewest days of sums that a ledger keeps: what was spent in a month must be known until it
// ends, wherever that is.
inline constexpr std::int64_t kLeastHourly = 32;

// How long the ledger keeps what it has, in days of 24 h.
struct LedgerKeeping {
  std::int64_t requests = 35;  // each request
  std::int64_t hourly = 800;   // sums by hour
};

// What one commit writes. `running`: requests that run, and that the files do not know, or that are
// known better now.
struct LedgerBatch {
  std::vector<LedgerRow> ended;
  std::vector<LedgerRow> running;
  bool empty() const { return ended.empty() && running.empty(); }
};

// Returns the days that have a file in `folder`, in order.
std::vector<std::int64_t> LedgerDays(const std::string& folder);
std::string DayFilePath(const std::string& folder, std::int64_t day);

// The files of the ledger in one folder: one file for each day (UTC) on which requests began, and
// the archive. Waits for the disk. Thread-compatible.
class LedgerStore {
 public:
  LedgerStore(std::string folder, LedgerAlarm alarm);

  // Makes the folder if needed, locks it as long as the store lives, and settles what a dead
  // process left in the files.
  absl::Status Open();
  std::size_t found_running() const { return found_running_; }

  // One transaction for each day that the batch has. After an error the same batch may be tried
  // again, with more rows at the ends of its lists.
  absl::Status Write(const LedgerBatch& batch);

  // Brings sums up to date, empties SQLite's logs, and closes the files of days that are over at
  // `now` (milliseconds since 1970).
  absl::Status TidyFiles(std::int64_t now);
  // The same. Also moves days to the archive that are too old, removes sums that are too old, and
  // tells the operator of both. REQUIRES: the clock that says `now` is believed.
  absl::Status Tidy(std::int64_t now, const LedgerKeeping& keeping);
  // Returns whether Tidy would move or remove anything on the day `today`.
  bool HasOld(std::int64_t today, const LedgerKeeping& keeping) const;

  // The last day on which the clock was believed (clock_watch.h), which the file `last_day` keeps.
  // Without that file the newest day that the ledger had when it was opened; nullopt: it had none.
  std::optional<std::int64_t> last_day() const { return last_day_; }

 private:
  DayFile& FileOf(std::int64_t day);
  absl::Status Cover();
  absl::Status Expire(std::int64_t today, const LedgerKeeping& keeping);
  bool IsOld(std::int64_t day, const LedgerKeeping& keeping, std::int64_t today) const;
  void ReadLastDay();
  void NoteLastDay(std::int64_t today);

  const std::string folder_;
  const LedgerAlarm alarm_;
  FolderLock lock_;
  LedgerArchive archive_;
  std::map<std::int64_t, std::unique_ptr<DayFile>> files_;  // open ones, by day
  std::size_t found_running_ = 0;
  std::optional<std::int64_t> last_day_;
};

}  // namespace headgate::policy

#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>

#include "absl/status/status.h"
#include "policy/store/sqlite.h"

namespace headgate::policy {

// The hours [since, until), since 1970, in which requests began.
struct HourRange {
  std::int64_t since = 0;
  std::int64_t until = std::numeric_limits<std::int64_t>::max();

  bool Has(std::int64_t hour) const { return since <= hour && hour < until; }
};

// Who reads the files of a ledger.
struct LedgerReader {
  // All files come after this. It is called again if they have to be read anew.
  std::function<void()> begin;
  // A file, in one snapshot of it: sums by hour, and in that of a day also rows (HasRows).
  std::function<void(Sqlite& file)> read;
};

// Reads the files of the ledger in `folder` that may have requests of `hours`, also while a daemon
// writes them: whole commits, and each request in one file only. Unavailable if the folder or a
// file cannot be read; its message says which, why, and who can. kNotFound if there is no such
// folder. A folder without files is read as empty.
absl::Status ReadLedgerFiles(const std::string& folder, const HourRange& hours,
                             const LedgerReader& reader);

// Says what is wrong if `folder` does not exist, or if this user may not read it.
absl::Status CheckLedgerFolder(const std::string& folder);

// Returns whether a file is that of a day, which has rows.
bool HasRows(Sqlite& file);

}  // namespace headgate::policy

#pragma once

#include <array>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "config/config.h"
#include "policy/ledger/ledger_store.h"

namespace headgate::gateway {

// Adds requests of access logs to a ledger whose daemon does not run. Each request is added once,
// by its id, however often its line comes. Days that are in the archive take nothing more: who was
// there is not known. Waits for the disk. Thread-compatible.
class LedgerImport {
 public:
  // `config` has a ledger and outlives this. `now`: milliseconds since 1970.
  LedgerImport(const config::Config& config, std::int64_t now, policy::LedgerAlarm alarm);

  // Makes the folder if it is not there.
  absl::Status Open();
  // Reads a log to its end. Lines that cannot be taken are told to `errors`, by `name` and their
  // numbers. An error says that the ledger cannot be read or written, or that the file is no log.
  absl::Status AddFile(std::istream& file, const std::string& name, std::ostream& errors);

  // Whether a line was refused.
  bool has_refused() const { return refused_ > 0; }
  std::string Summary() const;

 private:
  using RequestBytes = std::array<unsigned char, 12>;

  absl::Status AddLine(std::string_view line, std::string& problem);
  absl::StatusOr<bool> IsThere(const policy::LedgerRow& row, std::int64_t day);
  absl::StatusOr<bool> IsArchived(std::int64_t day);
  absl::StatusOr<std::set<RequestBytes>*> RequestsOf(std::int64_t day);
  absl::Status Finish();

  const config::Config& config_;
  const std::int64_t now_;
  const std::string folder_;
  policy::LedgerStore store_;
  policy::LedgerBatch batch_;
  std::map<std::int64_t, std::set<RequestBytes>> known_;  // by day
  std::map<std::int64_t, bool> archived_;
  bool makes_folder_ = false;
  std::int64_t lines_ = 0;  // of an access log
  std::int64_t added_ = 0;
  std::int64_t there_ = 0;
  std::int64_t too_old_ = 0;
  std::int64_t without_cost_ = 0;
  std::int64_t unreadable_ = 0;
  std::int64_t refused_ = 0;
};

// Returns why the file at `path` cannot be imported, and what to write instead; empty if it can.
// "-", the standard input, always can.
std::string ProblemOfLog(const std::string& path);

}  // namespace headgate::gateway

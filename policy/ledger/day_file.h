#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "policy/ledger/day_tables.h"
#include "policy/ledger/ledger_tables.h"
#include "policy/ledger/running_chunks.h"
#include "policy/ledger/values/ledger_row.h"
#include "policy/ledger/values/sums.h"
#include "policy/store/sqlite.h"

namespace headgate::policy {

// Tells the operator that something went wrong, or that it is well again.
using LedgerAlarm =
    std::function<void(bool failing, std::string_view what, std::string_view detail)>;

// The requests that began on one day, in an SQLite file (WAL, synchronous=FULL): a row for each
// that has ended, in the order in which they ended; those that run (running_chunks.h); sums by hour
// of the rows up to the one that the fact "covered" names.
//
// Write is one transaction. After an error, all of it is in the file or nothing. Then the same
// Write, perhaps with more rows behind, is tried again. Rows keep their numbers, so that no row is
// there twice. A damaged file is renamed (`.damaged`), and a new file takes its place, with all
// sums that can be read. Damage to SQLite's log, of which SQLite says nothing, is told when the
// file is first opened, and the log is copied (`-wal.damaged`). Requests that a dead process left
// running become `estimated` then. Waits for the disk. Thread-compatible.
class DayFile {
 public:
  // A report reads so many rows one by one; the sums of all other rows are in the file.
  static constexpr std::int64_t kMostUncovered = 10'000;

  // The file is not opened yet.
  DayFile(std::string path, LedgerAlarm alarm);

  // Opens or makes the file, if it is not open.
  absl::Status Open();
  // `running`: what the file does not know yet of requests that run.
  absl::Status Write(std::span<const LedgerRow* const> ended,
                     std::span<const LedgerRow* const> running);
  // Brings the sums up to date.
  absl::Status Cover();
  // Moves what is in SQLite's log to the file, if it is open, so that damage to the log loses
  // little.
  void EmptyLog();

  bool HasRunning() const { return running_.size() > 0 || !carried_.empty(); }
  // How many requests of a dead process the file had when it was first opened.
  std::size_t found_running() const { return found_running_; }

 private:
  bool CopyDamagedLog();
  bool IsSound();
  void Prepare();
  void ReadState(Sqlite& database);
  void Recover();
  void Resume();
  void Close();
  absl::Status Fail();
  void SetAside(std::string_view why);
  void Salvage(const std::string& damaged);
  bool IsInPlace() const;
  void NoteFile();

  void Store(const LedgerRow& row, StoredRow& stored);
  void Insert(std::span<const LedgerRow* const> ended);
  std::vector<RunningChunks::Entry> Begun(std::span<const LedgerRow* const> running);
  void WriteChunk(const RunningChunks::Change& change);
  void WriteSums();
  void SumsWritten();

  const std::string path_;
  const LedgerAlarm alarm_;
  Sqlite database_;
  // Of the open file; each is used in most commits.
  struct Statements {
    explicit Statements(Sqlite& database);
    SqliteQuery begin, commit, insert, add_chunk, drop_chunk;
  };
  std::optional<Statements> statements_;
  dev_t device_ = 0;  // of the open file
  ino_t inode_ = 0;

  LedgerNames names_;
  RunningChunks running_;
  std::vector<RunningChunks::Entry> carried_;  // run, and are to be written to a new file
  std::vector<StoredRow> left_;                // of a dead process, not yet written as estimated
  SumTable uncovered_;                         // sums that are not in the file yet
  std::int64_t covered_ = 0;                   // the last row whose sums are in the file
  std::int64_t last_ = 0;                      // the last row in the file
  std::size_t found_running_ = 0;
  bool cover_now_ = false;
  bool known_ = false;  // what the file had when it was first opened

  // Of the present transaction.
  SumTable new_sums_;
  std::vector<LedgerId> ended_ids_;
  StoredRow stored_;
  std::string packed_;
};

}  // namespace headgate::policy

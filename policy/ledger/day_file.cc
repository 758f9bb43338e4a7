#include "policy/ledger/day_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <system_error>
#include <utility>

#include "config/base/text.h"
#include "policy/ledger/values/calendar.h"
#include "policy/store/set_aside.h"
#include "policy/store/wal_check.h"

namespace headgate::policy {
namespace {

// A backup or a report may hold the file for a moment. Longer, and requests would wait in memory.
constexpr std::chrono::milliseconds kBusyWait(250);

constexpr char kSettings[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA journal_size_limit=4194304;";

constexpr std::int64_t kAllHours = std::numeric_limits<std::int64_t>::max();
constexpr std::string_view kCovered = "covered";

}  // namespace

DayFile::Statements::Statements(Sqlite& database)
    : begin(database, "BEGIN IMMEDIATE"),
      commit(database, "COMMIT"),
      insert(database, kInsertRow),
      add_chunk(database, "INSERT OR REPLACE INTO running VALUES (?,?,?)"),
      drop_chunk(database, "DELETE FROM running WHERE chunk = ?") {}

DayFile::DayFile(std::string path, LedgerAlarm alarm)
    : path_(std::move(path)), alarm_(std::move(alarm)) {}

absl::Status DayFile::Open() {
  if (database_.is_open() && IsInPlace()) return absl::OkStatus();
  if (database_.is_open()) {
    Close();
    // A new file must not be repaired with the log of the one that was removed.
    if (::access(path_.c_str(), F_OK) != 0) {
      for (const char* const part : {"-wal", "-shm"}) std::remove((path_ + part).c_str());
    }
    alarm_(true, "a file of the ledger was removed or replaced while it was in use",
           config::Concat(path_, ": what was in it is gone; a new file is used"));
    carried_ = running_.Rewrite().entries;
  }
  const bool lost_rows = !known_ && CopyDamagedLog();
  Prepare();
  if (lost_rows) EmptyLog();  // what is behind the damage must not be found again
  if (!database_.failed() && (!lost_rows || IsSound())) return absl::OkStatus();
  if (database_.failed() && !database_.damaged()) return Fail();
  SetAside(database_.failed() ? database_.ErrorText() : "its pages disagree");
  Prepare();
  return database_.failed() ? Fail() : absl::OkStatus();
}

// SQLite leaves out silently what is behind damage in the log. Returns whether there is such
// damage.
bool DayFile::CopyDamagedLog() {
  const std::string log = path_ + "-wal";
  const std::int64_t frames = LostWalFrames(log);
  if (frames == 0) return false;
  const std::string copy = log + ".damaged";
  std::error_code error;
  std::filesystem::copy_file(log, copy, std::filesystem::copy_options::overwrite_existing, error);
  alarm_(true, "rows of the ledger may be lost",
         config::Concat(log, " is damaged: ", frames,
                        frames == 1 ? " page behind the damage is left out; "
                                    : " pages behind the damage are left out; ",
                        error ? "it could not be copied: " + error.message() : "a copy is " + copy,
                        "; stop headgate and run `headgate ledger import` with the access log"));
  return true;
}

bool DayFile::IsSound() {
  SqliteQuery check(database_, "PRAGMA quick_check(1)");
  return check.Next() && check.Text(0) == "ok";
}

void DayFile::Prepare() {
  database_.Open(path_, kBusyWait);
  database_.Run(kSettings);
  MakeLedgerTables(database_, kDayTables);
  if (!known_) {
    ReadState(database_);
    if (database_.failed()) return;
    known_ = true;
    Recover();
  } else {
    Resume();
  }
  NoteFile();
  statements_.emplace(database_);
}

// Reads what a process has to know of a file before it writes there.
void DayFile::ReadState(Sqlite& database) {
  names_ = LedgerNames();
  uncovered_.clear();
  names_.Read(database);
  covered_ = ReadFact(database, kCovered);
  // A file that has replaced a damaged one has sums of rows that it has not got. Rows that follow
  // must not have their numbers.
  last_ = std::max({last_, covered_, database.Number("SELECT max(sequence) FROM requests")});
  VisitRows(database, covered_, [this](const StoredRow& row) {
    AddRequest(HourOf(row.started), row.labels, row.attempts, uncovered_);
  });
  left_ = ReadRunning(database);
  found_running_ = left_.size();
  // Reports read them. A damaged page among them must be found here, where it can be set aside.
  VisitSums(database, 0, kAllHours, [](const SumKey&, const LedgerSums&) {});
}

// Writes what a dead process left running as estimated.
void DayFile::Recover() {
  if (left_.empty()) return;
  database_.Run("BEGIN IMMEDIATE");
  names_.Write(database_);
  new_sums_.clear();
  std::int64_t sequence = last_;
  {
    SqliteQuery insert(database_, kInsertRow);
    for (StoredRow& row : left_) {
      row.state = RowState::kEstimated;
      for (PackedAttempt& attempt : row.attempts) {
        if (attempt.status == UsageStatus::kExact) attempt.status = UsageStatus::kEstimated;
      }
      InsertRow(row, ++sequence, insert, packed_);
      AddRequest(HourOf(row.started), row.labels, row.attempts, new_sums_);
    }
  }
  database_.Run("DELETE FROM running");
  database_.Run("COMMIT");
  if (database_.failed()) return;
  last_ = sequence;
  names_.Written();
  for (const auto& [key, sums] : new_sums_) uncovered_[key].Add(sums);
  left_.clear();
}

// Finds out whether the last transaction is in the file, and what a new file lacks.
void DayFile::Resume() {
  names_.CountInFile(database_);
  if (ReadFact(database_, kCovered) == last_ && covered_ < last_) SumsWritten();
  SqliteQuery(database_, "DELETE FROM running WHERE chunk >= ?").Bind(running_.next()).Next();
  Recover();
}

void DayFile::Close() {
  statements_.reset();
  database_.Close();
}

absl::Status DayFile::Fail() {
  const std::string why = database_.ErrorText();
  const bool damaged = database_.damaged();
  Close();
  if (damaged) SetAside(why);
  return absl::UnavailableError(config::Concat(path_, ": ", why));
}

void DayFile::SetAside(std::string_view why) {
  Close();
  const std::string aside = SetAsideDamaged(path_);
  alarm_(true, "a damaged file of the ledger was set aside",
         config::Concat(path_, " cannot be used: ", why, "; it is now ", aside,
                        ". All sums that could be read are in the new file"));
  Salvage(aside);
}

void DayFile::Salvage(const std::string& damaged) {
  Sqlite file;
  file.OpenForReading(damaged);
  if (!known_) {
    ReadState(file);
    known_ = true;
  }
  file.ClearError();
  VisitSums(file, 0, kAllHours, [this](const SumKey& key, const LedgerSums& sums) {
    if (names_.Has(key)) uncovered_[key].Add(sums);
  });
  carried_ = running_.Rewrite().entries;
  covered_ = 0;
  cover_now_ = true;
}

bool DayFile::IsInPlace() const {
  struct stat file {};
  return ::stat(path_.c_str(), &file) == 0 && file.st_ino == inode_ && file.st_dev == device_;
}

void DayFile::NoteFile() {
  struct stat file {};
  if (::stat(path_.c_str(), &file) != 0) return;
  inode_ = file.st_ino;
  device_ = file.st_dev;
}

absl::Status DayFile::Write(std::span<const LedgerRow* const> ended,
                            std::span<const LedgerRow* const> running) {
  if (absl::Status status = Open(); !status.ok()) return status;
  ended_ids_.clear();
  for (const LedgerRow* const row : ended) ended_ids_.push_back(row->id);
  RunningChunks::Change change = running_.Plan(ended_ids_, Begun(running));
  const bool cover = cover_now_ || last_ - covered_ >= kMostUncovered;
  statements_->begin.Restart().Next();
  Insert(ended);
  WriteChunk(change);
  if (cover) WriteSums();
  names_.Write(database_);
  statements_->commit.Restart().Next();
  if (database_.failed()) return Fail();
  names_.Written();
  running_.Apply(ended_ids_, std::move(change));
  carried_.clear();
  if (cover) SumsWritten();
  last_ += static_cast<std::int64_t>(ended.size());
  for (const auto& [key, sums] : new_sums_) uncovered_[key].Add(sums);
  return absl::OkStatus();
}

absl::Status DayFile::Cover() {
  if (uncovered_.empty()) return absl::OkStatus();
  cover_now_ = true;
  return Write({}, {});
}

void DayFile::EmptyLog() {
  if (!database_.is_open() || database_.failed()) return;
  SqliteQuery(database_, "PRAGMA wal_checkpoint(TRUNCATE)").Next();
  // A report that reads meanwhile is no failure, and any other shows in the next commit.
  database_.ClearError();
}

void DayFile::Store(const LedgerRow& row, StoredRow& stored) {
  stored.id = row.id;
  stored.started = row.started;
  stored.request = row.request;
  stored.labels = names_.IdOf(row.labels);
  stored.state = row.state;
  stored.reserved = row.reserved;
  stored.attempts.clear();
  for (const LedgerAttempt& attempt : row.attempts) {
    stored.attempts.push_back({.target = names_.IdOf(attempt.target),
                               .usage = attempt.usage,
                               .status = attempt.status,
                               .tier = attempt.tier,
                               .answered = attempt.answered,
                               .cost = attempt.cost});
  }
}

void DayFile::Insert(std::span<const LedgerRow* const> ended) {
  new_sums_.clear();
  std::int64_t sequence = last_;
  for (const LedgerRow* const row : ended) {
    Store(*row, stored_);
    InsertRow(stored_, ++sequence, statements_->insert, packed_);
    AddRequest(HourOf(row->started), stored_.labels, stored_.attempts, new_sums_);
  }
}

std::vector<RunningChunks::Entry> DayFile::Begun(std::span<const LedgerRow* const> running) {
  std::vector<RunningChunks::Entry> entries;
  entries.reserve(running.size() + carried_.size());
  for (const LedgerRow* const row : running) {
    Store(*row, stored_);
    PackRunning(stored_, packed_);
    entries.push_back({row->id, packed_});
  }
  for (const RunningChunks::Entry& entry : carried_) {
    if (std::find(ended_ids_.begin(), ended_ids_.end(), entry.id) != ended_ids_.end()) continue;
    const bool again = std::any_of(entries.begin(), entries.end(),
                                   [&](const auto& other) { return other.id == entry.id; });
    if (!again) entries.push_back(entry);
  }
  return entries;
}

void DayFile::WriteChunk(const RunningChunks::Change& change) {
  if (!change.entries.empty()) {
    packed_.clear();
    for (const RunningChunks::Entry& entry : change.entries) packed_ += entry.packed;
    SqliteQuery& row = statements_->add_chunk.Restart();
    row.Bind(change.number).Bind(last_).BindBytes(packed_).Next();
  }
  for (const std::int64_t number : change.emptied) {
    statements_->drop_chunk.Restart().Bind(number).Next();
  }
}

void DayFile::WriteSums() {
  AddSums(uncovered_, database_);
  WriteFact(database_, kCovered, last_);
}

void DayFile::SumsWritten() {
  uncovered_.clear();
  covered_ = last_;
  cover_now_ = false;
}

}  // namespace headgate::policy

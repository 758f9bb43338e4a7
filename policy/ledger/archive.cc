#include "policy/ledger/archive.h"

#include <unistd.h>

#include <cstdio>
#include <limits>
#include <utility>
#include <vector>

#include "config/base/text.h"
#include "policy/ledger/ledger_tables.h"
#include "policy/ledger/values/calendar.h"
#include "policy/store/set_aside.h"

namespace headgate::policy {
namespace {

constexpr char kArchiveTables[] =
    "CREATE TABLE IF NOT EXISTS archived (identity INTEGER PRIMARY KEY);";
constexpr char kArchiveSettings[] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;";

// Reads all sums of `from`, as far as they can be read, with the numbers that names have in `to`.
SumTable SumsFor(Sqlite& from, LedgerNames& to) {
  LedgerNames names;
  names.Read(from);
  SumTable sums;
  VisitSums(from, 0, std::numeric_limits<std::int64_t>::max(),
            [&](const SumKey& key, const LedgerSums& sum) {
              if (!names.Has(key)) return;
              const SumKey there{key.hour, to.IdOf(names.Labels(key.labels)),
                                 to.IdOf(names.Target(key.target))};
              sums[there].Add(sum);
            });
  return sums;
}

// Returns the identities of the files whose sums are in the archive, as far as they can be read.
std::vector<std::int64_t> ArchivedDays(Sqlite& archive) {
  std::vector<std::int64_t> identities;
  SqliteQuery row(archive, "SELECT identity FROM archived");
  while (row.Next()) identities.push_back(row.Number(0));
  return identities;
}

absl::Status StatusOf(const Sqlite& database, const std::string& path) {
  if (!database.failed()) return absl::OkStatus();
  return absl::UnavailableError(config::Concat(path, ": ", database.ErrorText()));
}

}  // namespace

LedgerArchive::LedgerArchive(const std::string& folder, LedgerAlarm alarm)
    : path_(folder + "/archive.db"), alarm_(std::move(alarm)) {}

bool LedgerArchive::Open(Sqlite& database) {
  database.Open(path_);
  database.Run(kArchiveSettings);
  MakeLedgerTables(database, kArchiveTables);
  if (database.damaged()) SetAside(database);
  return !database.failed();
}

void LedgerArchive::SetAside(Sqlite& database) {
  const std::string why = database.ErrorText();
  database.Close();
  const std::string aside = SetAsideDamaged(path_);
  alarm_(true, "a damaged file of the ledger was set aside",
         config::Concat(path_, " cannot be used: ", why, "; it is now ", aside,
                        ". All sums that could be read are in the new file"));
  Sqlite damaged;
  damaged.OpenForReading(aside);
  LedgerNames names;
  const SumTable sums = SumsFor(damaged, names);
  damaged.ClearError();
  const std::vector<std::int64_t> days = ArchivedDays(damaged);
  database.Open(path_);
  database.Run(kArchiveSettings);
  MakeLedgerTables(database, kArchiveTables);
  database.Run("BEGIN IMMEDIATE");
  AddSums(sums, database);
  names.Write(database);
  {
    SqliteQuery archived(database, "INSERT INTO archived VALUES (?)");
    for (const std::int64_t identity : days) archived.Restart().Bind(identity).Next();
  }
  database.Run("COMMIT");
}

absl::Status LedgerArchive::Check() {
  if (::access(path_.c_str(), F_OK) != 0) return absl::OkStatus();
  Sqlite archive;
  if (!Open(archive)) return StatusOf(archive, path_);
  LedgerNames names;
  SumsFor(archive, names);
  ArchivedDays(archive);
  if (archive.damaged()) SetAside(archive);
  return StatusOf(archive, path_);
}

absl::Status LedgerArchive::Take(const std::string& day_file) {
  Sqlite day;
  day.OpenForReading(day_file);
  const std::int64_t identity = ReadFact(day, "identity");
  Sqlite archive;
  if (!Open(archive)) return StatusOf(archive, path_);
  LedgerNames names;
  names.Read(archive);
  const SumTable sums = SumsFor(day, names);
  if (day.failed()) return StatusOf(day, day_file);
  archive.Run("BEGIN IMMEDIATE");
  bool is_new = false;
  {
    SqliteQuery known(archive, "INSERT OR IGNORE INTO archived VALUES (?) RETURNING identity");
    is_new = known.Bind(identity).Next();
  }
  if (is_new) {
    AddSums(sums, archive);
    names.Write(archive);
  }
  archive.Run("COMMIT");
  if (archive.failed()) {
    absl::Status status = StatusOf(archive, path_);
    if (archive.damaged()) SetAside(archive);
    return status;
  }
  day.Close();
  for (const char* const part : {"-wal", "-shm", ""}) std::remove((day_file + part).c_str());
  return absl::OkStatus();
}

absl::Status LedgerArchive::Expire(std::int64_t hour) {
  if (!HasBefore(hour)) return absl::OkStatus();
  Sqlite archive;
  if (!Open(archive)) return StatusOf(archive, path_);
  SqliteQuery(archive, "DELETE FROM sums WHERE hour < ?").Bind(hour).Next();
  const std::int64_t removed = archive.Number("SELECT changes()");
  if (archive.damaged()) SetAside(archive);
  if (!archive.failed()) {
    alarm_(false, "old sums of the ledger were removed",
           config::Concat(removed, removed == 1 ? " sum" : " sums", " by hour before ",
                          HourText(hour), " in ", path_));
  }
  return StatusOf(archive, path_);
}

bool LedgerArchive::HasBefore(std::int64_t hour) const {
  const std::optional<std::int64_t> oldest = FindHour("SELECT min(hour) FROM sums");
  return oldest && *oldest < hour;
}

std::optional<std::int64_t> LedgerArchive::NewestHour() const {
  return FindHour("SELECT max(hour) FROM sums");
}

std::optional<std::int64_t> LedgerArchive::FindHour(const char* query) const {
  if (::access(path_.c_str(), F_OK) != 0) return std::nullopt;
  Sqlite archive;
  archive.OpenForReading(path_);
  const bool any = archive.Number("SELECT count(*) FROM (SELECT 1 FROM sums LIMIT 1)") > 0;
  const std::int64_t hour = archive.Number(query);
  return any && !archive.failed() ? std::optional(hour) : std::nullopt;
}

}  // namespace headgate::policy

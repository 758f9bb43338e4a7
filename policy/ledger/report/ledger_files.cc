#include "policy/ledger/report/ledger_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "config/base/text.h"
#include "policy/ledger/ledger_store.h"
#include "policy/ledger/ledger_tables.h"
#include "policy/ledger/values/calendar.h"

namespace headgate::policy {
namespace {

// A day may move to the archive while it is read; then all is read again.
constexpr int kMostReadings = 5;

using Identities = absl::flat_hash_set<std::int64_t>;

absl::Status CannotRead(std::string_view what, std::string_view why, bool is_of_another) {
  constexpr std::string_view kWhoCan =
      "; run it as the user of headgate, for example sudo -u headgate headgate …";
  return absl::UnavailableError(
      config::Concat("cannot read ", what, " (", why, ")", is_of_another ? kWhoCan : ""));
}

bool IsDenied(int error) { return error == EACCES || error == EPERM; }

// SQLite says of any file that it cannot open, and of the files that it must make beside one, only
// that it cannot: the owner tells whether another user could.
absl::Status ReadProblem(const Sqlite& file, const std::string& path) {
  struct stat found {};
  const bool is_of_another =
      ::geteuid() != 0 && ::stat(path.c_str(), &found) == 0 && found.st_uid != ::geteuid();
  return CannotRead(path, file.ErrorText(), is_of_another);
}

bool Exists(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 || errno != ENOENT;
}

// Reads the archive, and notes which days it has taken.
absl::Status ReadArchive(const std::string& folder, const LedgerReader& reader,
                         Identities& archived) {
  const std::string path = folder + "/archive.db";
  if (!Exists(path)) return absl::OkStatus();
  Sqlite file;
  file.OpenForReading(path);
  file.Run("BEGIN");
  {
    SqliteQuery identity(file, "SELECT identity FROM archived");
    while (identity.Next()) archived.insert(identity.Number(0));
  }
  reader.read(file);
  return file.failed() ? ReadProblem(file, path) : absl::OkStatus();
}

// Returns false if the file has moved to the archive meanwhile.
absl::StatusOr<bool> ReadDay(const std::string& path, const LedgerReader& reader,
                             const Identities& archived) {
  Sqlite file;
  file.OpenForReading(path);
  file.Run("BEGIN");
  // A file that was just made has no tables yet.
  if (file.Number("PRAGMA user_version") != 0 && !archived.contains(ReadFact(file, "identity"))) {
    reader.read(file);
  }
  if (!Exists(path)) return false;
  if (file.failed()) return ReadProblem(file, path);
  return true;
}

absl::StatusOr<bool> ReadAll(const std::string& folder, const HourRange& hours,
                             const LedgerReader& reader) {
  const std::vector<std::int64_t> days = LedgerDays(folder);
  Identities archived;
  if (absl::Status status = ReadArchive(folder, reader, archived); !status.ok()) return status;
  for (const std::int64_t day : days) {
    if ((day + 1) * kHoursPerDay <= hours.since || day * kHoursPerDay >= hours.until) continue;
    absl::StatusOr<bool> read = ReadDay(DayFilePath(folder, day), reader, archived);
    if (!read.ok() || !*read) return read;
  }
  return true;
}

}  // namespace

absl::Status ReadLedgerFiles(const std::string& folder, const HourRange& hours,
                             const LedgerReader& reader) {
  if (absl::Status status = CheckLedgerFolder(folder); !status.ok()) return status;
  for (int reading = 0; reading < kMostReadings; ++reading) {
    reader.begin();
    const absl::StatusOr<bool> whole = ReadAll(folder, hours, reader);
    if (!whole.ok()) return whole.status();
    if (*whole) return absl::OkStatus();
  }
  return absl::UnavailableError(
      config::Concat("the files in ", folder, " change all the time; try again"));
}

absl::Status CheckLedgerFolder(const std::string& folder) {
  int error = 0;
  if (DIR* const opened = ::opendir(folder.c_str())) {
    ::closedir(opened);
    if (::faccessat(AT_FDCWD, folder.c_str(), X_OK, AT_EACCESS) != 0) error = errno;
  } else {
    error = errno;
  }
  if (error == 0) return absl::OkStatus();
  if (error == ENOENT) {
    return absl::NotFoundError(config::Concat(
        folder, " does not exist; ledger.path is wrong, or no gateway has started with it"));
  }
  if (error == ENOTDIR) {
    return absl::NotFoundError(
        config::Concat(folder, " is not a folder; write that of the ledger (ledger.path)"));
  }
  return CannotRead(config::Concat("the folder ", folder), std::strerror(error), IsDenied(error));
}

bool HasRows(Sqlite& file) {
  return file.Number("SELECT count(*) FROM sqlite_schema WHERE name = 'requests'") != 0;
}

}  // namespace headgate::policy

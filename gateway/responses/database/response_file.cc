#include "gateway/responses/database/response_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "config/base/text.h"

namespace headgate::gateway {
namespace {

constexpr std::int64_t kVersion = 1;
constexpr int kStoredForSure = 3;
constexpr char kUnavailable[] =
    "The store of responses cannot be used now; the log of the gateway says why.";

// WAL: a reader of the file (a backup) never stops the writer. secure_delete: what a client deletes
// is overwritten.
constexpr char kSettings[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
    "PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON; PRAGMA journal_size_limit=4194304;";

// Has an effect only on a new file, and writes to any file: on a full disk an old file could no
// longer be read.
constexpr char kSettingOfNewFiles[] = "PRAGMA auto_vacuum=INCREMENTAL";

// items: the input of each response. outputs: where the item of an id is in the output of a
// response. Both have the owner, so that one key's ids never slow down a search of another's.
constexpr char kTables[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE responses (sequence INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL,"
    " id TEXT NOT NULL, used INTEGER NOT NULL, created INTEGER NOT NULL, previous TEXT NOT NULL,"
    " conversation TEXT NOT NULL, object TEXT NOT NULL, UNIQUE (owner, id));"
    "CREATE INDEX by_use ON responses (used);"
    "CREATE INDEX by_conversation ON responses (owner, conversation, sequence)"
    " WHERE conversation <> '';"
    "CREATE TABLE items (response INTEGER NOT NULL REFERENCES responses ON DELETE CASCADE,"
    " place INTEGER NOT NULL, owner TEXT NOT NULL, id TEXT NOT NULL, item TEXT NOT NULL);"
    "CREATE UNIQUE INDEX by_place ON items (response, place);"
    "CREATE INDEX by_id ON items (owner, id, response);"
    "CREATE TABLE outputs (owner TEXT NOT NULL, id TEXT NOT NULL,"
    " response INTEGER NOT NULL REFERENCES responses ON DELETE CASCADE,"
    " PRIMARY KEY (owner, id, response)) WITHOUT ROWID;"
    "CREATE INDEX by_response ON outputs (response);"
    "PRAGMA user_version=1;"
    "COMMIT;";

}  // namespace

void ResponseFile::Tell(bool failing, std::string_view what, std::string_view detail) {
  if (failing != failing_) report_(failing, what, detail);
  failing_ = failing;
}

// What is written to a file that has been removed is lost at the next start, and nobody sees it.
bool ResponseFile::IsInPlace() const {
  struct stat file {};
  return ::stat(path_.c_str(), &file) == 0 && file.st_ino == inode_ && file.st_dev == device_;
}

void ResponseFile::NoteFile() {
  struct stat file {};
  if (::stat(path_.c_str(), &file) != 0) return;
  inode_ = file.st_ino;
  device_ = file.st_dev;
}

void ResponseFile::Abandon() {
  database_.Close();
  std::error_code ignored;  // Prepare fails if the folder cannot be made
  std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), ignored);
  if (::access(path_.c_str(), F_OK) != 0) {
    // A new file must not be repaired with the log of the one that was removed.
    for (const char* const part : {"-wal", "-shm"}) std::remove((path_ + part).c_str());
  }
  report_(true, "the file of the stored responses was removed or replaced while it was in use",
          config::Concat(path_,
                         ": what was stored in it is gone; the file that is there now is "
                         "used, or a new one"));
}

bool ResponseFile::Open() {
  if (database_.is_open() && IsInPlace()) return true;
  if (database_.is_open()) Abandon();
  Prepare();
  if (database_.damaged()) {
    SetAside(database_.ErrorText());
    Prepare();
  }
  NoteFile();
  if (!database_.failed()) return true;
  Tell(true, "responses cannot be stored", config::Concat(path_, ": ", database_.ErrorText()));
  database_.Close();
  return false;
}

void ResponseFile::Prepare() {
  database_.Open(path_);
  std::int64_t version = database_.Number("PRAGMA user_version");
  if (!database_.failed() && version != kVersion && version != 0) {
    SetAside(config::Concat("it has version ", version, " instead of ", kVersion));
    database_.Open(path_);
    version = 0;
  }
  if (version == 0) database_.Run(kSettingOfNewFiles);
  database_.Run(kSettings);
  if (version == 0) database_.Run(kTables);
}

void ResponseFile::SetAside(std::string_view why) {
  database_.Close();
  const std::string aside = path_ + ".damaged";
  // The log belongs to the damaged file; a new file must not be repaired with it.
  for (const char* const part : {"-wal", "-shm", ""}) {
    std::remove((aside + part).c_str());
    std::rename((path_ + part).c_str(), (aside + part).c_str());
  }
  report_(true, "the stored responses were set aside, and new ones are kept in a new file",
          config::Concat(path_, " cannot be read: ", why, "; it is now ", aside));
}

absl::Status ResponseFile::Unavailable() const { return absl::UnavailableError(kUnavailable); }

absl::Status ResponseFile::Finish(bool stored) {
  if (!database_.failed()) {
    if (stored && failing_ && ++stored_ >= kStoredForSure) {
      Tell(false, "responses can be stored again", path_);
    }
    return absl::OkStatus();
  }
  stored_ = 0;
  const std::string why = database_.ErrorText();
  const bool damaged = database_.damaged();
  database_.ClearError();
  if (damaged) {
    SetAside(why);
    Open();
    return Unavailable();
  }
  Tell(true, "responses cannot be stored", config::Concat(path_, ": ", why));
  // A new connection forgets a transaction that is half done, and finds a repaired disk.
  database_.Close();
  return Unavailable();
}

std::size_t ResponseFile::BytesInUse() {
  const std::int64_t pages =
      database_.Number("PRAGMA page_count") - database_.Number("PRAGMA freelist_count");
  return static_cast<std::size_t>(std::max<std::int64_t>(pages, 0) *
                                  database_.Number("PRAGMA page_size"));
}

}  // namespace headgate::gateway
